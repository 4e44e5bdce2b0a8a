"""Administrative units with the days on which they held, and what became of them.

May import accounts (headings of sheets), identity, geo, api and db.
"""
