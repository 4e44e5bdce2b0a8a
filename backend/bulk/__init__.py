"""One change of many accounts at once: previewed, carried out in parts, undone.

May import areas, visits, accounts and the rooms below.
"""
