"""What became of a plan: plan against actual, mileage, what is learned from it, and alarms.

`measures` and `learning` are pure. The room's repositories read visits and routes, and change none.
"""
