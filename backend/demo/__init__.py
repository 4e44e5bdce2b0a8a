"""The scripted main job on real data, through the public API and the phone's own core."""
