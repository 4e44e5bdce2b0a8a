"""Field-level three-way merge: what the device wants, what it saw, what the server has."""

from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from backend.sync.protocol.messages import Value
from backend.sync.protocol.tables import Field, FieldType, Policy, Table

_NOTHING: Mapping[str, float] = MappingProxyType({})


class Refusal(msgspec.Struct, frozen=True):
    """A field that the device may not write, with the reason."""

    field: str
    code: str


class Merge(msgspec.Struct, frozen=True):
    """`changes` to write, `kept_server` fields that stay, `refused` fields that never may."""

    changes: dict[str, Value]
    kept_server: tuple[str, ...]
    refused: tuple[Refusal, ...]


def merge_patch(
    table: Table,
    server: Mapping[str, Value],
    *,
    base: Mapping[str, Value],
    wanted: Mapping[str, Value],
    added: Mapping[str, list[str]],
    removed: Mapping[str, list[str]],
    inc: Mapping[str, float] = _NOTHING,
) -> Merge:
    """Merge a patch onto the server's record; pure and deterministic, and but for `inc` idempotent.

    A field missing from `base` is taken as if the device had seen nothing: it conflicts
    unless the server already holds the wanted value. A difference in `inc` is added to the total
    that the server has, so the caller holds the record and counts each mutation once.
    """
    changes: dict[str, Value] = {}
    kept: list[str] = []
    refused: list[Refusal] = []
    for name, value in wanted.items():
        field = table.field(name)
        refusal = _refuse_scalar(name, field)
        if field is None or refusal is not None:
            refused.append(refusal or Refusal(name, "unknown_field"))
        elif not _apply_scalar(changes, field.policy, name, value, server, base):
            kept.append(name)
    for name in {**added, **removed}:
        field = table.field(name)
        if field is None or field.policy is not Policy.ADD_REMOVE:
            refused.append(Refusal(name, "not_a_set"))
        else:
            _apply_set(changes, name, server, added.get(name, []), removed.get(name, []))
    refused += _apply_differences(changes, table, server, inc)
    return Merge(changes, tuple(kept), tuple(refused))


def _refuse_scalar(name: str, field: Field | None) -> Refusal | None:
    """Return with what a field refuses to be set, or None."""
    if field is None:
        return Refusal(name, "unknown_field")
    if field.policy in {Policy.READ_ONLY, Policy.ON_CREATE}:
        return Refusal(name, "read_only")
    if field.type is FieldType.SET:
        return Refusal(name, "use_add_remove")
    return Refusal(name, "use_inc") if field.policy is Policy.INCREMENT else None


def _apply_differences(
    changes: dict[str, Value],
    table: Table,
    server: Mapping[str, Value],
    inc: Mapping[str, float],
) -> list[Refusal]:
    """Add to quantities; return what is refused."""
    refused: list[Refusal] = []
    for name, difference in inc.items():
        field, current = table.field(name), server.get(name)
        if field is None or field.policy is not Policy.INCREMENT:
            refused.append(Refusal(name, "not_a_quantity"))
        elif field.type is FieldType.INTEGER and difference != difference // 1:
            refused.append(Refusal(name, "not_whole"))
        elif difference != 0:
            step = int(difference) if field.type is FieldType.INTEGER else difference
            changes[name] = (current if isinstance(current, int | float) else 0) + step
    return refused


def _apply_scalar(
    changes: dict[str, Value],
    policy: Policy,
    name: str,
    value: Value,
    server: Mapping[str, Value],
    base: Mapping[str, Value],
) -> bool:
    """Decide one field; False when the server's value stays against the device's wish."""
    current = server.get(name)
    if current == value:
        return True
    is_untouched = name in base and base[name] == current
    if policy is Policy.MAX:
        value = _larger(current, value)
        if value != current:
            changes[name] = value
        return True
    if is_untouched or policy in {Policy.ARRIVAL_WINS, Policy.STATE_MACHINE}:
        # A state machine's own rules decide in the room's service, on the server's state.
        changes[name] = value
        return True
    return False


def _apply_set(
    changes: dict[str, Value],
    name: str,
    server: Mapping[str, Value],
    added: list[str],
    removed: list[str],
) -> None:
    before = {str(item) for item in _as_list(server.get(name))}
    after = (before - set(removed)) | set(added)
    if after != before:
        changes[name] = [*sorted(after)]


def _larger(left: Value, right: Value) -> Value:
    if left is None:
        return right
    if right is None:
        return left
    if isinstance(left, int | float) and isinstance(right, int | float):
        return max(left, right)
    return max(str(left), str(right))


def _as_list(value: Value) -> list[Value]:
    return list(value) if isinstance(value, list) else []
