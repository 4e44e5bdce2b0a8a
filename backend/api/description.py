"""The API's description: Litestar's own, and on every operation the problems it may answer with."""

from collections.abc import Iterator
from typing import Any

from litestar.connection import Request
from litestar.datastructures import State
from litestar.openapi.plugins import JsonRenderPlugin

_PREFIX = "/v1/"
_METHODS = frozenset({"get", "head", "post", "put", "patch", "delete"})
_FIELD_ERROR = {
    "type": "object",
    "required": ["field", "message"],
    "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
}
_PROBLEM = {
    "type": "object",
    "description": "An RFC 9457 problem: `code` is stable, `detail` tells people the way out.",
    "required": ["title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": _FIELD_ERROR},
    },
}
_ANSWER = {
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
}
_ANSWERS = {
    "4XX": {"description": "What was sent cannot be carried out", **_ANSWER},
    "503": {"description": "Busy or not ready: try again after Retry-After", **_ANSWER},
    "507": {"description": "The disk is nearly full: try again after Retry-After", **_ANSWER},
}


class DescriptionPlugin(JsonRenderPlugin):
    """Serves the description with the problems in it."""

    def render(self, request: Request[Any, Any, State], openapi_schema: dict[str, Any]) -> bytes:
        """Return the description as JSON."""
        return super().render(request, with_problems(openapi_schema))


def with_problems(description: dict[str, Any]) -> dict[str, Any]:
    """Return a description in which every operation of the API tells how it refuses.

    It also says what the framework leaves out: bodies take no unknown fields, and 204 has no body.
    """
    paths = {
        path: {name: _with_answers(item) if name in _METHODS else item
               for name, item in items.items()} if path.startswith(_PREFIX) else items
        for path, items in description["paths"].items()
    }  # fmt: skip
    components = description.get("components", {})
    schemas = _with_strict_bodies(components.get("schemas", {}), paths)
    components = {**components, "schemas": {**schemas, "Problem": _PROBLEM}}
    return {**description, "paths": paths, "components": components}


def _with_answers(operation: dict[str, Any]) -> dict[str, Any]:
    # What Litestar tells of its own validation is replaced: we answer otherwise.
    told = {code: one for code, one in operation.get("responses", {}).items() if code != "400"}
    if "204" in told:
        told["204"] = {name: one for name, one in told["204"].items() if name != "content"}
    return {**operation, "responses": {**told, **_ANSWERS}}


def _with_strict_bodies(schemas: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    """Refuse unknown fields in whatever request bodies are made of, as `Payload` does."""
    bodies = [
        item["requestBody"]
        for items in paths.values()
        for name, item in items.items()
        if name in _METHODS and "requestBody" in item
    ]
    strict, open_ends = set[str](), list(_references(bodies))
    while open_ends:
        name = open_ends.pop()
        if name not in strict:
            strict.add(name)
            open_ends += _references(schemas[name])
    return {
        name: {**one, "additionalProperties": False} if name in strict and "properties" in one
        else one
        for name, one in schemas.items()
    }  # fmt: skip


def _references(part: object) -> Iterator[str]:
    """Yield the names of the schemas that a part of the description refers to."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"].rpartition("/")[2]
        for one in part.values():
            yield from _references(one)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _references(one)
