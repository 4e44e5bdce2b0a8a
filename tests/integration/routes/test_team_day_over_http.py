"""A day that several reps share: near visits change hands, an absent rep's are dealt out."""

from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.api.problems import Conflict
from backend.db.tenancy import Database
from backend.routes.absence import read_absences, write_absence
from backend.routes.schemas import PlanRequest, TeamMember, TeamRequest
from backend.routes.service import prepare
from tests.integration.routes.conftest import MONDAY, Team
from tests.support.ground import execute


def _visited(route: dict[str, Any]) -> set[str]:
    return {stop["account_id"] for stop in route["stops"]}


def _told(route: dict[str, Any]) -> set[str]:
    return {one["account_id"] for one in route["dropped"]}


def test_without_spill_over_everybody_keeps_to_their_own(team: Team) -> None:
    routes = team.planned(spill_over_minutes=None, balance_percent=None)["routes"]

    assert [UUID(one["rep_id"]) for one in routes] == [
        team.town.org.rep.user_id, team.town.org.other_rep.user_id
    ]  # fmt: skip
    for route in routes:
        assert _visited(route)
        assert _visited(route) <= team.own[UUID(route["rep_id"])]
    listed = team.town.get(team.town.org.manager, "/v1/routes", on_date=MONDAY).json()["items"]
    assert {one["id"] for one in listed} == {one["id"] for one in routes}


def test_an_absent_reps_visits_are_done_by_the_others_and_seen_by_them(team: Team) -> None:
    town, org = team.town, team.town.org
    before = town.plan(org.other_rep, max_candidates=6).json()

    (route,) = team.planned(
        members=[{"rep_id": str(org.rep.user_id)}],
        absent_ids=[str(org.other_rep.user_id)],
        max_candidates=8,
    )["routes"]

    lent = _visited(route) & team.own[org.other_rep.user_id]
    assert lent
    listed = town.get(org.manager, "/v1/routes", on_date=MONDAY).json()["items"]
    assert [one["id"] for one in listed] == [route["id"]]
    statuses = town.visits()
    assert {statuses[stop["visit_id"]] for stop in before["stops"]} == {"cancelled"}
    for account in lent:
        assert town.get(org.rep, f"/v1/accounts/{account}").status_code == 200
    stranger = next(iter(team.own[org.other_rep.user_id] - lent))
    assert town.get(org.rep, f"/v1/accounts/{stranger}").status_code == 404


def test_kinds_of_visits_are_asked_for_whoever_makes_them_and_stay_with_who_does(
    team: Team,
) -> None:
    town, org = team.town, team.town.org
    execute(town.url, "UPDATE account SET opening_hours = NULL, life_stage = 'customer'")
    own, others = (min(team.own[who.user_id]) for who in (org.rep, org.other_rep))
    kinds = [{"account_id": own, "kind": "order"}, {"account_id": others, "kind": "delivery"}]
    both = {"account_ids": [own, others], "max_candidates": 4}

    wrong = team.ask(**both, visit_kinds=[{"account_id": own, "kind": "party"}])
    assert (wrong.status_code, "visit_kinds" in wrong.text) == (422, True)
    routes = team.planned(**both, visit_kinds=kinds)["routes"]

    told = {stop["account_id"]: stop["kind"] for one in routes for stop in one["stops"]}
    assert (told[own], told[others]) == ("order", "delivery")
    assert set(told.values()) == {"order", "delivery", "routine"}
    for route in routes:
        chosen = {one["account_id"] for one in route["choices"]["visit_kinds"]}
        assert chosen == _visited(route) & {own, others}, "each keeps what they make"
    again = team.planned(**both, visit_kinds=[{"account_id": own, "kind": "service"}])["routes"]
    told = {stop["account_id"]: stop["kind"] for one in again for stop in one["stops"]}
    assert (told[own], told[others]) == ("service", "delivery")
    kept = execute(
        town.url, "SELECT account_id::text, kind FROM visit WHERE status = 'planned'"
    )  # fmt: skip
    assert {own: "service", others: "delivery"}.items() <= dict(kept).items()


def _without_half_a_day(team: Team) -> dict[str, Any]:
    """Deal out what is left of the other rep's day, and return the rep's new route."""
    org = team.town.org
    members, absent = [{"rep_id": str(org.rep.user_id)}], [str(org.other_rep.user_id)]
    (route,) = team.planned(members=members, absent_ids=absent, max_candidates=8)["routes"]
    found: dict[str, Any] = route
    return found


