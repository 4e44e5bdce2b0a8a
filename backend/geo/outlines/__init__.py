"""Outlines out of files: GeoJSON, GeoPackage, Shapefile in a ZIP, KML and KMZ.

Files come from anywhere, so they are read in a process of their own with little memory and time.
"""
