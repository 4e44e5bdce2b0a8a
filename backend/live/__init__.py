"""The day as it runs: where reps are in their working hours, and how far they are with their plans.

May import routes, visits, accounts and the rooms below.
"""
