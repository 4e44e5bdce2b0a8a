"""Planned and done visits with check-in evidence, outcomes and notes."""
