"""Accounts that several of the reps hold whose weeks are planned together: each goes to one."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from backend.geo.vocabulary import LonLat, great_circle_m
from backend.ids import UserId
from backend.routes.weeks.ground_repository import Held

type Place = tuple[float, float]


def share_accounts(
    bases: Mapping[UserId, Place], held: Mapping[UserId, Sequence[Held]]
) -> dict[UserId, set[UUID]]:
    """Return of each rep the accounts that go to another one.

    A shared account goes to the rep who begins the day nearest to it, of those as near to the one
    with the fewest accounts so far. Accounts without a place go to the first of the reps.
    """
    holders: dict[UUID, list[UserId]] = defaultdict(list)
    places: dict[UUID, Place | None] = {}
    for rep_id, accounts in held.items():
        for account in accounts:
            holders[account.id].append(rep_id)
            places[account.id] = account.location
    count = Counter(reps[0] for reps in holders.values() if len(reps) == 1)
    others: dict[UserId, set[UUID]] = {rep_id: set() for rep_id in held}
    for account_id, reps in holders.items():
        if len(reps) == 1:
            continue
        place = places[account_id]
        chosen = min(reps, key=lambda rep: (_metres(bases[rep], place), count[rep]))
        count[chosen] += 1
        for rep_id in reps:
            if rep_id != chosen:
                others[rep_id].add(account_id)
    return others


def _metres(base: Place, place: Place | None) -> int:
    return 0 if place is None else round(great_circle_m(LonLat(*base), LonLat(*place)))
