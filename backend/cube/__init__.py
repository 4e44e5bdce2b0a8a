"""The cube: accounts, visits and sales counted by any of their dimensions, in one's own scope.

It reads the rooms below as columns in memory, which a log of changes keeps right; changes nothing.
"""