def test_visits_that_an_absent_rep_began_stay_with_their_route_and_way(team: Team) -> None:
    town, org = team.town, team.town.org
    before = town.plan(org.other_rep, max_candidates=6).json()
    done, left = before["stops"][:2], before["stops"][2:]
    for stop in done:
        team.begin(stop)

    taken = _without_half_a_day(team)

    listed = town.get(org.manager, "/v1/routes", on_date=MONDAY).json()["items"]
    (kept,) = [one for one in listed if one["rep_id"] == str(org.other_rep.user_id)]
    assert kept["stops"] == done
    assert before["line"].startswith(kept["line"][:-8])
    assert kept["distance_m"] == sum(stop["leg_distance_m"] for stop in done)
    assert (kept["starts_at"], kept["ends_at"]) == (before["starts_at"], done[-1]["leave_at"])
    assert (kept["engine"], kept["lunch"]) == (before["engine"], None)
    statuses = town.visits()
    assert {statuses[stop["visit_id"]] for stop in done} == {"done"}
    assert {statuses[stop["visit_id"]] for stop in left} == {"cancelled"}
    assert _visited(taken).isdisjoint(_visited(kept))
    assert _visited(taken) & {stop["account_id"] for stop in left}


def test_an_absent_rep_who_comes_back_takes_nothing_from_who_stepped_in(team: Team) -> None:
    town, org = team.town, team.town.org
    before = town.plan(org.other_rep, max_candidates=6).json()
    team.begin(before["stops"][0])
    taken = _without_half_a_day(team)
    (kept,) = town.get(org.other_rep, "/v1/routes", on_date=MONDAY).json()["items"]

    back = town.api.client.post(
        f"/v1/routes/{kept['id']}/replan",
        headers=town.api.as_(org.other_rep),
        json={"at": "14:00:00"},
    )

    assert back.status_code == 201, back.text
    assert back.json()["stops"][0] == before["stops"][0]
    assert _visited(back.json()).isdisjoint(_visited(taken))


def test_every_due_account_is_planned_or_told_once(team: Team) -> None:
    routes = team.planned(max_candidates=20, spill_over_minutes=0)["routes"]

    seen = [one for route in routes for one in [*_visited(route), *_told(route)]]
    assert len(seen) == len(set(seen)) == 40


def test_what_was_given_to_another_stays_given_when_planned_again(team: Team) -> None:
    routes = team.planned(max_candidates=20, spill_over_minutes=0)["routes"]
    first, other = routes[0], routes[1]
    path = f"/v1/routes/{first['id']}/adjust"

    again = team.town.api.client.post(
        path, headers=team.town.api.as_(team.town.org.manager), json={"is_trial": True}
    ).json()["route"]

    assert _visited(again)
    assert _visited(again).isdisjoint(_visited(other))


def test_a_visit_that_needs_a_skill_goes_to_who_has_it(team: Team) -> None:
    org = team.town.org
    cold, rare = sorted(team.own[org.rep.user_id])[:2]
    plan = team.planned(
        members=[
            {"rep_id": str(org.rep.user_id)},
            {"rep_id": str(org.other_rep.user_id), "skills": ["cold chain"]},
        ],
        account_ids=[cold, rare],
        needs=[{"account_id": cold, "skill": "cold chain"}, {"account_id": rare, "skill": "law"}],
        max_candidates=6,
    )

    assert cold not in _visited(plan["routes"][0])
    assert cold in _visited(plan["routes"][1]) | _told(plan["routes"][1])
    assert [one["account_id"] for one in plan["nobody_can"]] == [rare]
    assert plan["nobody_can"][0]["reason"] == "nobody_can"


def test_what_was_agreed_and_asked_for_by_name_stays(team: Team) -> None:
    town, org = team.town, team.town.org
    open_all_day = town.plan(org.rep, max_candidates=20).json()["stops"]
    agreed, wanted = (open_all_day[place]["account_id"] for place in (1, 4))
    town.plan(org.rep, max_candidates=6, appointments=[{"account_id": agreed, "start": "10:00:00"}])

    plan = team.planned(max_candidates=6, account_ids=[wanted])

    starts = {s["account_id"]: s["start_at"] for route in plan["routes"] for s in route["stops"]}
    assert starts[agreed] == "2031-03-03T08:00:00Z"
    (route,) = [one for one in plan["routes"] if wanted in _visited(one)]
    assert route["choices"]["account_ids"] == [wanted]


