"""Many rows of one table in one statement: its triggers run once for all of them."""

import re
from collections.abc import Iterable, Mapping

import msgspec

type Types = Mapping[str, str]
"""PostgreSQL's type of each column."""

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


def rows_json(rows: Iterable[Mapping[str, object]]) -> str:
    """Return rows as the JSON that `recordset` reads; raise ValueError for a NUL character."""
    text = msgspec.json.encode(list(rows))
    if _NUL.search(text):
        raise ValueError("A text cannot contain NUL (0x00) characters.")
    return text.decode()


def recordset(types: Types) -> str:
    """Return the SQL of rows `u` with these columns, those that a row lacks NULL.

    The rows come as the parameter `rows`, JSON of `rows_json`.
    """
    columns = ", ".join(f"{name} {kind}" for name, kind in types.items())
    return f"jsonb_to_recordset(%(rows)s::jsonb) AS u ({columns})"


def insertion(table: str, types: Types) -> str:
    """Return the SQL that inserts rows of these columns for the organisation `org`."""
    names = ", ".join(types)
    told = ", ".join(f"u.{name}" for name in types)
    return (
        f"INSERT INTO {table} (org_id, {names})"  # noqa: S608  # constants of the caller
        f" SELECT %(org)s::uuid, {told} FROM {recordset(types)}"
    )
