"""Rows of a page on their way into the tables: from wire values to bound ones, column by column."""

from collections.abc import Iterator

import msgspec

from backend.sync.protocol.messages import PullResponse, Value
from backend.sync.protocol.tables import TABLES, Table
from mobile_client.store.folding import fold
from mobile_client.store.schema import DOCUMENTS, FOLDED_TABLE, SqlValue, to_sql

type _Row = tuple[str, str, int, list[object]]
type Bound = tuple[SqlValue, ...]

_PLAIN = (str, int, float)


class _Reader:
    """Turns the rows of one table with one header into (id, rv, *columns, *folded, number)."""

    def __init__(self, table: Table, columns: list[str], number: int) -> None:
        self._width = len(columns)
        self._number = number
        places = {name: place for place, name in enumerate(columns)}
        self._fields = [
            (places.get(field.name), field, field.type in DOCUMENTS) for field in table.fields
        ]
        self._is_folded = table.name == FOLDED_TABLE
        self._name, self._address = places.get("name"), places.get("address")

    def bind(self, rid: str, rv: int, values: list[object]) -> Bound:
        """Return the row; raises ValueError, TypeError for one that does not fit its header."""
        if len(values) != self._width:
            msg = f"A row has {len(values)} values for {self._width} columns."
            raise ValueError(msg)
        bound: list[SqlValue] = [rid, rv]
        for place, field, is_document in self._fields:
            value = None if place is None else values[place]
            # Nearly all values are plain; a flag is one, too, for SQLite keeps it as a number.
            if value is None or (not is_document and isinstance(value, _PLAIN)):
                bound.append(value)
            else:
                bound.append(to_sql(field, _as_value(value)))
        if self._is_folded:
            texts = (values[at] for at in (self._name, self._address) if at is not None)
            bound.append(fold(" ".join(str(text) for text in texts if text)))
        bound.append(self._number)
        return tuple(bound)


def _as_value(value: object) -> Value:
    """Narrow a decoded JSON value; documents are kept as they came."""
    kept: Value = value  # type: ignore[assignment] # JSON holds nothing else
    return kept


def rows_by_table(page: PullResponse, number: int) -> Iterator[tuple[str, list[Bound]]]:
    """Yield each table's rows; tables and columns that this version does not know are left out.

    `number` is the pull's. Raises ValueError, TypeError, MsgspecError for a damaged page.
    """
    readers: dict[str, _Reader] = {}
    found: dict[str, list[Bound]] = {}
    for raw in page.rows:
        name, rid, rv, values = msgspec.json.decode(raw, type=_Row)
        table = TABLES.get(name)
        if table is None:
            continue
        if name not in readers:
            readers[name] = _Reader(table, page.cols.get(name, list(table.columns)), number)
            found[name] = []
        found[name].append(readers[name].bind(rid, rv, values))
    yield from found.items()
