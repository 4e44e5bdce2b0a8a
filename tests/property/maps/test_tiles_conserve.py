"""Conservation: whatever the zoom, scope and filter, the tiles hold each account exactly once."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import mapbox_vector_tile
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.accounts.filters import Filters
from backend.geo.tiles import Tile
from backend.identity.actor import Actor
from backend.maps import service, tile_ways
from backend.maps.colouring import ColourBy
from backend.maps.schemas import Layer, TileFilter
from tests.support.databases import TestDatabase
from tests.support.people import Org
from tests.support.tile_ground import STAGES, Ground, Shop, lay_ground, may_see

KNOWN: dict[ColourBy | None, Callable[[Ground, Shop], str | None]] = {
    ColourBy.LIFE_STAGE: lambda _, shop: shop.life_stage,
    ColourBy.CATEGORY: lambda _, shop: shop.category,
    ColourBy.TERRITORY: lambda ground, shop: (
        str(ground.territories[shop.territory]) if shop.territory else None
    ),
    ColourBy.REP: lambda ground, shop: (
        str({"west": ground.org.rep, "east": ground.org.other_rep}[shop.territory].user_id)
        if shop.territory
        else None
    ),
}
"""What is told at every zoom, however many lie there."""


@pytest.fixture(params=["changes", "sums", "both"])
def ground(
    request: pytest.FixtureRequest, test_database: TestDatabase, org: Org, other_org: Org
) -> Ground:
    return lay_ground(test_database, org, other_org, state=request.param)


def _features(ground: Ground, actor: Actor, tile: Tile, wanted: TileFilter) -> list[dict[str, Any]]:
    with ground.database.for_org(actor.org_id, snapshot=True) as connection:
        answer = service.read_tile(
            connection, actor, Layer.PROSPECTS, tile, wanted=wanted, has_tag=lambda _: False
        )
    assert answer.data is not None
    layers = mapbox_vector_tile.decode(answer.data) if answer.data else {}
    features: list[dict[str, Any]] = layers.get("prospects", {}).get("features", [])
    return features


@settings(max_examples=40, deadline=None)
@given(
    zoom=st.integers(0, 18),
    actor_name=st.sampled_from(["rep", "other_rep", "manager", "analyst"]),
    stages=st.sets(st.sampled_from(STAGES)),
    categories=st.sets(st.sampled_from(["cafe", "pharmacy", "bank"])),
    territory=st.sampled_from([None, "west", "east"]),
    colour_by=st.sampled_from([None, *ColourBy]),
    most=st.sampled_from([1, 25_000]),
)
def test_the_tiles_of_a_zoom_hold_every_account_in_scope_once(
    ground: Ground,
    zoom: int,
    actor_name: str,
    stages: set[str],
    categories: set[str],
    territory: str | None,
    colour_by: ColourBy | None,
    most: int,
) -> None:
    actor: Actor = getattr(ground.org, actor_name)
    filters = Filters(
        life_stages=sorted(stages),
        categories=sorted(categories),
        territory_ids=[ground.territories[territory]] if territory else [],
    )
    wanted = TileFilter(filters=filters, colour_by=colour_by)
    expected = [
        shop for shop in ground.shops
        if may_see(actor_name, shop, ground.org)
        and (not stages or shop.life_stage in stages)
        and (not categories or shop.category in categories)
        and (territory is None or shop.territory == territory)
    ]  # fmt: skip
    shift = 24 - zoom
    # Every tile with anybody's account: those out of scope must come out empty.
    tiles = {Tile(zoom, s.world.x >> shift, s.world.y >> shift) for s in ground.shops}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tile_ways, "MOST_COUNTED", most)  # one: every tile with two is too full
        patch.setattr(tile_ways, "MOST_LOOKED_UP", most)
        found = [one for tile in tiles for one in _features(ground, actor, tile, wanted)]
    told = [feature["properties"] for feature in found]
    assert sum(one["n"] for one in told) == len(expected)
    customers = sum(shop.life_stage == "customer" for shop in expected)
    assert sum(one["customers"] for one in told) == customers
    stage_of = {str(shop.id): shop.life_stage for shop in expected}
    singles = [one for one in told if one["n"] == 1]
    assert all(stage_of[one["id"]] == one["life_stage"] for one in singles)
    assert len({one["id"] for one in singles}) == len(singles)
    assert all("id" not in one and "life_stage" not in one for one in told if one["n"] > 1)
    mixed = [one for one in told if "next_n" in one]
    assert mixed == [one for one in told if "class_n" in one]
    assert all(one["next_n"] <= one["class_n"] for one in mixed)
    assert all(one.get("third_n", 0) <= one["next_n"] for one in mixed)
    assert all(one["class_n"] + one["next_n"] + one.get("third_n", 0) <= one["n"] for one in mixed)
    if colour_by in KNOWN:
        assert not any("is_rough" in one for one in told)
        shops = {str(shop.id): shop for shop in expected}
        assert all(
            one.get("class") == KNOWN[colour_by](ground, shops[one["id"]]) for one in singles
        )
        if len(told) == 1 and mixed:
            of = Counter(KNOWN[colour_by](ground, shop) for shop in expected)
            shares = {mixed[0].get("class"): mixed[0]["class_n"],
                      mixed[0].get("next"): mixed[0]["next_n"]}  # fmt: skip
            if "third_n" in mixed[0]:
                shares |= {mixed[0].get("third"): mixed[0]["third_n"]}
            assert shares == {key: of[key] for key in shares}
            assert sorted(shares.values()) == sorted(of.values())[-3:]
    for feature in found:
        x, y = feature["geometry"]["coordinates"]
        assert 0 <= x <= 4096
        assert 0 <= y <= 4096
