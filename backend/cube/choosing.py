"""Which accounts count, and which of their sales and visits: scope, area and filters.

Everything that is counted passes here, and `_in_scope` is the one place that says who sees what.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import h3
import numpy as np
import shapely

from backend.api.problems import malformed_field
from backend.areas.repository import Place
from backend.cube.columns import Mask, Part, Sales, Visits, Whole, parents
from backend.cube.member_repository import Product
from backend.cube.periods import Span
from backend.cube.repository import RFM_CLASSES, STAGES, Words
from backend.cube.schemas import FilterAsked, TerritoryOf
from backend.cube.store import State
from backend.cube.trees import Tree
from backend.cube.units import NO_UNITS, Units
from backend.cube.vocabulary import Fact
from backend.geo.cover import cover
from backend.maps.schemas import Scope

_FIRST_RESOLUTION, _LAST_RESOLUTION = 5, 9


@dataclass(frozen=True)
class Sight:
    """Who looks, and what of the organisation's own records is needed to read what is asked."""

    scope: Scope
    held_over: Sequence[UUID]
    tree: Tree
    products: Mapping[UUID, Product]
    territory_of: TerritoryOf
    in_campaigns: Sequence[UUID] | None = None
    """The accounts of the campaigns that are asked for; None asks for none."""
    units: Units = NO_UNITS


@dataclass(frozen=True)
class Chosen:
    """What of a part counts, as places in its columns: of accounts, or of facts of theirs."""

    part: Part
    kind: Fact
    at: Whole
    account: Whole
    """The place of each one's account."""

    @property
    def facts(self) -> Sales | Visits:
        """The columns that `at` points into, of facts."""
        return self.part.sales if self.kind == "sale" else self.part.visits


def choose_accounts(
    state: State, sight: Sight, filters: Sequence[FilterAsked], place: Place | None
) -> list[tuple[Part, Mask]]:
    """Return which accounts of each part count."""
    found = []
    for part, gone in ((state.base, state.gone), (state.fresh, None)):
        mask = _in_scope(state.words, part, sight)
        if gone is not None:
            mask &= ~gone
        if sight.in_campaigns is not None:
            mask &= _among(part, sight.in_campaigns)
        if place is not None:
            mask &= _in_place(state.words, part, place)
        for one in filters:
            wanted = _wanted(state.words, part, sight, one)
            if wanted is not None:
                mask &= wanted
        found.append((part, mask))
    return found


def _in_scope(words: Words, part: Part, sight: Sight) -> Mask:
    if sight.scope.territory_ids is None:
        return np.ones(part.size, np.bool_)
    accounts = part.accounts
    held = _flags(words.territories, sight.scope.territory_ids)[accounts.territory]
    own = _flags(words.users, [sight.scope.user_id])[accounts.owner]
    mask: Mask = held | (own & (accounts.territory == 0))
    if sight.held_over:
        mask |= _among(part, sight.held_over)
    return mask


def _among(part: Part, accounts: Sequence[UUID]) -> Mask:
    """Return which of a part's accounts are among some."""
    mask = np.zeros(part.size, np.bool_)
    halves = np.frombuffer(b"".join(one.bytes for one in accounts), ">u8")
    high, low = (halves[half::2].astype(np.uint64) for half in (0, 1))
    found = part.find(high, low)
    mask[found[found >= 0]] = True
    return mask


def _in_place(words: Words, part: Part, place: Place) -> Mask:
    if place.area is None:
        return _flags(words.territories, place.territory_ids)[part.accounts.territory]
    accounts = part.accounts
    mask = np.zeros(part.size, np.bool_)
    found = cover(place.area)
    for inner in found.inner:
        low, high = np.searchsorted(accounts.key, inner)
        mask[low:high] = True
    spans = [np.searchsorted(accounts.key, edge) for edge in found.edge]
    at = np.concatenate([np.arange(low, high) for low, high in spans] or [np.zeros(0, np.int64)])
    shapely.prepare(place.area)
    mask[at] = shapely.intersects_xy(place.area, accounts.lon[at], accounts.lat[at])
    return mask


