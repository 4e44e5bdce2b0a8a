"""A rep's weeks as plain arithmetic: how often, on which days, the plan, and its check.

May import the day's arithmetic; only `workdays` knows the world's holidays.
"""
