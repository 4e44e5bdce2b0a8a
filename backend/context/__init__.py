"""What the ground is around accounts: buildings, homes, roads, places, footfall, and own figures.

Reads an OpenStreetMap extract or somebody's file into hexagons and sums them for maps and areas;
knows no account.
"""