def _wanted(words: Words, part: Part, sight: Sight, asked: FilterAsked) -> Mask | None:
    """Return which accounts a filter wants; None where it asks of facts alone."""
    accounts, values = part.accounts, asked.values
    match asked.dimension:
        case "territory" if sight.territory_of == "today":
            return _in_territories(words, accounts.territory, sight, [asked])
        case "priority":
            return np.isin(accounts.priority, [_number(one) for one in values])
        case "h3":
            return _in_cells(part, values)
        case "admin_unit":
            return sight.units.mask(part, values)
        case "category" | "channel" | "life_stage" | "rfm_class":
            listed: Mapping[str, tuple[Sequence[str], Whole]] = {
                "category": (words.categories, accounts.category),
                "channel": (words.channels, accounts.channel),
                "life_stage": (STAGES, accounts.stage),
                "rfm_class": (RFM_CLASSES, accounts.rfm),
            }
            some, codes = listed[asked.dimension]
            return _flags(some, values, values)[codes]
        case _:
            return None


def choose_facts(
    words: Words,
    sight: Sight,
    filters: Sequence[FilterAsked],
    chosen: tuple[Part, Mask],
    kind: Fact,
    span: Span,
) -> Chosen:
    """Return what of some accounts counts: themselves, or what they did in a period."""
    part, mask = chosen
    if kind == "account":
        if sight.territory_of == "then":
            mask = mask & _in_territories(words, part.accounts.territory, sight, filters)
        at = np.flatnonzero(mask)
        return Chosen(part, kind, at, at)
    facts = part.sales if kind == "sale" else part.visits
    low, high = np.searchsorted(facts.day, (span.low, span.high))
    wanted = mask[facts.account[low:high]]
    for one in filters:
        more = _wanted_facts(words, sight, facts, slice(low, high), one)
        if more is not None:
            wanted &= more
    at = low + np.flatnonzero(wanted)
    return Chosen(part, kind, at, facts.account[at])


def _in_territories(
    words: Words, territories: Whole, sight: Sight, filters: Sequence[FilterAsked]
) -> Mask:
    mask = np.ones(len(territories), np.bool_)
    for one in filters:
        if one.dimension == "territory":
            flags = _flags(words.territories, sight.tree.below(one.values), one.values)
            mask &= flags[territories]
    return mask


def _wanted_facts(
    words: Words, sight: Sight, facts: Sales | Visits, here: slice, asked: FilterAsked
) -> Mask | None:
    match asked.dimension:
        case "territory" if sight.territory_of == "then":
            return _in_territories(words, facts.territory[here], sight, [asked])
        case "rep":
            wanted = sight.tree.ids(asked.values, "filters")
            return _flags(words.users, wanted, asked.values)[facts.rep[here]]
        case "product" if isinstance(facts, Sales):
            wanted = sight.tree.ids(asked.values, "filters")
            return _flags(words.products, wanted)[facts.product[here]]
        case "product_category" if isinstance(facts, Sales):
            ids = [one.id for one in sight.products.values() if one.category in asked.values]
            return _flags(words.products, ids)[facts.product[here]]
        case _:
            return None


def _flags(words: Sequence[object], wanted: Sequence[object], asked: Sequence[object] = ()) -> Mask:
    """Return for each code whether it is wanted; none (code 0) where null is asked for."""
    some = set(wanted)
    return np.array([None in asked, *(one in some for one in words)], np.bool_)


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        raise malformed_field(
            "filters", f"'{value}' is no priority: give a number from 1 to 5."
        ) from None


def _in_cells(part: Part, values: Sequence[str | int | None]) -> Mask:
    mask = np.zeros(part.size, np.bool_)
    by_resolution: dict[int, list[int]] = {}
    for value in values:
        if value is None:
            mask |= part.accounts.cell == 0
            continue
        cell = check_cell(str(value))
        by_resolution.setdefault(h3.get_resolution(cell), []).append(h3.str_to_int(cell))
    for resolution, cells in by_resolution.items():
        mask |= np.isin(parents(part.accounts.cell, resolution), cells)
    return mask


def check_cell(text: str) -> str:
    """Return an H3 cell of the resolutions that are counted; raise Malformed for none."""
    if not h3.is_valid_cell(text) or not (
        _FIRST_RESOLUTION <= h3.get_resolution(text) <= _LAST_RESOLUTION
    ):
        raise malformed_field(
            "filters",
            f"'{text[:40]}' is no H3 cell of the resolutions {_FIRST_RESOLUTION} to"
            f" {_LAST_RESOLUTION}.",
        )
    return text
