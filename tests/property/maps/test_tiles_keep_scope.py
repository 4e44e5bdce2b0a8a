"""Tile requests by who tries everything: no id of another's account ever comes.

Ten thousand of them with the application's filter switched off, and half as many with it.
"""

import random
import re
from typing import Any

import pytest

from backend.maps import service
from backend.maps.repository import select_territories_of
from backend.maps.schemas import Scope
from tests.support.databases import TestDatabase
from tests.support.http import Api
from tests.support.people import Org
from tests.support.tile_ground import STAGES, Ground, lay_ground, may_see

_REQUESTS = 10_000
_UUID = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_WORLD_BITS = 24
_ANSWERS = {200, 204, 400, 404, 422}


def _everything(_: object, actor: Any) -> Scope:
    return Scope(actor.org_id, actor.user_id, None)


@pytest.fixture
def ground(test_database: TestDatabase, org: Org, other_org: Org) -> Ground:
    return lay_ground(test_database, org, other_org, state="both")


@pytest.mark.parametrize("who", ["rep", "other_rep", "manager"])
@pytest.mark.parametrize("is_filtered", [True, False], ids=["filter", "row-level security alone"])
def test_no_tile_holds_an_id_outside_the_scope(
    api: Api, ground: Ground, monkeypatch: pytest.MonkeyPatch, who: str, *, is_filtered: bool
) -> None:
    """Without the filter the database alone keeps to the scope, whatever the query asks."""
    allowed = {str(shop.id).encode() for shop in ground.shops if may_see(who, shop, ground.org)}
    others = {str(shop.id).encode() for shop in ground.shops} - allowed
    headers = api.as_(getattr(ground.org, who))
    if not is_filtered:
        monkeypatch.setattr(service, "scope_of", _everything)
    rng, seen = random.Random(f"{who} {is_filtered}"), set[bytes]()  # a test's dice
    for _ in range(_REQUESTS // (6 if is_filtered else 3)):
        path, query = _request(rng, ground)
        answer = api.client.get(path, params=query, headers=headers)
        assert answer.status_code in _ANSWERS, f"{path} {query}: {answer.text}"
        if answer.status_code == 200:
            seen |= set(_UUID.findall(answer.content))
    assert not seen & others
    assert len(seen & allowed) > len(allowed) / 4, "the dice hardly met an account"


@pytest.mark.parametrize("who", ["rep", "other_rep"])
def test_the_database_alone_counts_what_is_in_scope(ground: Ground, who: str) -> None:
    actor = getattr(ground.org, who)
    expected = sum(may_see(who, shop, ground.org) for shop in ground.shops)
    with ground.database.for_org(actor.org_id, snapshot=True, viewer=actor.user_id) as connection:
        held = select_territories_of(connection, actor.org_id, actor.user_id)
        count = "SELECT count(*) FROM account_map"
        assert connection.exec_driver_sql(count).scalar() == expected
        territories = connection.exec_driver_sql(
            "SELECT territory_id FROM account_cell UNION SELECT territory_id FROM"
            " account_cell_change"
        ).scalars()
        assert set(territories) == set(held)


def _request(rng: random.Random, ground: Ground) -> tuple[str, dict[str, Any]]:
    """Return where an account lies, more or less, with whatever somebody might send along."""
    zoom = rng.choice([*range(19), rng.randrange(25)])
    world = rng.choice(ground.shops).world
    x, y = (at >> max(_WORLD_BITS - zoom, 0) for at in world)
    if rng.random() < 0.1:
        x, y = x + rng.choice([-1, 1, 2**zoom, -(2**zoom)]), y + rng.choice([0, 2**zoom])
    strangers = [str(shop.id) for shop in ground.shops if shop.org is not ground.org]
    forged: dict[str, list[str]] = {
        "territory_id": [str(one) for one in ground.territories.values()],
        "life_stage": [*STAGES, "x' OR true --", "%", "\u0000"],
        "category": ["cafe", "pharmacy", "') OR 1=1; --"],
        "rep_id": [str(ground.org.rep.user_id), str(ground.org.other_rep.user_id), *strangers[:2]],
        "org_id": [str(one.org.id) for one in ground.shops[:8]],
        "scope": [str(one) for one in ground.territories.values()],
        "user_id": [str(ground.org.manager.user_id)],
    }
    names = rng.sample(list(forged), rng.choice([0, 0, 1, 1, 2, 3]))
    query = {name: rng.choices(forged[name], k=rng.choice([1, 1, 2])) for name in names}
    layer = rng.choice(["prospects"] * 7 + ["visits", "routes", "territories"])
    return f"/v1/tiles/{layer}/{zoom}/{x}/{y}.mvt", query
