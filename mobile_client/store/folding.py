"""Text without diacritics, so that "nguyen" finds "Nguyễn"."""

import unicodedata


def fold(text: str) -> str:
    """Return `text` in lower case without diacritics; đ becomes d."""
    flat = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    return "".join(letter for letter in flat if not unicodedata.combining(letter))


def like_patterns(query: str) -> list[str]:
    r"""Return one LIKE pattern a word of `query`, to be used with ESCAPE '\'."""
    patterns = []
    for word in fold(query).split():
        escaped = word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        patterns.append(f"%{escaped}%")
    return patterns
