"""Designing territories: units of the map dealt out to be balanced, compact and connected.

The problem, its scenarios and their check are pure: no database, no HTTP. What needs a solver
stands in `solver`, which runs in a process of its own.
"""
