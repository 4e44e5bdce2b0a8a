"""A look through all accounts: spots, then accounts part by part, then pairs that are alike.

Each part is one transaction with how far it came, so whoever dies in the middle goes on there.
"""

from collections.abc import Mapping, Sequence
from itertools import batched
from uuid import UUID

import sqlalchemy as sa

from backend.db.tenancy import Database
from backend.geo.network.provider import PROFILES, NetworkError, StreetNetwork
from backend.geo.vocabulary import LonLat
from backend.ids import OrgId
from backend.jobs import Work
from backend.pins import repository
from backend.pins.addresses import Gazetteer
from backend.pins.judging import judge_spot, judge_street, judge_unit, judge_visits
from backend.pins.repository import Placed, Progress
from backend.routes.engines import Engines

PART = 5000
"""Accounts that are looked at in one transaction."""
WORD_PARTS = 16
"""Words are compared in so many parts, each in one transaction."""
KEPT_AT_ONCE = 5000
_ASKED_AT_ONCE = 50
"""A network answers for all pairs of what it is asked: few at a time are the least work."""
_SPOTS = ("crowded_spot",)
_STREETS = "far_from_street"
_ACCOUNTS = ("visits_elsewhere", "outside_unit")


class WorkerEnding(RuntimeError):
    """The worker is asked to stop in the middle of a check, which goes on later."""


def carry_on(work: Work, org_id: OrgId) -> None:
    """Carry the check under way to its end; raise WorkerEnding when the worker ends before."""
    streets = _streets(work.part(Engines))
    gazetteer: Gazetteer | None = None
    while True:
        with work.db.for_org(org_id) as connection:
            check = repository.lock_check(connection, org_id)
            if check is None:
                return
            if check.step == "spots":
                _check_spots(connection, org_id, check)
            elif check.step == "pairs":
                _check_pairs(connection, org_id, check)
            elif gazetteer is None:
                gazetteer = Gazetteer(repository.select_units(connection, org_id))
        if check.step == "accounts" and gazetteer is not None:
            _check_part(work.db, org_id, check, gazetteer, streets)
        if work.is_ending:
            raise WorkerEnding("The worker ends; the rest of the check waits.")


def _check_spots(connection: sa.Connection, org_id: OrgId, check: Progress) -> None:
    rows = repository.select_crowds(connection, org_id)
    told = (
        judge_spot(one.id, LonLat(one.lon, one.lat), accounts=one.accounts,
                   addresses=one.addresses, geocoded=one.geocoded)
        for one in rows
    )  # fmt: skip
    found = [one for one in told if one is not None]
    for some in batched(found, KEPT_AT_ONCE, strict=False):
        repository.keep_doubts(connection, org_id, some)
    repository.let_go(connection, org_id, found, reasons=_SPOTS, within=(None, None))
    repository.write_check(connection, org_id, check.id, step="accounts")


def _check_part(
    db: Database,
    org_id: OrgId,
    check: Progress,
    gazetteer: Gazetteer,
    streets: StreetNetwork | None,
) -> None:
    """Look at the next accounts; the network is asked while no connection waits."""
    with db.for_org(org_id, snapshot=True) as connection:
        part = repository.select_part(connection, org_id, check.after_id, limit=PART)
        seen = {}
        if part:
            seen = repository.select_check_ins(connection, org_id, check.after_id, part[-1].id)
    pins = {one.id: one.position for one in part}
    found = [judge_visits(one, pins[one], some) for one, some in seen.items() if one in pins]
    found += [
        judge_unit(one.id, one.position, gazetteer.named(one.address, one.position))
        for one in part if one.address and gazetteer
    ]  # fmt: skip
    off = _off_streets(streets, part)
    if off is not None:
        found += [judge_street(one, pins[one], metres) for one, metres in off.items()]
    reasons = _ACCOUNTS if off is None else (*_ACCOUNTS, _STREETS)
    kept = [one for one in found if one is not None]
    last = part[-1].id if len(part) == PART else None
    with db.for_org(org_id) as connection:
        held = repository.lock_check(connection, org_id)
        if held != check:
            return
        repository.keep_doubts(connection, org_id, kept)
        repository.let_go(connection, org_id, kept, reasons=reasons, within=(check.after_id, last))
        repository.write_check(
            connection, org_id, check.id, checked=len(part), after_id=last,
            step="pairs" if last is None else "accounts", has_streets=off is not None,
        )  # fmt: skip


def _check_pairs(connection: sa.Connection, org_id: OrgId, check: Progress) -> None:
    if check.part < WORD_PARTS:
        repository.keep_alike(connection, org_id, part=check.part, parts=WORD_PARTS)
        repository.write_check(connection, org_id, check.id, part=check.part + 1)
        return
    repository.keep_same_phones(connection, org_id)
    repository.write_check(connection, org_id, check.id, status="done")


def _streets(engines: Engines) -> StreetNetwork | None:
    """Return a street network that is really there: the one with the most streets first."""
    for profile in reversed(PROFILES):
        network = engines.network(profile)
        if not network.is_estimate:
            return network
    return None


def _off_streets(
    streets: StreetNetwork | None, part: Sequence[Placed]
) -> Mapping[UUID, int | None] | None:
    """Return how far those accounts are off that no street is near; None when nobody knows."""
    if streets is None:
        return None
    off: dict[UUID, int | None] = {}
    for some in batched(part, _ASKED_AT_ONCE, strict=False):
        try:
            answer = streets.matrix([one.position for one in some])
        except NetworkError:
            return None
        off |= {some[one.index].id: one.distance_m for one in answer.off_network}
    return off
