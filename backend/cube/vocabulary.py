"""What can be counted by what: measures, the facts they are made of, and what goes with them."""

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import msgspec

from backend.api.problems import Malformed, malformed_field
from backend.cube.schemas import (
    CubeQuery,
    DimensionAsked,
    DimensionName,
    FilterAsked,
    MeasureName,
    MeasureRead,
    Unit,
)

type Fact = Literal["account", "visit", "sale"]
type Base = Literal[
    "accounts", "prospects", "customers", "potential", "overdue", "never_visited",
    "yearly_buyers", "visits", "visited_accounts", "revenue", "quantity", "invoices", "buyers",
]  # fmt: skip
"""What is counted itself; measures are one of these, or one by another."""

DIMENSIONS: tuple[DimensionName, ...] = get_args(DimensionName.__value__)
MEASURE_NAMES: tuple[MeasureName, ...] = get_args(MeasureName.__value__)
FACT_OF: Mapping[Base, Fact] = {
    "accounts": "account", "prospects": "account", "customers": "account", "potential": "account",
    "overdue": "account", "never_visited": "account", "yearly_buyers": "account",
    "visits": "visit", "visited_accounts": "visit",
    "revenue": "sale", "quantity": "sale", "invoices": "sale", "buyers": "sale",
}  # fmt: skip
_KNOWN_BY: Mapping[DimensionName, frozenset[Fact]] = {
    "period": frozenset({"visit", "sale"}),
    "rep": frozenset({"visit", "sale"}),
    "product": frozenset({"sale"}),
    "product_category": frozenset({"sale"}),
}
_EVERY: frozenset[Fact] = frozenset({"account", "visit", "sale"})


class Measure(msgspec.Struct, frozen=True):
    """A measure: its bases (one, or the upper and the lower), and what it is of."""

    name: MeasureName
    bases: tuple[Base, ...]
    unit: Unit = "count"
    is_additive: bool = True

    @property
    def facts(self) -> set[Fact]:
        """What it is counted from."""
        return {FACT_OF[base] for base in self.bases}

    def read(self) -> MeasureRead:
        """Return it as it is told."""
        return MeasureRead(self.name, self.unit, self.is_additive)


MEASURES: Mapping[MeasureName, Measure] = {
    one.name: one
    for one in (
        Measure("accounts", ("accounts",)),
        Measure("prospects", ("prospects",)),
        Measure("customers", ("customers",)),
        # Of customers and prospects; the sum is made where it is told.
        Measure("penetration", ("customers", "prospects"), "share", is_additive=False),
        Measure("potential", ("potential",), "money"),
        Measure("overdue", ("overdue",)),
        Measure("never_visited", ("never_visited",)),
        Measure("yearly_buyers", ("yearly_buyers",)),
        Measure("visits", ("visits",)),
        Measure("visited_accounts", ("visited_accounts",), is_additive=False),
        Measure("visited_share", ("visited_accounts", "accounts"), "share", is_additive=False),
        Measure("revenue", ("revenue",), "money"),
        Measure("quantity", ("quantity",), "quantity"),
        Measure("invoices", ("invoices",), is_additive=False),
        Measure("buyers", ("buyers",), is_additive=False),
        Measure("revenue_per_buyer", ("revenue", "buyers"), "money", is_additive=False),
        Measure("share", ("revenue", "potential"), "share", is_additive=False),
    )
}


def measures_by(name: DimensionName) -> list[MeasureName]:
    """Return the measures that can be told by a dimension."""
    return [one.name for one in MEASURES.values() if one.facts <= _KNOWN_BY.get(name, _EVERY)]


def check_pairs(asked: CubeQuery) -> None:
    """Raise Malformed where a measure cannot be told by a dimension, or is asked for twice."""
    named: list[tuple[str, list[str]]] = [
        ("measures", [*asked.measures]),
        ("rows", [one.dimension for one in [*asked.rows, *asked.columns]]),
        ("filters", [one.dimension for one in asked.filters]),
    ]
    for field, names in named:
        twice = next((one for one in names if names.count(one) > 1), None)
        if twice is not None:
            raise malformed_field(field, f"'{twice}' stands here twice: name it once.")
    for field, chosen in (
        ("rows", [one.dimension for one in asked.rows]),
        ("columns", [one.dimension for one in asked.columns]),
        ("filters", [one.dimension for one in asked.filters]),
    ):
        for name in chosen:
            _check_pair(field, name, asked.measures)
    if asked.territory_of == "then":
        _check_then(asked)


def _check_pair(field: str, name: DimensionName, measures: Sequence[MeasureName]) -> None:
    if name == "period":
        if field == "filters":
            raise malformed_field(field, "Tell the period by from_date and to_date.")
        if field == "columns":
            return  # what is of today stands in the total alone
    for measure in measures:
        missing = MEASURES[measure].facts - _KNOWN_BY.get(name, _EVERY)
        if missing:
            raise _no_pair(field, name, measure)


def _no_pair(field: str, name: DimensionName, measure: MeasureName) -> Malformed:
    known = ", ".join(measures_by(name))
    return malformed_field(
        field,
        f"'{measure}' cannot be told by '{name}'. By '{name}' there are {known}.",
        code="no_such_pair",
    )


def _check_then(asked: CubeQuery) -> None:
    """Refuse to hold what was sold in a territory then against who lies there today."""
    dimensions: list[DimensionAsked | FilterAsked] = [*asked.rows, *asked.columns, *asked.filters]
    if all(one.dimension != "territory" for one in dimensions):
        return
    for name in asked.measures:
        facts = MEASURES[name].facts
        if "account" in facts and len(facts) > 1:
            raise malformed_field(
                "territory_of",
                f"'{name}' compares with the accounts of today: ask for it by the territories of"
                " today.",
                code="no_such_pair",
            )
