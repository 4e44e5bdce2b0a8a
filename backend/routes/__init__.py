"""Visit routes, a rep's tours of visits (never HTTP endpoints).

May import visits and the rooms below.
"""
