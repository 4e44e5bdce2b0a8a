"""Laws of the field-level merge."""

import math
from collections.abc import Mapping
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from backend.sync.protocol.merge import Merge, merge_patch
from backend.sync.protocol.messages import Value
from backend.sync.protocol.tables import TABLES, Field, FieldType, Policy, Table

_FREE = Table(
    "free",
    (
        Field("plan", FieldType.TEXT, Policy.SERVER_WINS),
        Field("stage", FieldType.TEXT, Policy.STATE_MACHINE),
        Field("last", FieldType.TEXT, Policy.ARRIVAL_WINS),
        Field("most", FieldType.INTEGER, Policy.MAX),
        Field("tags", FieldType.SET, Policy.ADD_REMOVE),
        Field("crates", FieldType.INTEGER, Policy.INCREMENT),
        Field("fixed", FieldType.TEXT, Policy.READ_ONLY),
        Field("born", FieldType.TEXT, Policy.ON_CREATE),
    ),
)
"""A table with a field of every policy, beside the real ones."""
_LABELS = st.sampled_from(["vip", "nước", "bia", "mới", ""])
_TEXTS = st.none() | st.sampled_from(["", "a", "b", "Phố Huế"])
_POINTS = st.none() | st.lists(st.floats(-90, 90), min_size=2, max_size=2)


def _values(field: Field) -> st.SearchStrategy[Any]:
    match field.type:
        case FieldType.SET:
            return st.lists(_LABELS, unique=True).map(sorted)
        case FieldType.POINT:
            return _POINTS
        case FieldType.INTEGER:
            return st.none() | st.integers(0, 5)
        case _:
            return _TEXTS


@st.composite
def patches(draw: st.DrawFn) -> dict[str, Any]:
    """A table, the server's record, and what a device that saw an older one wants of it."""
    table = draw(st.sampled_from([_FREE, *TABLES.values()]))
    names = [*table.columns, "no_such_field"]
    record = st.fixed_dictionaries({field.name: _values(field) for field in table.fields})
    server = draw(record)
    seen = draw(st.just(server) | record)
    wanted = {
        name: draw(_values(found) if (found := table.field(name)) else _TEXTS)
        for name in draw(st.lists(st.sampled_from(names), unique=True, max_size=6))
    }
    told = draw(st.sets(st.sampled_from(names)))
    labels = st.dictionaries(st.sampled_from(names), st.lists(_LABELS, max_size=3), max_size=2)
    return {
        "table": table,
        "server": server,
        "base": {name: seen[name] for name in told if name in seen},
        "wanted": wanted,
        "added": draw(labels),
        "removed": draw(labels),
    }


def _merge(patch: Mapping[str, Any], **changed: Any) -> Merge:
    parts = {**patch, **changed}
    return merge_patch(parts.pop("table"), parts.pop("server"), **parts)


def _written(server: Mapping[str, Value], merge: Merge) -> dict[str, Value]:
    return {**server, **merge.changes}


@given(patches())
def test_merge_is_deterministic_and_leaves_its_arguments_alone(patch: dict[str, Any]) -> None:
    before = repr(patch)
    assert _merge(patch) == _merge(patch)
    assert repr(patch) == before


@given(patches())
def test_merging_again_changes_nothing_more(patch: dict[str, Any]) -> None:
    first = _merge(patch)
    after = _written(patch["server"], first)
    again = _merge(patch, server=after)
    assert _written(after, again) == after
    assert set(again.kept_server) <= set(first.kept_server)
    assert again.refused == first.refused


@given(patches())
def test_no_wanted_field_is_lost_silently(patch: dict[str, Any]) -> None:
    table, server = patch["table"], patch["server"]
    merge = _merge(patch)
    refused = {one.field for one in merge.refused}
    for name, value in patch["wanted"].items():
        after = _written(server, merge).get(name)
        field = table.field(name)
        if name in refused or name in merge.kept_server:
            assert name not in patch["wanted"] or name not in merge.changes or name in refused
        elif field.policy is Policy.MAX:
            assert after == max((one for one in (value, server[name]) if one is not None),
                                default=None)  # fmt: skip
        else:
            assert after == value
    for name in {*patch["added"], *patch["removed"]} - refused:
        after = _written(server, merge)[name]
        assert isinstance(after, list)
        assert set(patch["added"].get(name, [])) <= set(after)
        assert not (set(patch["removed"].get(name, [])) - set(patch["added"].get(name, []))) & set(
            after
        )


