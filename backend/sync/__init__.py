"""Offline sync: push, pull, what syncs and the upload door. May import every room below."""
