"""Accounts that are worked on for a while, for a purpose, and what came of it.

May import areas, maps, accounts and the rooms below.
"""