@given(patches())
def test_the_server_loses_only_what_the_device_saw_or_the_policy_gives(
    patch: dict[str, Any],
) -> None:
    table, server = patch["table"], patch["server"]
    for name in _merge(patch).changes:
        field = table.field(name)
        assert field is not None
        assert field.policy not in {Policy.READ_ONLY, Policy.ON_CREATE}
        if field.policy is Policy.SERVER_WINS:
            assert name in patch["base"]
            assert patch["base"][name] == server[name]


@given(patches())
def test_fields_that_nobody_named_stay(patch: dict[str, Any]) -> None:
    named = {*patch["wanted"], *patch["added"], *patch["removed"]}
    assert set(_merge(patch).changes) <= named


@given(patches(), patches())
def test_edits_of_different_fields_both_stand_in_either_order(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    """Two devices saw the same record and edit fields apart from each other."""
    table, server = one["table"], one["server"]
    mine = {name: one["wanted"][name] for name in one["wanted"] if name in table.columns}
    theirs = {
        name: value for name, value in two["wanted"].items()
        if name in table.columns and name not in mine
    }  # fmt: skip
    no_sets: dict[str, Any] = {"added": {}, "removed": {}, "base": server}

    def apply(record: Mapping[str, Value], wanted: Mapping[str, Value]) -> dict[str, Value]:
        merge = merge_patch(table, record, wanted=wanted, **no_sets)
        assert not merge.kept_server, "nothing overlaps, so nothing may lose"
        return _written(record, merge)

    assert apply(apply(server, mine), theirs) == apply(apply(server, theirs), mine)


@given(st.lists(st.tuples(st.booleans(), _LABELS), max_size=8))
def test_labels_end_as_the_last_word_on_each_says(steps: list[tuple[bool, str]]) -> None:
    server: dict[str, Value] = {"tags": ["vip"]}
    wanted = {"vip": True}
    for is_added, label in steps:
        edits = {"added" if is_added else "removed": {"tags": [label]}}
        empty: dict[str, Any] = {"added": {}, "removed": {}, "base": {}, "wanted": {}}
        server = _written(server, merge_patch(_FREE, server, **{**empty, **edits}))
        wanted[label] = is_added
    assert server["tags"] == sorted(label for label, is_there in wanted.items() if is_there)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_whole_number_is_the_same_as_its_fraction(number: float) -> None:
    """JSON writes 24 and 24.0 for one place."""
    whole = float(math.floor(number))
    assert not merge_patch(
        TABLES["account"], {"location": [whole, 60.0]}, base={}, added={}, removed={},
        wanted={"location": [int(whole), 60]},
    ).kept_server  # fmt: skip


_DIFFERENCES = st.lists(st.integers(-20, 20), max_size=6)
_ALONE: dict[str, Any] = {"base": {}, "wanted": {}, "added": {}, "removed": {}}


def _count(server: Mapping[str, Value], differences: list[int]) -> dict[str, Value]:
    record = dict(server)
    for difference in differences:
        merge = merge_patch(_FREE, record, **_ALONE, inc={"crates": difference})
        assert not merge.refused
        record = _written(record, merge)
    return record


@given(st.integers(0, 9) | st.none(), st.permutations(range(-3, 4)), _DIFFERENCES)
def test_differences_add_up_in_any_order(
    total: int | None, shuffled: list[int], differences: list[int]
) -> None:
    server: dict[str, Value] = {"crates": total}
    one_way = _count(_count(server, differences), sorted(shuffled))
    other_way = _count(_count(server, shuffled), differences)
    told = {"crates": (total or 0) + sum(differences) + sum(shuffled)}
    assert _written(server, Merge(one_way, (), ())) == _written(server, Merge(other_way, (), ()))
    assert one_way == told or (total is None and one_way == server and told["crates"] == 0)


@given(patches(), st.dictionaries(st.sampled_from([*_FREE.columns, "no_such_field"]),
                                  st.integers(-5, 5) | st.just(0.5), min_size=1))  # fmt: skip
def test_only_quantities_take_differences_and_only_whole_ones(
    patch: dict[str, Any], inc: dict[str, float]
) -> None:
    merge = _merge(patch, table=_FREE, server={"crates": 3}, inc=inc)
    told = {one.field: one.code for one in merge.refused if one.field in inc}
    for name, difference in inc.items():
        if name != "crates":
            assert told[name] in {"not_a_quantity", "unknown_field", "read_only", "not_a_set",
                                  "use_add_remove"}  # fmt: skip
        elif difference == 0.5:
            assert name in told
        elif not merge.refused:
            assert _written({"crates": 3}, merge)["crates"] == 3 + difference


def test_a_quantity_is_not_set_to_a_total() -> None:
    merge = merge_patch(_FREE, {"crates": 3}, **{**_ALONE, "wanted": {"crates": 5}})
    assert [(one.field, one.code) for one in merge.refused] == [("crates", "use_inc")]
