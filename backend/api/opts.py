"""What a route says of itself to the guards."""

PUBLIC: dict[str, object] = {"is_public": True}
"""Anybody may call it. Every other route needs a signed-in person and a guard for their role."""
SECRET_PATH: dict[str, object] = {**PUBLIC, "has_secret_path": True}
"""Its path is a secret that stands in for a sign-in: no log names it."""

WRITES_LITTLE: dict[str, object] = {"writes": "little"}
"""It works while the disk is almost full, though its method is one that writes."""
WRITES_FILES: dict[str, object] = {"writes": "files"}
"""It takes files, which are refused before anything else when room gets scarce."""
