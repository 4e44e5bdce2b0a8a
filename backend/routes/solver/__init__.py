"""The engines that order a day: the only home of PyVRP and OR-Tools.

May import the pure modules of routes.
"""
