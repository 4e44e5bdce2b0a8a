"""Bringing days' mileage up to date: read what it is made of, ask the streets, keep the answer."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
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
from backend.routes.followup.dwelling import find_stays
from backend.routes.followup.facts import DrivenDay, PlanFact, VisitFact
from backend.routes.followup.measures import DayResult, measure_day
from backend.routes.followup.traces import to_fixes

_WEEK_DAYS = 7

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


def weeks_of(from_date: date, to_date: date) -> Iterator[tuple[date, date]]:
    """Yield the first and last days of a period's weeks: a large team's months fill the memory."""
    first = from_date
    while first <= to_date:
        yield first, min(first + timedelta(days=_WEEK_DAYS - 1), to_date)
        first += timedelta(days=_WEEK_DAYS)


def read_ground(
    db: Database, org_id: OrgId, from_date: date, to_date: date, *, rep_id: UUID | None
) -> Ground:
    """Read a period as of one moment; lines are read of one person's single day only."""
    has_lines = from_date == to_date and rep_id is not None
    with db.for_org(org_id, snapshot=True) as connection:
        period = (connection, org_id, from_date, to_date)
        plans = repository.select_plans(*period, rep_id=rep_id, has_lines=has_lines)
        visits = repository.select_visits(*period, rep_id=rep_id)
        traces = trace_repository.select_traces(*period, rep_id=rep_id)
        driven = trace_repository.select_driven(*period, rep_id=rep_id, has_lines=has_lines)
    by_day: dict[DayKey, list[VisitFact]] = {}
    for one in visits:
        for day in _days_of(one):
            if from_date <= day <= to_date:
                of_day = msgspec.structs.replace(one, on_date=day)
                by_day.setdefault((one.rep_id, day), []).append(of_day)
    return Ground(
        plans={(one.rep_id, one.on_date): one for one in plans},
        visits=by_day,
        traces={(one.rep_id, one.on_date): one.rv for one in traces},
        driven={(one.rep_id, one.on_date): one for one in driven},
    )


def _days_of(visit: VisitFact) -> set[date]:
    """Return the day that a visit was planned for, and the one that it was made on."""
    if visit.visited_on is None or visit.status not in {"checked_in", "done"}:
        return {visit.on_date}
    return {visit.on_date, visit.visited_on}


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
    db: Database,
    org_id: OrgId,
    ground: Ground,
    engines: Engines,
    *,
    now: datetime,
    is_over: Callable[[], bool] = lambda: False,
) -> tuple[dict[DayKey, DrivenDay], int]:
    """Return each day's driving, settled anew where its basis changed, and how many days wait.

    Nothing is open in the database while the streets are asked. A network that is busy leaves days
    for later, and so does the end of the time (`is_over`); what was kept of them is still told.
    """
    known: dict[DayKey, DrivenDay] = {}
    waiting = 0
    for key in ground.days():
        kept, network = ground.driven.get(key), _network(ground, key, engines)
        basis = _basis(network, ground, key)
        if kept is not None:
            known[key] = kept
        if basis is None or (kept is not None and kept.basis == basis):
            continue
        if is_over():
            waiting += 1
            continue
        try:
            driving = _drive(db, org_id, key, ground, network)
        except NotNow:
            waiting += 1
            continue
        with db.for_org(org_id) as connection:
            trace_repository.upsert_driven(connection, org_id, *key, driving, basis=basis, now=now)
        known[key] = _as_day(key, driving, basis)
    return known, waiting


def _network(ground: Ground, key: DayKey, engines: Engines) -> StreetNetwork:
    plan = ground.plans.get(key)
    return engines.network(plan.profile if plan else "car")


def _drive(
    db: Database, org_id: OrgId, key: DayKey, ground: Ground, network: StreetNetwork
) -> Driving:
    visits, plan = ground.visits.get(key, ()), ground.plans.get(key)
    if key not in ground.traces:
        return drive_check_ins(network, [place for _, place in _reports(visits)])
    with db.for_org(org_id, snapshot=True) as connection:
        fixes = to_fixes(trace_repository.find_fixes(connection, org_id, *key))
        line = repository.find_line(connection, org_id, plan.id) if plan else None
    planned = decode_polyline(line) if line else ()
    driving = drive_trace(network, fixes, planned)
    return msgspec.structs.replace(driving, stays=find_stays(fixes, visits))


def _reports(visits: Sequence[VisitFact]) -> list[tuple[datetime, LonLat]]:
    """Return when and where the visits of a day were made, in order of time.

    The place is that of the check-in, else the account's.
    """
    timed = [
        (one.checked_in_at or one.done_at, one.place or one.location)
        for one in visits
        if one.is_visited
    ]
    known = [(at, LonLat(*place)) for at, place in timed if at is not None and place is not None]
    return sorted(known)


def _basis(network: StreetNetwork, ground: Ground, key: DayKey) -> str | None:
    """Name what a day's driving is made of; None where there is nothing to make it of.

    A newer map of the streets changes no mileage that was told: people were paid by it.
    """
    visits = [one for one in ground.visits.get(key, ()) if one.is_visited]
    reports = _reports(visits)
    version, plan = ground.traces.get(key), ground.plans.get(key)
    if version is None and not reports:
        return None
    doors = [(one.visit_id, one.location) for one in visits if version is not None]
    made_of = [[(at.timestamp(), place) for at, place in reports], sorted(doors), network.profile]
    told = msgspec.json.encode(made_of)
    ground_kind = "straight" if network.is_estimate else "streets"
    parts = [ground_kind, hashlib.sha256(told).hexdigest()]
    if version is not None:
        parts += [f"trace {version}", str(plan.id if plan else None)]
    return " ".join(parts)


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
        stays=driving.stays,
    )
