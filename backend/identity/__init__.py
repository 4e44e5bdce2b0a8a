"""Organisations, users, teams, devices, tokens, permissions. The one home of PyJWT."""
