"""The protocol does not change unnoticed: its version and the hash of its tables go together."""

from backend.sync.protocol.tables import TABLES, schema_hash
from backend.sync.protocol.version import HISTORY, PROTOCOL_VERSION

PINNED = {1: "0e32110129d2d8bf", 2: "708ab7f59a3a8d92", 3: "700b5388bb3d3e66",
          4: "cc24e2b8bf299679", 5: "d2e9f6799c4f2ace"}  # fmt: skip
"""The schema hash of every version. A changed table needs a new version, a new line in HISTORY, and
a new pair here; the old pairs stay."""


def test_the_version_names_this_schema() -> None:
    assert PINNED[PROTOCOL_VERSION] == schema_hash()


def test_every_version_has_its_line_and_its_hash() -> None:
    assert list(HISTORY) == list(PINNED) == list(range(1, PROTOCOL_VERSION + 1))
    assert len(set(PINNED.values())) == len(PINNED)
    assert all(HISTORY.values())


def test_parents_come_before_their_children() -> None:
    names = list(TABLES)
    for table in TABLES.values():
        assert table.parent is None or names.index(table.parent) < names.index(table.name)
        assert table.parent is None or table.field(f"{table.parent}_id") is not None
