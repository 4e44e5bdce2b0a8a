"""Reworks: days that their reps planned anew on the phone, without a network.

It reads routes and never changes them; the day's open visits follow what a rep accepted.
"""
