"""Accounts from outside: OpenStreetMap extracts, CSV and XLSX files; each import can be repeated.

An account that came from outside remembers what its last import said. The next import of the same
source changes a field only where the account still says so: what a person edited since is kept,
and a deleted account stays deleted. Nothing is deleted because it is missing in a file.
"""
