"""The languages that the service speaks to people."""

LANGUAGES = ("vi", "en")


def preferred_language(accept_language: str, default: str = LANGUAGES[0]) -> str:
    """Return the first of our languages that the browser names, in its order; the default else."""
    for part in accept_language.lower().split(","):
        code = part.strip().partition(";")[0].partition("-")[0]
        if code in LANGUAGES:
            return code
    return default
