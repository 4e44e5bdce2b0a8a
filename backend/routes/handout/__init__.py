"""A route as things that people carry: calendar, GPX, printed sheet, links into navigation apps.

It reads routes and never changes them.
"""
