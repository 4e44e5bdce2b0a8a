"""What the accounts of an area bought, could buy, and how they stand: beside the period before."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.insights.service import value_accounts
from tests.integration.areas.conftest import WHOLE, Country, box
from tests.support.ground import add_account, execute
from tests.support.people import Org
from tests.support.sales import add_potential, add_sales

pytestmark = pytest.mark.integration
TODAY = datetime.now(UTC).date()
NEAR_A = box(24.919, 60.169, 24.9205, 60.171)


def _sell(country: Country, *sold: tuple[str, int, int]) -> None:
    lines = [(country.shops[shop], TODAY - timedelta(days=ago), amount)
             for shop, ago, amount in sold]  # fmt: skip
    add_sales(country.owner_url, country.org, lines)


def _told(country: Country, area: object, who: Actor | None = None, **more: Any) -> Any:
    answer = country.ask(who or country.org.manager, area, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_revenue_and_buyers_of_a_period_and_of_the_one_before(country: Country) -> None:
    _sell(country, ("a", 0, 100), ("a", 27, 50), ("a", 28, 7), ("b", 55, 30), ("b", 56, 999),
          ("c", 3, -20), ("d", 5, 0))  # fmt: skip
    told = _told(country, {"polygon": WHOLE})
    period, before = told["period"], told["before"]
    assert (period["revenue"], period["buyers"]) == (130, 1)
    assert (before["revenue"], before["buyers"]) == (37, 2)
    assert told["currency"] == "VND"
    near = _told(country, {"polygon": NEAR_A})
    assert (near["period"]["revenue"], near["before"]["revenue"]) == (150, 7)


def test_share_is_of_those_whose_potential_is_known(country: Country) -> None:
    _sell(country, ("a", 0, 100), ("a", 40, 50), ("b", 1, 900))
    add_potential(country.owner_url, country.org, [(country.shops[k], 300) for k in ("a", "c")])
    told = _told(country, {"polygon": WHOLE})
    assert (told["monthly_potential"], told["potential_accounts"]) == (600, 2)
    scaled = 600 * 28 / (365.25 / 12)
    assert told["period"]["share"] == pytest.approx(100 / scaled)
    assert told["before"]["share"] == pytest.approx(50 / scaled)
    empty = _told(country, {"polygon": box(1, 1, 2, 2)})
    assert empty["monthly_potential"] is None
    assert empty["period"]["share"] is None
    assert empty["rfm_classes"] == []


def test_classes_of_buyers_and_who_never_bought(country: Country, database: Database) -> None:
    _sell(country, ("a", 1, 1000), ("a", 9, 1000), ("b", 300, 5))
    with database.for_org(country.org.id) as connection:
        value_accounts(connection, country.org.id)
    told = _told(country, {"polygon": WHOLE})
    assert {one["value"]: one["accounts"] for one in told["rfm_classes"]} == {
        "champion": 1, "promising": 1, None: 2,
    }  # fmt: skip
    everywhere = _told(country, {"territory_id": str(country.west)})
    assert {one["value"] for one in everywhere["rfm_classes"]} == {"champion", "promising"}


def test_the_top_by_revenue_and_by_potential(country: Country) -> None:
    _sell(country, ("a", 0, 100), ("b", 1, 900), ("c", 1, 90), ("c", 2, -90), ("d", 70, 5000))
    add_potential(country.owner_url, country.org, [(country.shops[k], n)
                  for k, n in (("a", 5), ("d", 7), ("b", 0))])  # fmt: skip
    top = _told(country, {"polygon": WHOLE}, top_by="revenue")["top"]
    assert [(one["name"], one["revenue"], one["monthly_potential"]) for one in top] == [
        ("b", 900, 0), ("a", 100, 5),
    ]  # fmt: skip
    top = _told(country, {"polygon": WHOLE}, top_by="potential")["top"]
    assert [(one["name"], one["revenue"]) for one in top] == [("d", 0), ("a", 100)]


def test_money_of_what_a_rep_does_not_see_is_not_told(country: Country, other_org: Org) -> None:
    _sell(country, ("a", 0, 100), ("c", 1, 900))
    add_potential(country.owner_url, country.org, [(country.shops[k], 5) for k in ("a", "c", "d")])
    told = _told(country, {"polygon": WHOLE}, country.org.rep)
    assert (told["period"]["revenue"], told["monthly_potential"]) == (100, 5)
    strange = _told(country, {"polygon": WHOLE}, other_org.manager)
    assert (strange["period"]["revenue"], strange["monthly_potential"]) == (0, None)


def test_an_account_that_leaves_the_map_and_comes_back_keeps_its_worth(country: Country) -> None:
    _sell(country, ("a", 0, 100))
    area: dict[str, Any] = {"polygon": WHOLE}
    for column, away, back in (
        ("deleted_at", "now()", "NULL"),
        ("territory_is_manual", "true", "false"),
    ):
        for value, revenue in ((away, 100 if column != "deleted_at" else 0), (back, 100)):
            execute(
                country.owner_url,
                f"UPDATE account SET {column} = {value} WHERE id = %s",
                country.shops["a"],
            )
            assert _told(country, area)["period"]["revenue"] == revenue
    execute(country.owner_url, "UPDATE sale SET account_id = %s", country.shops["b"])
    assert _told(country, {"polygon": NEAR_A})["period"]["revenue"] == 0
    assert _told(country, area)["period"]["revenue"] == 100
    execute(country.owner_url, "DELETE FROM sale")
    assert _told(country, area)["period"]["revenue"] == 0
    assert execute(country.owner_url, "SELECT count(*) FROM account_worth") == [(0,)]


def test_figures_agree_with_the_lines_counted_one_by_one(country: Country) -> None:
    chance = random.Random(20261123)
    places: dict[UUID, tuple[float, float]] = {}
    for number in range(60):
        at = (chance.uniform(24.85, 25.1), chance.uniform(60.1, 60.25))
        places[add_account(country.owner_url, country.org, f"s{number}", *at)] = at
    lines = [
        (chance.choice(list(places)[:40]), TODAY - timedelta(days=chance.randrange(90)),
         chance.randrange(-50, 500))
        for _ in range(400)
    ]  # fmt: skip
    add_sales(country.owner_url, country.org, lines)
    potential = {one: chance.randrange(1000) for one in list(places)[20:50]}
    add_potential(country.owner_url, country.org, potential.items())
    for _ in range(6):
        west, east = sorted(chance.uniform(24.85, 25.1) for _ in range(2))
        begin, end = sorted(chance.randrange(45) for _ in range(2))
        told = _told(
            country, {"polygon": box(west, 60.12, east, 60.22)}, top_by="revenue",
            from_date=str(TODAY - timedelta(days=end)), to_date=str(TODAY - timedelta(days=begin)),
        )  # fmt: skip
        inside = {one for one, at in places.items() if west <= at[0] <= east
                  and 60.12 <= at[1] <= 60.22}  # fmt: skip
        days = end - begin + 1
        for name, first in (("period", end), ("before", end + days)):
            some = [(one, amount) for one, on, amount in lines if one in inside
                    and first - days < (TODAY - on).days <= first]  # fmt: skip
            assert told[name]["revenue"] == sum(amount for _, amount in some)
            assert told[name]["buyers"] == len({one for one, amount in some if amount > 0})
            known = sum(amount for one, amount in some if potential.get(one))
            most = sum(potential.get(one, 0) for one in inside) * days / (365.25 / 12)
            assert told[name]["share"] == (pytest.approx(known / most) if most else None)


def test_filters_and_moves_hold_for_money_too(country: Country) -> None:
    _sell(country, ("a", 0, 100), ("c", 1, 900))
    area: dict[str, Any] = {"polygon": WHOLE}
    customers = {"life_stages": ["customer"]}
    assert _told(country, area, filters=customers)["period"]["revenue"] == 0
    execute(
        country.owner_url, "UPDATE account SET life_stage = 'customer', category = 'cafe'"
        " WHERE id = %s", country.shops["a"],
    )  # fmt: skip
    assert _told(country, area, filters=customers)["period"]["revenue"] == 100
    assert _told(country, area, filters={"categories": ["cafe"]})["period"]["revenue"] == 100
    in_east = {"territory_ids": [str(country.east)]}
    assert _told(country, area, filters=in_east)["period"]["revenue"] == 900
    execute(
        country.owner_url, "UPDATE account SET location = ST_SetSRID(ST_MakePoint(24.97, 60.171),"
        " 4326) WHERE id = %s", country.shops["a"],
    )  # fmt: skip
    assert _told(country, area, filters=in_east)["period"]["revenue"] == 1000
    assert _told(country, {"polygon": NEAR_A})["period"]["revenue"] == 0
    assert _told(country, area, country.org.other_rep)["period"]["revenue"] == 1000
