"""Dimensions as axes: the members in order, and which of them each account or fact belongs to."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

import h3
import numpy as np

from backend.cube.atlas import Outline
from backend.cube.choosing import Chosen, Sight
from backend.cube.columns import Whole
from backend.cube.periods import Span, bucket_key, buckets
from backend.cube.repository import RFM_CLASSES, STAGES, Words
from backend.cube.schemas import DimensionAsked, Grain
from backend.cube.store import State
from backend.cube.units import Layer

ELSEWHERE = "elsewhere"
"""Of who sees some territories alone: one of the others."""
_PRIORITIES = 5


class Member(NamedTuple):
    """A value of a dimension; a unit has its outline."""

    key: str | int | None
    label: str | None
    outline: Outline | None = None


@dataclass(frozen=True)
class Axis:
    """Members in order; `codes` gives each chosen one's, `size` for what stands in none."""

    asked: DimensionAsked
    size: int
    members: Callable[[Sequence[int]], list[Member]]
    codes: Callable[[Chosen, Span], Whole]
    is_of_account: bool = True
    """Whether all that an account did stands in one member."""


def make_axis(
    state: State,
    sight: Sight,
    asked: DimensionAsked,
    *,
    grain: Grain,
    people: Mapping[UUID, str],
    span: Span,
) -> Axis:
    """Return a dimension as it is asked for."""
    match asked.dimension:
        case "territory":
            return _territories(state.words, sight, asked)
        case "h3":
            return _hexagons(state, asked)
        case "admin_unit":
            return _units(sight.units.by_level[asked.level], asked)
        case "period":
            return _periods(asked, span, grain)
        case "rep" | "product" | "product_category":
            return _told_by_facts(state.words, sight, asked, people)
        case _:
            return _told_by_accounts(state.words, asked)


def _told_by_accounts(words: Words, asked: DimensionAsked) -> Axis:
    listed: Mapping[str, tuple[Sequence[str | int], str]] = {
        "life_stage": (STAGES, "stage"),
        "rfm_class": (RFM_CLASSES, "rfm"),
        "priority": (range(1, _PRIORITIES + 1), "priority"),
        "category": (words.categories, "category"),
        "channel": (words.channels, "channel"),
    }
    return _listed(asked, *listed[asked.dimension])


def _told_by_facts(
    words: Words, sight: Sight, asked: DimensionAsked, people: Mapping[UUID, str]
) -> Axis:
    if asked.dimension == "rep":
        return _of_facts(asked, words.users, [people.get(one, "") for one in words.users], "rep")
    sold = [sight.products.get(one) for one in words.products]
    if asked.dimension == "product":
        names = [one.name if one else "" for one in sold]
        return _of_facts(asked, words.products, names, "product")
    kinds = [one.category if one else None for one in sold]
    return _of_facts(asked, kinds, kinds, "product")


def _listed(asked: DimensionAsked, words: Sequence[str | int], column: str) -> Axis:
    """Return what is told of accounts by one word of a list, or by none: that comes last."""
    order = sorted(range(len(words)), key=lambda at: words[at])
    if not isinstance(words, list):
        order = list(range(len(words)))
    lut = np.full(len(words) + 1, len(words))
    lut[np.array(order, np.int64) + 1] = np.arange(len(words))
    members = [*(Member(words[at], None) for at in order), Member(None, None)]
    return Axis(
        asked, len(members), lambda some: [members[at] for at in some],
        lambda chosen, _: lut[getattr(chosen.part.accounts, column)[chosen.account]],
    )  # fmt: skip


def _grouped(keys: Sequence[object], names: Sequence[str | None]) -> tuple[list[Member], Whole]:
    """Return the distinct keys by name, none last, and the member of each code from 0 on."""
    labels = {key: name for key, name in zip(keys, names, strict=True) if key is not None}
    ordered = sorted(labels, key=lambda key: ((labels[key] or "").casefold(), str(key)))
    place = {key: at for at, key in enumerate(ordered)} | {None: len(ordered)}
    members = [Member(str(key), labels[key] if isinstance(key, UUID) else None) for key in ordered]
    lut = np.array([len(ordered), *(place[key] for key in keys)], np.int64)
    return [*members, Member(None, None)], lut


