"""Coverage plans: a rep's weeks asked for, planned by a job, compared, accepted.

May import the room's own modules and what the room may import.
"""
