"""A scenario proposed, approved, published as one realignment: all of it or nothing."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from backend.db.tenancy import Database
from backend.ids import new_id
from backend.territories.realignment import apply_due
from tests.support.design_office import DesignOffice, rows
from tests.support.ground import add_account, execute
from tests.support.people import Org

pytestmark = pytest.mark.integration


def _areas(office: DesignOffice) -> dict[UUID, str]:
    found = rows(office.url, "SELECT id, ST_AsText(area) FROM territory")
    return {row[0]: row[1] for row in found}


def _places(office: DesignOffice) -> dict[UUID, tuple[UUID | None, bool]]:
    found = rows(office.url, "SELECT id, territory_id, territory_is_manual FROM account")
    return {row[0]: (row[1], row[2]) for row in found}


def _astray(office: DesignOffice) -> int:
    """Count the accounts that do not lie in the outline of their territory."""
    found = rows(
        office.url,
        "SELECT count(*) FROM account a LEFT JOIN territory t ON t.id = a.territory_id"
        " WHERE a.deleted_at IS NULL AND ST_Covers(t.area, a.location) IS NOT TRUE",
    )
    return int(found[0][0])


def _overlap(office: DesignOffice) -> float:
    found = rows(
        office.url,
        "SELECT coalesce(sum(ST_Area(ST_Intersection(a.area, b.area))), 0) FROM territory a"
        " JOIN territory b ON a.id < b.id",
    )
    return float(found[0][0])


def test_a_scenario_takes_effect_as_one_and_is_undone_as_one(designing: DesignOffice) -> None:
    design = designing.make()
    before, areas = _places(designing), _areas(designing)
    published = designing.publish(design, hold_over_days=3)
    assert (published["published_scenario"], published["publication"]) == ("even", "applied")
    (realignment_id,) = published["realignment_ids"]
    counts = designing.counts()
    total = sum(counts.values())
    assert all(abs(count / (total / 2) - 1) <= 0.05 for count in counts.values())
    assert (_astray(designing), _overlap(designing)) == (0, pytest.approx(0, abs=1e-15))
    assert not any(is_manual for _, is_manual in _places(designing).values())
    applied = designing.realignment("GET", realignment_id)
    assert applied["counts"]["areas"] == 2
    assert applied["counts"]["moved"] == sum(
        before[key] != now for key, now in _places(designing).items()
    )

    undone = designing.realignment("POST", realignment_id, "/undo", {})
    assert undone["counts"]["moved_back"] == applied["counts"]["moved"]
    assert (_places(designing), _areas(designing)) == (before, areas)


def test_a_design_is_published_once_and_again_after_an_undo(designing: DesignOffice) -> None:
    design = designing.make()
    first = designing.publish(design)
    again = designing.call("POST", f"/{design['id']}/publish", {"scenario": "even"})
    assert (again.status_code, again.json()["code"]) == (409, "design_published")
    designing.realignment("POST", first["realignment_ids"][0], "/undo", {})
    second = designing.call("POST", f"/{design['id']}/publish", {"scenario": "even"})
    assert second.status_code == 200, second.text
    assert len(second.json()["realignment_ids"]) == 2
    assert second.json()["publication"] == "applied"


def test_a_later_day_is_waited_for_and_can_be_called_off(
    designing: DesignOffice, database: Database
) -> None:
    design = designing.make()
    before = _places(designing)
    day = datetime.now(UTC).date() + timedelta(40)
    published = designing.publish(design, effective_on=str(day))
    assert (published["publication"], published["effective_on"]) == ("scheduled", str(day))
    assert _places(designing) == before
    designing.realignment("POST", published["realignment_ids"][0], "/cancel", {})
    again = designing.call(
        "POST", f"/{design['id']}/publish", {"scenario": "even", "effective_on": str(day)}
    ).json()
    with database.for_org(designing.org.id) as connection:
        assert apply_due(connection, designing.org.id, day) == 1
    assert designing.read(design["id"])["publication"] == "applied"
    assert _astray(designing) == 0
    assert again["realignment_ids"][0] != again["realignment_ids"][1]


def test_borders_changed_since_the_design_stop_all_of_it(designing: DesignOffice) -> None:
    design = designing.make()
    designing.approve(design)
    execute(
        designing.url,
        "UPDATE territory SET area = ST_Multi(ST_Buffer(area, 0.001)) WHERE name = 'East'",
    )
    before, areas = _places(designing), _areas(designing)
    answer = designing.call("POST", f"/{design['id']}/publish", {"scenario": "even"})
    assert (answer.status_code, answer.json()["code"]) == (409, "territory_changed")
    assert "“East”" in answer.json()["detail"]
    assert "West" not in answer.json()["detail"]
    assert (_places(designing), _areas(designing)) == (before, areas)
    assert rows(designing.url, "SELECT id FROM realignment") == []


def test_a_territory_that_went_stops_all_of_it(designing: DesignOffice) -> None:
    design = designing.make()
    designing.approve(design)
    execute(designing.url, "UPDATE territory SET deleted_at = now() WHERE name = 'East'")
    answer = designing.call("POST", f"/{design['id']}/publish", {"scenario": "even"})
    assert (answer.status_code, answer.json()["code"]) == (409, "territory_changed")
    assert "“East” was deleted" in answer.json()["detail"]


def test_borders_changed_before_the_day_call_it_off_whole(
    designing: DesignOffice, database: Database
) -> None:
    design = designing.make()
    day = datetime.now(UTC).date() + timedelta(2)
    designing.publish(design, effective_on=str(day))
    execute(designing.url, "UPDATE territory SET area = ST_Multi(ST_Buffer(area, 0.001))")
    before, areas = _places(designing), _areas(designing)
    with database.for_org(designing.org.id) as connection:
        assert apply_due(connection, designing.org.id, day) == 0
    found = designing.read(design["id"])
    assert found["publication"] == "cancelled"
    told = designing.realignment("GET", found["realignment_ids"][0])
    assert "“East”, “West”" in told["counts"]["reason"]
    assert (_places(designing), _areas(designing)) == (before, areas)


def test_what_was_drawn_since_is_not_undone_over(designing: DesignOffice) -> None:
    design = designing.make()
    published = designing.publish(design)
    execute(designing.url, "UPDATE territory SET area = ST_Multi(ST_Buffer(area, 0.001))")
    headers = designing.api.as_(designing.org.manager)
    path = f"/v1/realignments/{published['realignment_ids'][0]}/undo"
    answer = designing.api.client.post(path, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (409, "territory_changed")


def test_accounts_that_came_since_go_by_their_place(designing: DesignOffice) -> None:
    design = designing.make()
    designing.approve(design)
    new = add_account(designing.url, designing.org, "Mới", 24.951, 60.171)
    designing.call("POST", f"/{design['id']}/publish", {"scenario": "even"})
    assert _astray(designing) == 0
    later = add_account(designing.url, designing.org, "Sau", 24.9511, 60.1711)
    places = _places(designing)
    assert places[new] == places[later]
    published = designing.read(design["id"])
    undone = designing.realignment("POST", published["realignment_ids"][0], "/undo", {})
    assert _astray(designing) == 0
    assert undone["state"] == "undone"


def test_accounts_by_hand_follow_their_cell_and_are_told(designing: DesignOffice) -> None:
    shop = rows(
        designing.url,
        f"SELECT id FROM account WHERE territory_id = '{designing.west}' ORDER BY ST_X(location)",
    )[0][0]
    execute(
        designing.url,
        "UPDATE account SET territory_is_manual = true, territory_id = %s WHERE id = %s",
        designing.east,
        shop,
    )
    design = designing.make()
    compared = designing.call("GET", f"/{design['id']}/compare?scenario=keep").json()
    assert compared["mixed_accounts"] == compared["moved"]["accounts"] > 0
    moved = designing.call("GET", f"/{design['id']}/compare/accounts.csv?scenario=keep").text
    assert str(shop) in moved
    designing.publish(design)
    assert _places(designing)[shop] == (designing.west, False)


def test_another_territory_keeps_its_own_ground_and_accounts(
    designing: DesignOffice,
) -> None:
    other = new_id()
    execute(
        designing.url,
        "INSERT INTO territory (org_id, id, name, area) VALUES (%s, %s, 'North',"
        " ST_Multi(ST_MakeEnvelope(24.90, 60.20, 25.0, 60.25, 4326)))",
        designing.org.id,
        other,
    )
    near = add_account(designing.url, designing.org, "Bắc", 24.92, 60.2001)
    area = _areas(designing)[other]
    designing.publish(designing.make())
    assert _places(designing)[near] == (other, False)
    assert _areas(designing)[other] == area
    assert _overlap(designing) == pytest.approx(0, abs=1e-12)


def test_people_change_with_the_borders(designing: DesignOffice) -> None:
    design = designing.make()
    swap = [
        {"user_id": str(who.user_id), "from_territory_id": str(one), "to_territory_id": str(two)}
        for who, one, two in (
            (designing.org.rep, designing.west, designing.east),
            (designing.org.other_rep, designing.east, designing.west),
        )
    ]
    published = designing.publish(design, people=swap)
    held = "SELECT territory_id FROM territory_assignment WHERE user_id = %s AND valid_to IS NULL"
    assert execute(designing.url, held, designing.org.rep.user_id) == [(designing.east,)]
    designing.realignment("POST", published["realignment_ids"][0], "/undo", {})
    assert execute(designing.url, held, designing.org.rep.user_id) == [(designing.west,)]


def test_what_no_account_moves_for_is_not_published(designing: DesignOffice) -> None:
    design = designing.make()
    designing.publish(design)
    fresh = designing.make()
    designing.approve(fresh, "keep")
    answer = designing.call("POST", f"/{fresh['id']}/publish", {"scenario": "keep"})
    assert (answer.status_code, answer.json()["code"]) == (409, "design_moves_nothing")


def test_only_another_planner_approves(designing: DesignOffice) -> None:
    design = designing.make()
    path, body = f"/{design['id']}", {"scenario": "even"}
    answer = designing.call("POST", f"{path}/publish", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "scenario_not_approved")
    answer = designing.call("POST", f"{path}/approve", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "scenario_not_proposed")
    proposed = designing.call("POST", f"{path}/propose", {**body, "note": "Xem giúp"}).json()
    assert proposed["proposed_scenario"] == "even"
    answer = designing.call("POST", f"{path}/approve", body)
    assert (answer.status_code, answer.json()["code"]) == (409, "own_proposal")
    answer = designing.call("POST", f"{path}/approve", {"scenario": "shift"}, designing.org.admin)
    assert answer.json()["code"] == "scenario_not_proposed"
    approved = designing.call("POST", f"{path}/approve", body, designing.org.admin).json()
    assert approved["approved_by"] == str(designing.org.admin.user_id)
    # Another proposal is to be approved anew.
    again = designing.call("POST", f"{path}/propose", {"scenario": "shift"}).json()
    assert again["approved_by"] is None
    gone = designing.call("POST", f"{path}/withdraw", {}).json()
    assert gone["proposed_scenario"] is None


def test_a_planner_alone_approves_the_own_proposal(designing: DesignOffice) -> None:
    design = designing.make()
    execute(designing.url, "UPDATE app_user SET is_active = false WHERE role = 'admin'")
    designing.call("POST", f"/{design['id']}/propose", {"scenario": "even"})
    answer = designing.call("POST", f"/{design['id']}/approve", {"scenario": "even"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["has_one_planner"]


def test_history_tells_who_did_what(designing: DesignOffice, other_org: Org) -> None:
    design = designing.make()
    published = designing.publish(design)
    designing.realignment("POST", published["realignment_ids"][0], "/undo", {})
    told = designing.call("GET", f"/{design['id']}/history").json()["items"]
    assert [one["action"] for one in told] == [
        "territory_design.create",
        "territory_design.propose",
        "territory_design.approve",
        "realignment.create",
        "realignment.apply",
        "territory_design.publish",
        "realignment.undo",
    ]
    assert all(one["by"] for one in told)
    answer = designing.call("GET", f"/{design['id']}/history", who=other_org.manager)
    assert answer.status_code == 404


def test_reps_decide_on_nothing(designing: DesignOffice) -> None:
    path, rep, body = f"/{designing.make()['id']}", designing.org.rep, {"scenario": "even"}
    for action in ("propose", "approve", "withdraw", "publish"):
        assert designing.call("POST", f"{path}/{action}", body, rep).status_code == 403
    for what in ("history", "compare?scenario=even", "compare/accounts.csv?scenario=even"):
        assert designing.call("GET", f"{path}/{what}", who=rep).status_code == 403


def test_what_was_is_told_after_a_publication(designing: DesignOffice) -> None:
    published = designing.publish(designing.make())
    told = designing.realignment("GET", published["realignment_ids"][0], "/areas")["items"]
    assert [one["name"] for one in told] == ["East", "West"]
    corners = [len(one["former_area"]["coordinates"][0][0]) for one in told]
    assert corners == [5, 5]
    assert all(one["area"] != one["former_area"] for one in told)


def test_outlines_of_a_scenario_are_told(designing: DesignOffice) -> None:
    design = designing.make()
    found = designing.call("GET", f"/{design['id']}/scenarios/even/outlines").json()
    assert [one["geometry"]["type"] for one in found["features"]] == ["MultiPolygon"] * 2
    ids = {one["properties"]["territory_id"] for one in found["features"]}
    assert ids == {str(designing.west), str(designing.east)}


def test_a_scenario_stands_beside_today_and_another(designing: DesignOffice) -> None:
    _sell(designing)
    design = designing.make()
    today = designing.call("GET", f"/{design['id']}/compare?scenario=even").json()
    west, east = today["territories"]
    assert west["before"]["accounts"] + east["before"]["accounts"] == sum(
        designing.counts().values()
    )
    assert (
        west["before"]["accounts"] - west["accounts_out"] + west["accounts_in"]
        == west["after"]["accounts"]
    )
    assert today["moved"]["accounts"] == west["accounts_out"] + east["accounts_out"]
    assert west["before"]["revenue"] == 1500.0
    assert west["before"]["potential"] == 700.0
    assert west["before"]["open_visits"] == 1
    assert west["before"]["home_km"] > 0
    assert 0 < west["after"]["compactness"] <= 1
    assert today["currency"] == "VND"
    same = designing.call("GET", f"/{design['id']}/compare?scenario=even&beside=even").json()
    assert same["moved"]["accounts"] == 0
    assert designing.call("GET", f"/{design['id']}/compare?scenario=nope").status_code == 404
    assert (
        designing.call("GET", f"/{design['id']}/compare?scenario=even&beside=x").status_code == 404
    )


def test_the_list_of_the_moved_runs_no_formula(designing: DesignOffice) -> None:
    design = designing.make()
    execute(designing.url, "UPDATE account SET name = '=HYPERLINK(1)'")
    answer = designing.call("GET", f"/{design['id']}/compare/accounts.csv?scenario=even")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.splitlines()
    moved = designing.call("GET", f"/{design['id']}/compare?scenario=even").json()["moved"]
    assert len(lines) == moved["accounts"] + 1
    assert all(",'=HYPERLINK(1)," in line for line in lines[1:])


def test_potential_and_revenue_are_balanced(designing: DesignOffice) -> None:
    answer = designing.make(measures=[{"kind": "accounts"}, {"kind": "potential"}])
    assert answer["failure"]["field"] == "measures[1].kind"
    execute(
        designing.url,
        "INSERT INTO account_potential (org_id, account_id, monthly_amount, source, said_on)"
        " SELECT org_id, id, 100, 'test', current_date FROM account",
    )
    made = designing.make(measures=[{"kind": "potential"}, {"kind": "work", "weight": 0.5}])
    assert made["status"] == "done", made
    even = next(one for one in made["summary"]["scenarios"] if one["name"] == "even")
    assert abs(even["territories"][0]["deviations"][0]) <= 0.1


def _sell(office: DesignOffice) -> None:
    shop = rows(
        office.url,
        f"SELECT id FROM account WHERE territory_id = '{office.west}' ORDER BY ST_X(location)",
    )[0][0]
    product = new_id()
    org = office.org.id
    execute(
        office.url,
        "INSERT INTO product (org_id, id, code, name) VALUES (%s, %s, 'A', 'A')",
        org, product,
    )  # fmt: skip
    for invoice, days, amount in (("1", 10, 1500), ("2", 800, 90)):
        execute(
            office.url,
            "INSERT INTO sale (org_id, id, account_id, product_id, sold_on, invoice, amount)"
            " VALUES (%s, %s, %s, %s, current_date - %s, %s, %s)",
            org, new_id(), shop, product, days, invoice, amount,
        )  # fmt: skip
    execute(
        office.url,
        "INSERT INTO account_potential (org_id, account_id, monthly_amount, source, said_on)"
        " VALUES (%s, %s, 700, 'test', current_date)",
        org, shop,
    )  # fmt: skip
    execute(
        office.url,
        "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on)"
        " VALUES (%s, %s, %s, %s, current_date + 1)",
        org, new_id(), shop, office.org.rep.user_id,
    )  # fmt: skip
    execute(
        office.url,
        "UPDATE app_user SET home_location = ST_SetSRID(ST_MakePoint(24.9, 60.1), 4326)",
    )
