"""Areas of the map: what lies in a shape that somebody draws, and what became of it.

Turns what is asked into one shape and counts the accounts in scope inside it; writes nothing.
"""
