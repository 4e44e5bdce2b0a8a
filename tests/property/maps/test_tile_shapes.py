"""A single account has the shape of its class, however its tile is counted, and many have none."""

from typing import Any

import mapbox_vector_tile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.accounts.filters import Filters
from backend.geo.tiles import Tile
from backend.identity.actor import Actor
from backend.maps import service, tile_ways
from backend.maps.colouring import ColourBy, SizeBy, class_of
from backend.maps.schemas import Layer, TileFilter
from tests.support.databases import TestDatabase
from tests.support.ground import execute
from tests.support.people import Org
from tests.support.tile_ground import STAGES, Ground, lay_ground, may_see

_CURRENCY = "VND"
_KNOWN = (
    """
    UPDATE account SET priority = 1 + abs(hashtext(name)) %% 5,
      channel = (ARRAY['horeca', 'retail', NULL])[1 + abs(hashtext(name)) %% 3],
      last_visit_at = CASE WHEN abs(hashtext(name)) %% 4 > 0
        THEN now() - abs(hashtext(name)) %% 250 * interval '1 day' END
    """,
    """
    INSERT INTO visit (org_id, id, account_id, rep_id, status, outcome, planned_on, done_at)
    SELECT a.org_id, gen_random_uuid(), a.id, u.id, 'done', 'met', '2026-11-01', a.last_visit_at
      FROM account a CROSS JOIN LATERAL (
        SELECT id FROM app_user u WHERE u.org_id = a.org_id ORDER BY md5(u.id::text || a.id) LIMIT 1
      ) u WHERE a.last_visit_at IS NOT NULL
    """,
    """
    INSERT INTO account_value SELECT org_id, id, '2026-11-22', '2026-11-01', 3, 900, 5, 5, 5,
      (ARRAY['champion', 'loyal', 'asleep'])[1 + abs(hashtext(name)) %% 3]
      FROM account WHERE abs(hashtext(name)) %% 5 > 0
    """,
    """
    INSERT INTO account_potential
    SELECT org_id, id, abs(hashtext(name)) %% 9 * 2e6, 'field', '2026-11-01'
      FROM account WHERE abs(hashtext(name)) %% 5 > 0
    """,
)
"""Something to tell by every field, of most accounts."""


@pytest.fixture(params=["changes", "sums", "both"])
def ground(
    request: pytest.FixtureRequest, test_database: TestDatabase, org: Org, other_org: Org
) -> Ground:
    laid = lay_ground(test_database, org, other_org, state=request.param)
    for statement in _KNOWN:
        execute(test_database.owner_url, statement)
    return laid


def _classes(ground: Ground, url: str, by: ColourBy) -> dict[str, str | None]:
    """Return each account's class as the database's owner tells it, one by one."""
    sql = class_of(by, _CURRENCY).replace(":org_id", "m.org_id")
    statement = f"SELECT m.account_id::text, {sql} FROM account_map m WHERE m.org_id = %s"
    classes: dict[str, str | None] = dict(execute(url, statement, ground.org.id))
    if by is not ColourBy.REP:
        return classes
    holders = {"west": ground.org.rep, "east": ground.org.other_rep}
    held = {str(ground.territories[name]): str(rep.user_id) for name, rep in holders.items()}
    return {one: held.get(key) if key else None for one, key in classes.items()}


@settings(max_examples=40, deadline=None)
@given(
    zoom=st.integers(0, 18),
    actor_name=st.sampled_from(["rep", "other_rep", "manager"]),
    stages=st.sets(st.sampled_from(STAGES)),
    priorities=st.sets(st.integers(1, 5)),
    colour_by=st.sampled_from([None, *ColourBy]),
    size_by=st.sampled_from(SizeBy),
    shape_by=st.sampled_from(ColourBy),
    most=st.sampled_from([1, 25_000]),
)
def test_single_accounts_have_the_shape_of_their_class(
    ground: Ground,
    test_database: TestDatabase,
    zoom: int,
    actor_name: str,
    stages: set[str],
    priorities: set[int],
    colour_by: ColourBy | None,
    size_by: SizeBy,
    shape_by: ColourBy,
    most: int,
) -> None:
    actor: Actor = getattr(ground.org, actor_name)
    filters = Filters(life_stages=sorted(stages), priorities=sorted(priorities))
    plain = TileFilter(filters=filters, colour_by=colour_by, size_by=size_by)
    shaped = TileFilter(filters=filters, colour_by=colour_by, size_by=size_by, shape_by=shape_by)
    seen = [one for one in ground.shops if may_see(actor_name, one, ground.org)]
    shift = 24 - zoom
    tiles = {Tile(zoom, one.world.x >> shift, one.world.y >> shift) for one in ground.shops}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tile_ways, "MOST_COUNTED", most)  # one: every tile with two is too full
        patch.setattr(tile_ways, "MOST_LOOKED_UP", most)
        without, told = (
            [one for tile in sorted(tiles) for one in _read(ground, actor, tile, wanted)]
            for wanted in (plain, shaped)
        )
    # Shapes are all that is told besides.
    kept = [{name: one[name] for name in one if name != "shape"} for one in told]
    assert _ordered(kept) == _ordered(without)
    classes = _classes(ground, test_database.owner_url, shape_by)
    ids = {str(one.id) for one in seen}
    for one in told:
        if one["n"] == 1:
            assert one["id"] in ids
            assert one.get("shape") == classes[one["id"]]
        else:
            assert "shape" not in one


def _ordered(told: list[dict[str, Any]]) -> list[str]:
    return sorted(repr(sorted(one.items())) for one in told)


def _read(ground: Ground, actor: Actor, tile: Tile, wanted: TileFilter) -> list[dict[str, Any]]:
    with ground.database.for_org(actor.org_id, snapshot=True, viewer=actor.user_id) as connection:
        answer = service.read_tile(
            connection, actor, Layer.PROSPECTS, tile, wanted=wanted, has_tag=lambda _: False
        )
    layers = mapbox_vector_tile.decode(answer.data) if answer.data else {}
    return [one["properties"] for one in layers.get("prospects", {}).get("features", [])]
