"""Doubtful pins: accounts that are probably elsewhere than the map says, with why, and answers.

May import routes, visits, accounts and the rooms below.
"""
