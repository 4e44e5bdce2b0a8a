"""Text without diacritics, so that "nguyen" finds "Nguyễn"."""

import unicodedata


class _WithoutMarks(dict[int, int | None]):
    """For `str.translate`: drops combining marks, learns each letter when it first meets it."""

    def __missing__(self, code: int) -> int | None:
        kept = None if unicodedata.combining(chr(code)) else code
        self[code] = kept
        return kept


_WITHOUT_MARKS = _WithoutMarks()


def fold(text: str) -> str:
    """Return `text` in lower case without diacritics; đ becomes d."""
    low = text.casefold()
    if low.isascii():
        return low
    return unicodedata.normalize("NFD", low.replace("đ", "d")).translate(_WITHOUT_MARKS)


def like_patterns(query: str) -> list[str]:
    r"""Return one LIKE pattern a word of `query`, to be used with ESCAPE '\'."""
    patterns = []
    for word in fold(query).split():
        escaped = word.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
        patterns.append(f"%{escaped}%")
    return patterns