def _of_facts(
    asked: DimensionAsked, keys: Sequence[object], names: Sequence[str | None], column: str
) -> Axis:
    members, lut = _grouped(keys, names)
    return Axis(
        asked, len(members), lambda some: [members[at] for at in some],
        lambda chosen, _: lut[getattr(chosen.facts, column)[chosen.at]],
        is_of_account=False,
    )  # fmt: skip


def _territories(words: Words, sight: Sight, asked: DimensionAsked) -> Axis:
    tree = sight.tree
    keys: list[object] = [
        tree.rolled_up(one, asked.level) if tree.sees(one) else ELSEWHERE
        for one in words.territories
    ]
    names = [tree.by_id[one].name if isinstance(one, UUID) else None for one in keys]
    members, lut = _grouped(keys, names)

    def codes(chosen: Chosen, _: Span) -> Whole:
        if sight.territory_of == "then" and chosen.kind != "account":
            return lut[chosen.facts.territory[chosen.at]]
        return lut[chosen.part.accounts.territory[chosen.account]]

    return Axis(
        asked,
        len(members),
        lambda some: [members[at] for at in some],
        codes,
        is_of_account=sight.territory_of == "today",
    )


def _hexagons(state: State, asked: DimensionAsked) -> Axis:
    """Return the H3 cells, those in no cell first."""
    base, fresh = (part.hexagons(asked.resolution)[0] for part in (state.base, state.fresh))
    cells = base if np.isin(fresh, base).all() else np.union1d(base, fresh)

    def members(some: Sequence[int]) -> list[Member]:
        found = cells[np.array(some, np.int64)].tolist()
        return [Member(h3.int_to_str(cell) if cell else None, None) for cell in found]

    def codes(chosen: Chosen, _: Span) -> Whole:
        own, index = chosen.part.hexagons(asked.resolution)
        found = index[chosen.account]
        return found if own is cells else np.searchsorted(cells, own)[found]

    return Axis(asked, len(cells), members, codes)


def _units(layer: Layer, asked: DimensionAsked) -> Axis:
    """Return the units by name, no unit last; those of one name with what they belong to."""
    names = Counter(one.name for one in layer.units)
    labels = [
        f"{one.name}, {one.parent_name}" if names[one.name] > 1 and one.parent_name else one.name
        for one in layer.units
    ]
    count = len(layer.units)

    def members(some: Sequence[int]) -> list[Member]:
        outlines = layer.shapes.outlines
        return [
            Member(str(layer.units[at].id), labels[at], outlines[at])
            if at < count
            else Member(None, None)
            for at in some
        ]

    def codes(chosen: Chosen, _: Span) -> Whole:
        found: Whole = (layer.of(chosen.part)[chosen.account] - 1) % (count + 1)
        return found

    return Axis(asked, count + 1, members, codes)


def _periods(asked: DimensionAsked, span: Span, grain: Grain) -> Axis:
    """Return the period's columns; of another period the first stands in the first, and so on."""
    own = buckets(span, grain)
    members = [Member(bucket_key(start, grain), start.isoformat()) for start in own.starts]

    def codes(chosen: Chosen, of: Span) -> Whole:
        if chosen.kind == "account":
            return np.full(len(chosen.at), len(members))
        by_day = own.of_day if of == span else buckets(of, grain).of_day
        found: Whole = np.minimum(by_day, len(members))[chosen.facts.day[chosen.at] - of.low]
        return found

    return Axis(
        asked,
        len(members),
        lambda some: [members[at] for at in some],
        codes,
        is_of_account=False,
    )
