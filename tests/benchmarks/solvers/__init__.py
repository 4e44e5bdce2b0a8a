"""Solvers that race: each module has a `solve` for an instance and CPU seconds."""