def test_each_member_works_in_the_own_shift(team: Team) -> None:
    early, late = str(team.town.org.rep.user_id), str(team.town.org.other_rep.user_id)

    routes = team.planned(
        members=[
            {"rep_id": early, "shift_start": "08:00:00", "shift_end": "11:00:00"},
            {"rep_id": late, "shift_start": "14:00:00", "shift_end": "17:30:00"},
        ],
        spill_over_minutes=None,
    )["routes"]

    assert [bool(_visited(one)) for one in routes] == [True, True]
    assert all(stop["start_at"] >= "2031-03-03T12:00" for stop in routes[1]["stops"])


def test_a_member_goes_on_alone_after_a_team_plan(team: Team) -> None:
    town, org = team.town, team.town.org
    (route,) = team.planned(
        members=[{"rep_id": str(org.rep.user_id)}],
        absent_ids=[str(org.other_rep.user_id)],
        max_candidates=30,
    )["routes"]
    lent = _visited(route) & team.own[org.other_rep.user_id]

    again = town.api.client.post(
        f"/v1/routes/{route['id']}/replan",
        headers=town.api.as_(org.rep),
        json={"at": "08:00:00"},
    )

    assert again.status_code == 201, again.text
    assert lent & _visited(again.json())
    tuesday = town.plan(org.rep, on_date="2031-03-04", max_candidates=60).json()
    assert not lent & (_visited(tuesday) | _told(tuesday)), "it is lent for its day"


def test_only_who_plans_for_others_lends(team: Team) -> None:
    town, org = team.town, team.town.org
    team.planned(
        members=[{"rep_id": str(org.rep.user_id)}], absent_ids=[str(org.other_rep.user_id)],
        max_candidates=8,
    )  # fmt: skip
    (until,) = execute(town.url, "SELECT max(until_on) FROM account_holdover")[0]
    (lent,) = execute(town.url, "SELECT account_id::text FROM account_holdover LIMIT 1")[0]

    own = town.plan(org.rep, on_date="2026-12-24", account_ids=[lent])

    assert own.status_code == 201
    assert execute(town.url, "SELECT max(until_on) FROM account_holdover")[0] == (until,)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"members": []}, 422, "members"),
        ({"members": "twice"}, 422, "members"),
        ({"members": [{"rep_id": str(uuid4())}]}, 404, None),
        ({"account_ids": [str(uuid4())]}, 422, "account_ids"),
        ({"spill_over_minutes": -1}, 422, "spill_over_minutes"),
        ({"members": "at sea"}, 422, "members"),
    ],
    ids=["nobody", "twice", "stranger", "unknown-account", "negative", "at-sea"],
)
def test_a_team_that_cannot_be_is_refused_and_nothing_is_written(
    team: Team, body: dict[str, Any], status: int, field: str | None
) -> None:
    rep = str(team.town.org.rep.user_id)
    words = {
        "twice": [{"rep_id": rep}, {"rep_id": rep}],
        "at sea": [{"rep_id": rep, "start": [24.95, 59.9]}],
    }
    members = body.get("members")
    asked = {**body, "members": words[members]} if isinstance(members, str) else body

    answer = team.ask(**asked)

    assert answer.status_code == status, answer.text
    assert field is None or field in str(answer.json()["errors"])
    assert team.town.visits() == {}


def test_only_planners_plan_a_team(team: Team) -> None:
    assert team.ask(team.town.org.rep).status_code == 403
    assert team.ask(team.town.org.analyst).status_code == 403


def test_a_visit_begun_while_the_team_is_planned_is_told_and_nothing_is_written(
    team: Team, database: Database
) -> None:
    town, org = team.town, team.town.org
    before = town.plan(org.other_rep, max_candidates=6).json()
    team.begin(before["stops"][0])
    request = TeamRequest(
        on_date=date.fromisoformat(MONDAY),
        members=[TeamMember(rep_id=org.rep.user_id)],
        absent_ids=[org.other_rep.user_id],
    )
    (absence,) = read_absences(database, org.manager, request).values()
    prepared = prepare(
        database, org.manager, org.other_rep.user_id, PlanRequest(on_date=request.on_date)
    )
    team.begin(before["stops"][1])

    with pytest.raises(Conflict, match="meanwhile"), database.for_org(org.id) as connection:
        write_absence(connection, org.manager, request, absence, prepared)

    assert town.get(org.manager, f"/v1/routes/{before['id']}").json()["status"] == "planned"
