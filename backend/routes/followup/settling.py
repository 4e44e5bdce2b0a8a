"""Bringing days' mileage up to date: read what it is made of, ask the streets, keep the answer."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

import msgspec

from backend.db.tenancy import Database
from backend.geo.network.provider import StreetNetwork
from backend.geo.polyline import decode_polyline, encode_polyline
from backend.geo.vocabulary import LonLat
from backend.ids import OrgId
from backend.routes.engines import Engines
from backend.routes.followup import repository, trace_repository
from backend.routes.followup.driving import Driving, NotNow, drive_check_ins, drive_trace
from backend.routes.followup.facts import DrivenDay, PlanFact, VisitFact
from backend.routes.followup.measures import DayResult, measure_day
from backend.routes.followup.traces import to_fixes

MOST_DAYS = 60
"""So many days are settled for one question; the rest with the next one, or at night."""

type DayKey = tuple[UUID, date]


class Ground(msgspec.Struct, frozen=True):
    """All that was told of a period, by person and day."""

    plans: Mapping[DayKey, PlanFact]
    visits: Mapping[DayKey, Sequence[VisitFact]]
    traces: Mapping[DayKey, int]
    driven: Mapping[DayKey, DrivenDay]

    def days(self) -> list[DayKey]:
        """Return every person's day that has a plan, a visit or a trace, by day."""
        found = {*self.plans, *self.visits, *self.traces}
        return sorted(found, key=lambda key: (key[1], key[0]))


def read_ground(
    db: Database, org_id: OrgId, from_date: date, to_date: date, *, rep_id: UUID | None
) -> Ground:
    """Read a period as of one moment."""
    with db.for_org(org_id, snapshot=True) as connection:
        period = (connection, org_id, from_date, to_date)
        plans = repository.select_plans(*period, rep_id=rep_id)
        visits = repository.select_visits(*period, rep_id=rep_id)
        traces = trace_repository.select_traces(*period, rep_id=rep_id)
        driven = trace_repository.select_driven(*period, rep_id=rep_id)
    by_day: dict[DayKey, list[VisitFact]] = {}
    for one in visits:
        by_day.setdefault((one.rep_id, one.on_date), []).append(one)
    return Ground(
        plans={(one.rep_id, one.on_date): one for one in plans},
        visits=by_day,
        traces={(one.rep_id, one.on_date): one.rv for one in traces},
        driven={(one.rep_id, one.on_date): one for one in driven},
    )


def measure_ground(
    ground: Ground, driven: Mapping[DayKey, DrivenDay], *, now: datetime
) -> list[DayResult]:
    """Measure every person's day of a period, by day."""
    return [
        measure_day(
            key[0], ground.plans.get(key), ground.visits.get(key, ()), driven.get(key), now=now
        )
        for key in ground.days()
    ]


def settle(
    db: Database, org_id: OrgId, ground: Ground, engines: Engines, *, now: datetime
) -> tuple[dict[DayKey, DrivenDay], int]:
    """Return each day's driving, settled anew where its basis changed, and how many days wait.

    Nothing is open in the database while the streets are asked. A network that is busy, and more
    than MOST_DAYS, leave days for later; what was kept of them is still told.
    """
    known: dict[DayKey, DrivenDay] = {}
    waiting = settled = 0
    for key in ground.days():
        plan, places = ground.plans.get(key), _places(ground.visits.get(key, ()))
        network = engines.network(plan.profile if plan else "car")
        basis = _basis(network, plan, places, ground.traces.get(key))
        kept = ground.driven.get(key)
        if kept is not None:
            known[key] = kept
        if (kept is not None and kept.basis == basis) or not (places or key in ground.traces):
            continue
        if settled >= MOST_DAYS:
            waiting += 1
            continue
        try:
            driving = _drive(db, org_id, key, network, plan, places, has_trace=key in ground.traces)
        except NotNow:
            waiting += 1
            continue
        with db.for_org(org_id) as connection:
            trace_repository.upsert_driven(connection, org_id, *key, driving, basis=basis, now=now)
        known[key] = _as_day(key, driving, basis)
        settled += 1
    return known, waiting


def _drive(
    db: Database,
    org_id: OrgId,
    key: DayKey,
    network: StreetNetwork,
    plan: PlanFact | None,
    places: Sequence[LonLat],
    *,
    has_trace: bool,
) -> Driving:
    if not has_trace:
        return drive_check_ins(network, places)
    with db.for_org(org_id, snapshot=True) as connection:
        fixes = to_fixes(trace_repository.find_fixes(connection, org_id, *key))
    planned = decode_polyline(plan.line) if plan and plan.line else ()
    return drive_trace(network, fixes, planned)


def _places(visits: Sequence[VisitFact]) -> list[LonLat]:
    """Return where the visits of a day were made, in order of time: the check-in, else the shop."""
    timed = [
        (one.checked_in_at or one.done_at, one.visit_id, one.place or one.location)
        for one in visits
        if one.is_visited
    ]
    known = [(at, key, place) for at, key, place in timed if at is not None and place is not None]
    return [LonLat(*place) for _, _, place in sorted(known)]


def _basis(
    network: StreetNetwork,
    plan: PlanFact | None,
    places: Sequence[LonLat],
    trace_version: int | None,
) -> str:
    if trace_version is not None:
        return f"{network.version} trace {trace_version} plan {plan.id if plan else '-'}"
    return f"{network.version} check-ins {encode_polyline(places)}"


def _as_day(key: DayKey, driving: Driving, basis: str) -> DrivenDay:
    return DrivenDay(
        rep_id=key[0],
        on_date=key[1],
        source=driving.source,
        is_estimate=driving.is_estimate,
        distance_m=driving.distance_m,
        unmatched_m=driving.unmatched_m,
        outlier_count=driving.outlier_count,
        off_route_m=driving.off_route_m,
        off_route_s=driving.off_route_s,
        basis=basis,
        lines=[encode_polyline(part) for part in driving.parts],
    )
