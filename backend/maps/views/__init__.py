"""Saved views: how somebody looks at the map, kept by name, for oneself or for everybody."""
