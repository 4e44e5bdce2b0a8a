"""Spatial vocabulary, street network, OpenStreetMap reading and tile arithmetic. Knows no CRM."""
