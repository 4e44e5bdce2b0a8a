"""The Tuyen service."""
