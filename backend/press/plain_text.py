"""Names as people typed them, made safe to hand to other programs: one line, no hidden commands."""

import unicodedata

_DROPPED_KINDS = frozenset({"Cc", "Cs"})
"""Control characters and halves of pairs: no XML, calendar or font takes them."""
_DROPPED = frozenset(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFFFE, 0xFFFF]))
"""What turns the direction of the text around it, and what XML forbids."""
_ELLIPSIS = "…"


def plain(text: str, most: int = 200) -> str:
    """Return the text on one line, composed (NFC), without controls, of at most `most` letters."""
    words = " ".join(unicodedata.normalize("NFC", text).split())
    kept = "".join(one for one in words if _is_kept(one))
    return kept if len(kept) <= most else kept[: most - 1].rstrip() + _ELLIPSIS


def _is_kept(letter: str) -> bool:
    return letter not in _DROPPED and unicodedata.category(letter) not in _DROPPED_KINDS
