"""Messages that are nearly right: a valid one, spoiled in its values, its shape or its bytes."""

import copy
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

type Path = tuple[str | int, ...]

_DEEP = 3000
_NAMES = st.text(max_size=5)
LONG_TEXT = "Đ" * 20_000


class Repeated(str):
    """A key that is written a second time: another object for Python, the same text in JSON."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [
        None, True, False, 0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64,
        10**40, 0.5, -0.0, 1e308, -1e308, 1e-320, "",
        " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "�", "\u202e", LONG_TEXT, "null", "true",
        "0", "-1", "1e400", "NaN", "' OR 1=1 --", "%s %(org)s {0}", "\\", "../../etc/passwd",
        "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "019A0000-0000-7000-8000-000000000000", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
        "2026-13-45", "2026-02-30T25:61:61Z", "1969-12-31T23:59:59+14:00", "infinity", "now",
        [], [None], [[]], [181, 91], ["a"] * 200, ["", "\x00"], {}, {"": None},
        {"a": {"b": {"c": []}}}, {"\x00": 1}, {"$ref": "#"},
    ]
)  # fmt: skip
"""What a field is unlikely to expect."""

NOT_JSON: st.SearchStrategy[Any] = st.sampled_from(
    [float("nan"), float("inf"), float("-inf"), [float("nan"), 0]]
)
"""What Python writes into JSON and nobody may read."""


def _paths(value: Any, here: Path = ()) -> list[Path]:
    found = [here] if here else []
    if isinstance(value, dict):
        for key in value:
            found += _paths(value[key], (*here, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += _paths(item, (*here, index))
    return found


@st.composite
def spoiled(draw: st.DrawFn, message: Any, words: Sequence[str]) -> bytes:
    """Return a valid message spoiled in a few places, as bytes; `words` are names worth trying."""
    message = copy.deepcopy(message)
    for _ in range(draw(st.integers(0, 3))):
        spoil(draw, message, words, VALUES | NOT_JSON)
    text = json.dumps(message, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass")
    return draw(_BYTES)(draw, text) if draw(st.integers(0, 5)) == 0 else text


def spoil(
    draw: st.DrawFn,
    message: Any,
    words: Sequence[str],
    values: st.SearchStrategy[Any] = VALUES,
) -> None:
    """Spoil one place within a message, or leave it alone where there is none."""
    paths = _paths(message)
    if not paths:
        return
    path = draw(st.sampled_from(paths))
    holder, last = _at(message, path[:-1]), path[-1]
    kind = draw(st.sampled_from(_KINDS))
    if kind == "value":
        holder[last] = copy.deepcopy(draw(values))
    elif kind == "word":
        holder[last] = draw(st.sampled_from(words))
    elif kind == "drop":
        del holder[last]
    elif kind == "swap":
        holder[last] = copy.deepcopy(_at(message, draw(st.sampled_from(paths))))
    elif isinstance(holder, dict):
        name = Repeated(last) if kind == "again" else draw(st.sampled_from(words) | _NAMES)
        holder[name] = copy.deepcopy(draw(values))


_KINDS = ("value", "value", "word", "word", "drop", "swap", "more", "again")


def _at(message: Any, path: Path) -> Any:
    for step in path:
        message = message[step]
    return message


def _place(draw: st.DrawFn, text: bytes) -> int:
    # As a share, for what is drawn must not hang on how long a number happens to be.
    return len(text) * draw(st.integers(0, 1000)) // 1000


def _cut(draw: st.DrawFn, text: bytes) -> bytes:
    return text[: _place(draw, text)]


def _insert(draw: st.DrawFn, text: bytes) -> bytes:
    at = _place(draw, text)
    return text[:at] + draw(st.binary(min_size=1, max_size=3)) + text[at:]


def _encode(draw: st.DrawFn, text: bytes) -> bytes:
    encoding = draw(st.sampled_from(["utf-16", "utf-32-le", "utf-8-sig", "utf-7"]))
    return text.decode("utf-8", "replace").encode(encoding, "replace")


def _repeat(draw: st.DrawFn, text: bytes) -> bytes:
    return text * draw(st.integers(2, 3))


def _nest(draw: st.DrawFn, text: bytes) -> bytes:
    """Nest a part deeper than any reader likes."""
    opening, closing = draw(st.sampled_from([("[", "]"), ('{"a":', "}")]))
    deep = f"{opening * _DEEP}null{closing * _DEEP}".encode()
    return text.replace(b"{}", deep, 1) if b"{}" in text else text[:-1] + b', "x": ' + deep + b"}"


_BYTES = st.sampled_from([_cut, _insert, _encode, _repeat, _nest])
