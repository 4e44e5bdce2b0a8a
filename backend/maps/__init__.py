"""Vector tiles, the phone's map package and what a map page needs to start.

Reads accounts, territories, routes and visits through its own SQL; writes nothing.
"""
