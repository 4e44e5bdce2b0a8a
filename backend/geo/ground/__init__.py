"""What the ground is: buildings, homes, roads, places and stops of OpenStreetMap, in hexagons."""
