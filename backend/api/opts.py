"""What a route says of itself to the guards."""

PUBLIC: dict[str, object] = {"is_public": True}
"""Anybody may call it. Every other route needs a signed-in person and a guard for their role."""
