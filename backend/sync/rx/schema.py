"""RxDB's JSON schemas, made from the protocol's tables."""

from typing import Any

from backend.sync.protocol.tables import TABLES, FieldType, Policy, Table

VERSION = 2
"""RxDB's number of the schemas: one more with each change of tables, pinned by a test."""

_TYPES: dict[FieldType, dict[str, Any]] = {
    FieldType.TEXT: {"type": ["string", "null"]},
    FieldType.INTEGER: {"type": ["integer", "null"]},
    FieldType.REAL: {"type": ["number", "null"]},
    FieldType.FLAG: {"type": ["boolean", "null"]},
    FieldType.MOMENT: {"type": ["string", "null"], "description": "RFC 3339, UTC"},
    FieldType.DAY: {"type": ["string", "null"], "description": "ISO date"},
    FieldType.ID: {"type": ["string", "null"], "maxLength": 36},
    FieldType.SET: {"type": ["array", "null"], "items": {"type": "string"}},
    FieldType.POINT: {
        "type": ["array", "null"],
        "items": {"type": "number"},
        "description": "[longitude, latitude]",
    },
    FieldType.JSON: {},
}
_WRITTEN = {Policy.READ_ONLY: "the server's", Policy.ON_CREATE: "fixed once created"}


def schema_of(table: Table) -> dict[str, Any]:
    """Return a table's schema. Only the id is required, for a document may come as deleted."""
    properties: dict[str, Any] = {
        "id": {"type": "string", "maxLength": 36},
        "rv": {"type": "integer", "description": "the server's version of the record"},
    }
    for field in table.fields:
        properties[field.name] = dict(_TYPES[field.type])
        if field.policy in _WRITTEN:
            words = [properties[field.name].get("description"), _WRITTEN[field.policy]]
            properties[field.name]["description"] = "; ".join(one for one in words if one)
    return {
        "title": table.name,
        "version": VERSION,
        "primaryKey": "id",
        "type": "object",
        "properties": properties,
        "required": ["id"],
    }


SCHEMAS = {name: schema_of(table) for name, table in TABLES.items()}
