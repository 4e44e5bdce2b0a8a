"""Territories, their areas, hierarchy and assignment to reps."""
