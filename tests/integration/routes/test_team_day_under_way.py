"""A team's day under way: who has begun goes on from there, and takes over from who is absent."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest

from backend.identity.actor import Actor, Role
from backend.ids import DeviceId, UserId, new_id
from backend.routes.day.problem import DayProblem
from backend.routes.engines import Engines
from backend.routes.schemas import PlanRequest
from backend.routes.solver.day import solve_day
from backend.routes.team.check import check_team
from backend.routes.team.plan import TeamPlan
from backend.routes.team.problem import TeamProblem
from tests.integration.routes.conftest import MONDAY, WEST, Team
from tests.support.ground import add_territory, execute

ELEVEN = datetime(2031, 3, 3, 9, 0, tzinfo=UTC)
"""Eleven o'clock in Helsinki."""


def _of(routes: list[dict[str, Any]], who: Actor) -> dict[str, Any]:
    (found,) = [one for one in routes if one["rep_id"] == str(who.user_id)]
    return found


def _visited(route: dict[str, Any]) -> set[str]:
    return {stop["account_id"] for stop in route["stops"]}


def _told(route: dict[str, Any]) -> set[str]:
    return {one["account_id"] for one in route["dropped"]}


def _rest(route: dict[str, Any]) -> list[dict[str, Any]]:
    stops: list[dict[str, Any]] = route["stops"]
    return stops[route["begun_count"] :]


def _member(who: Actor, **more: Any) -> dict[str, Any]:
    return {"rep_id": str(who.user_id), **more}


@pytest.fixture
def lan(team: Team) -> Actor:
    """A third rep, who holds the north of the town."""
    org = team.town.org
    lan = Actor(org.id, UserId(new_id()), Role.REP, DeviceId(new_id()))
    execute(
        team.town.url,
        "INSERT INTO app_user (org_id, id, email, full_name, role, password_hash)"
        " VALUES (%s, %s, %s, 'Lan', 'rep', '!')",
        org.id,
        lan.user_id,
        f"lan@{org.id}.test",
    )
    latitudes = sorted(place.lat for place in team.town.shops.values())
    north = (WEST[0], latitudes[len(latitudes) * 3 // 4], WEST[2], WEST[3])
    add_territory(team.town.url, org, "North", north, lan)
    execute(team.town.url, "UPDATE account SET location = location")
    return lan


def _plan(team: Team, who: Actor, **more: Any) -> dict[str, Any]:
    answer = team.town.plan(team.town.org.manager, rep_id=str(who.user_id), **more)
    assert answer.status_code == 201, answer.text
    route: dict[str, Any] = answer.json()
    return route


@pytest.fixture
def solved(engines: Engines, monkeypatch: pytest.MonkeyPatch) -> list[tuple[TeamProblem, TeamPlan]]:
    """What the solver was asked and what it answered, as it goes on."""
    asked: list[tuple[TeamProblem, TeamPlan]] = []
    solve = engines.solvers.solve_team

    def listen(problem: TeamProblem, timeout_s: float) -> TeamPlan:
        plan = solve(problem, timeout_s)
        asked.append((problem, plan))
        return plan

    monkeypatch.setattr(engines.solvers, "solve_team", listen)
    return asked


def test_at_eleven_the_day_of_who_broke_down_goes_to_colleagues_who_have_begun(
    team: Team, lan: Actor, solved: list[tuple[TeamProblem, TeamPlan]]
) -> None:
    org = team.town.org
    before = {who: _plan(team, who, max_candidates=8) for who in (org.rep, org.other_rep, lan)}
    done = {who: route["stops"][:2] for who, route in before.items()}
    for stops in done.values():
        for stop in stops:
            team.begin(stop)
    team.clock.at = ELEVEN

    routes = team.planned(absent_ids=[str(lan.user_id)], max_candidates=10)["routes"]

    hers = {stop["account_id"] for stop in before[lan]["stops"][2:]}
    taken: set[str] = set()
    for who in (org.rep, org.other_rep):
        route = _of(routes, who)
        assert (route["begun_count"], route["stops"][:2]) == (2, done[who])
        assert route["starts_at"] == before[who]["starts_at"]
        assert all(stop["arrive_at"] >= "2031-03-03T09:00" for stop in _rest(route))
        assert route["distance_m"] > sum(stop["leg_distance_m"] for stop in done[who])
        sequences = [stop["sequence"] for stop in route["stops"]]
        assert sequences == list(range(1, len(sequences) + 1))
        taken |= hers & _visited(route)
    told = taken | set().union(*(hers & _told(route) for route in routes))
    assert taken
    assert told == hers, "every visit of hers is taken over or told"
    statuses = team.town.visits()
    made = [stop["visit_id"] for stops in done.values() for stop in stops]
    assert {statuses[visit_id] for visit_id in made} == {"done"}
    listed = team.town.get(org.manager, "/v1/routes", on_date=MONDAY).json()["items"]
    assert _of(listed, lan)["stops"] == done[lan]
    everywhere = [account for route in listed for account in _visited(route)]
    assert len(everywhere) == len(set(everywhere))
    ((problem, plan),) = solved
    assert check_team(problem, plan) == []
    assert [[visit.key for visit in day.begun] for day in plan.days] == [
        [stop["account_id"] for stop in done[who]] for who in (org.rep, org.other_rep)
    ]


def test_a_rep_in_the_midst_of_a_visit_goes_on_when_it_is_over(team: Team) -> None:
    rep = team.town.org.rep
    before = _plan(team, rep, max_candidates=8)
    first, second = before["stops"][:2]
    team.begin(first)
    team.begin(second, status="checked_in", at="2031-03-03T08:50:00Z")
    team.clock.at = ELEVEN

    route = _of(team.planned(max_candidates=8)["routes"], rep)

    length = datetime.fromisoformat(second["leave_at"]) - datetime.fromisoformat(second["start_at"])
    free = datetime(2031, 3, 3, 8, 50, tzinfo=UTC) + length
    assert free > ELEVEN, "the visit outlasts the moment"
    assert route["stops"][:2] == [first, second]
    assert team.town.visits()[second["visit_id"]] == "checked_in"
    third = _rest(route)[0]
    left = datetime.fromisoformat(third["arrive_at"]).timestamp() - third["leg_seconds"]
    assert left >= free.timestamp()


@pytest.mark.parametrize("day", ["planned", "without-a-plan"])
def test_a_visit_that_outlasts_the_shift_is_the_last_one(team: Team, day: str) -> None:
    rep = team.town.org.rep
    second = _plan(team, rep, max_candidates=8)["stops"][1]
    team.begin(second, status="checked_in", at="2031-03-03T08:59:00Z")
    if day != "planned":
        execute(team.town.url, "UPDATE visit SET route_id = NULL WHERE status = 'checked_in'")
        execute(team.town.url, "UPDATE route SET status = 'replaced'")
    team.clock.at = ELEVEN

    (route,) = team.planned(members=[_member(rep, shift_end="11:00:30")])["routes"]

    assert [stop["account_id"] for stop in route["stops"]] == [second["account_id"]]
    assert route["dropped"]


def test_a_visit_that_nobody_ended_does_not_keep_a_rep(team: Team) -> None:
    rep = team.town.org.rep
    stops = _plan(team, rep, max_candidates=8)["stops"]
    team.begin(stops[0], status="checked_in", at="2031-03-03T08:45:00Z")
    team.begin(stops[1], at="2031-03-03T08:55:00Z")
    team.clock.at = ELEVEN

    route = _of(team.planned(max_candidates=8)["routes"], rep)

    third = _rest(route)[0]
    left = datetime.fromisoformat(third["arrive_at"]).timestamp() - third["leg_seconds"]
    assert ELEVEN.timestamp() <= left < ELEVEN.timestamp() + 600


def test_a_rep_goes_on_from_where_and_when_the_manager_says(team: Team) -> None:
    rep = team.town.org.rep
    before = _plan(team, rep, max_candidates=12)
    team.begin(before["stops"][0])
    far = before["stops"][-1]

    (route,) = team.planned(
        members=[_member(rep, position=far["location"])], at="13:00:00", max_candidates=12
    )["routes"]

    assert route["stops"][0] == before["stops"][0]
    assert all(stop["arrive_at"] >= "2031-03-03T11:00" for stop in _rest(route))
    asked = "SELECT inputs -> 'request' -> 'start' FROM route WHERE id = %s"
    ((start,),) = execute(team.town.url, asked, UUID(route["id"]))
    assert start == far["location"]


def test_with_nothing_left_to_do_what_was_done_stays_as_it_is(team: Team) -> None:
    rep = team.town.org.rep
    before = _plan(team, rep, max_candidates=3, lunch_minutes=0)
    for stop in before["stops"]:
        team.begin(stop)
    team.clock.at = ELEVEN
    execute(team.town.url, "UPDATE account SET last_visit_at = '2031-03-02T10:00:00Z'")

    routes = team.planned(members=[_member(rep)])["routes"]

    (route,) = routes
    assert route["stops"] == before["stops"]
    assert route["begun_count"] == len(before["stops"]) == 3
    assert route["distance_m"] == sum(stop["leg_distance_m"] for stop in before["stops"])
    assert route["ends_at"] == "2031-03-03T09:00:00Z"


def test_who_has_not_begun_gets_no_visit_before_now(team: Team) -> None:
    org = team.town.org
    first = _plan(team, org.rep, max_candidates=6)["stops"][0]
    team.begin(first)
    team.clock.at = ELEVEN

    other = _of(team.planned(max_candidates=8)["routes"], org.other_rep)

    assert other["begun_count"] == 0
    assert other["stops"]
    assert other["starts_at"] >= "2031-03-03T09:00"


def test_visits_that_no_plan_had_are_where_the_day_goes_on_from(team: Team) -> None:
    org = team.town.org
    account = min(team.own[org.rep.user_id])
    execute(
        team.town.url,
        "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, status, outcome,"
        " checked_in_at, done_at) VALUES (%s, %s, %s, %s, %s, 'done', 'met', %s, %s)",
        org.id, new_id(), account, org.rep.user_id, MONDAY,
        "2031-03-03T08:20:00Z", "2031-03-03T08:40:00Z",
    )  # fmt: skip
    team.clock.at = ELEVEN

    route = _of(team.planned(max_candidates=8)["routes"], org.rep)

    assert (route["begun_count"], route["stops"][0]["account_id"]) == (1, account)
    assert route["starts_at"] == "2031-03-03T08:20:00Z"
    assert _rest(route)
    assert all(stop["arrive_at"] >= "2031-03-03T09:00" for stop in _rest(route))


def test_lunch_that_was_had_does_not_come_again_for_a_member(team: Team) -> None:
    rep = team.town.org.rep
    before = _plan(team, rep, max_candidates=20)
    lunch = before["lunch"]
    for stop in before["stops"][: max(lunch["after_sequence"], 1)]:
        team.begin(stop)
    team.clock.at = datetime(2031, 3, 3, 12, 30, tzinfo=UTC)

    route = _of(team.planned()["routes"], rep)

    assert (route["lunch"]["minutes"], route["lunch"]["starts_at"]) == (45, lunch["starts_at"])
    assert route["lunch"]["after_sequence"] <= route["begun_count"]


def test_a_team_without_lunch_does_not_take_a_lunch_to_come_for_had(team: Team) -> None:
    rep = team.town.org.rep
    before = _plan(team, rep, max_candidates=20)
    assert before["lunch"]["starts_at"] > "2031-03-03T09:00"
    team.begin(before["stops"][0])
    team.clock.at = ELEVEN

    assert _of(team.planned(lunch_minutes=0)["routes"], rep)["lunch"] is None


def test_what_a_plan_under_way_has_left_is_considered_however_few_are(team: Team) -> None:
    rep = team.town.org.rep
    before = _plan(team, rep, max_candidates=20)
    team.begin(before["stops"][0])
    left = {stop["account_id"] for stop in before["stops"][1:]}
    team.clock.at = ELEVEN

    (route,) = team.planned(members=[_member(rep)], max_candidates=1)["routes"]

    assert left <= _visited(route) | _told(route)


def test_a_shift_is_that_of_the_present_plan_unless_said_otherwise(team: Team) -> None:
    rep = team.town.org.rep
    before = _plan(team, rep, max_candidates=20, shift_end="14:00:00")
    team.begin(before["stops"][0])
    team.clock.at = ELEVEN

    short = _of(team.planned(max_candidates=20)["routes"], rep)
    longer = _of(
        team.planned(members=[_member(rep, shift_end="16:00:00")], max_candidates=20)["routes"], rep
    )

    assert short["ends_at"] <= "2031-03-03T12:00:00Z" < longer["ends_at"]


def test_what_was_given_to_who_is_not_counted_now_is_not_visited_twice(
    team: Team, lan: Actor
) -> None:
    org = team.town.org
    hers = _plan(team, lan, max_candidates=12)["stops"]
    team.begin(hers[0])
    team.clock.at = ELEVEN
    (route,) = team.planned(
        members=[_member(org.other_rep)], absent_ids=[str(lan.user_id)], max_candidates=12
    )["routes"]
    given = _visited(route)

    back = _of(team.planned(members=[_member(org.rep), _member(lan)])["routes"], lan)

    assert back["begun_count"] == 1
    assert given & {stop["account_id"] for stop in hers}
    assert given.isdisjoint(_visited(back) | _told(back))


def test_a_days_limits_hold_with_what_was_begun(team: Team) -> None:
    rep = team.town.org.rep
    free = _plan(team, rep, max_candidates=20)
    before = _plan(team, rep, max_candidates=20, max_distance_m=free["distance_m"] // 2)
    for stop in before["stops"][:3]:
        team.begin(stop)
    team.clock.at = ELEVEN

    route = _of(team.planned(max_candidates=20)["routes"], rep)

    assert route["begun_count"] == 3
    assert _rest(route)
    assert route["distance_m"] <= free["distance_m"] // 2


@pytest.mark.parametrize("whose", ["absent", "member"])
def test_a_time_that_was_agreed_is_kept_by_whoever_makes_the_visit(
    team: Team, lan: Actor, whose: str
) -> None:
    org = team.town.org
    who, other = (lan, org.rep) if whose == "absent" else (org.rep, lan)
    account = _plan(team, who, max_candidates=8)["stops"][-1]["account_id"]
    agreed = [{"account_id": account, "start": "15:00:00"}]
    team.begin(_plan(team, who, max_candidates=8, appointments=agreed)["stops"][0])
    team.begin(_plan(team, other, max_candidates=6)["stops"][0])
    team.clock.at = ELEVEN

    routes = team.planned(absent_ids=[str(lan.user_id)], max_candidates=8)["routes"]

    (route,) = [one for one in routes if account in _visited(one)]
    (stop,) = [one for one in route["stops"] if one["account_id"] == account]
    assert stop["start_at"] == "2031-03-03T13:00:00Z"
    assert [one["account_id"] for one in route["choices"]["appointments"]] == [account]


@pytest.mark.parametrize("who", ["member", "absent"])
def test_a_visit_begun_while_the_solver_runs_is_told_and_nothing_is_written(
    team: Team, engines: Engines, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    org = team.town.org
    before = {one: _plan(team, one, max_candidates=6) for one in (org.rep, org.other_rep)}
    for route in before.values():
        team.begin(route["stops"][0])
    late = before[org.rep if who == "member" else org.other_rep]
    solve = engines.solvers.solve_team

    def begin_meanwhile(problem: TeamProblem, timeout_s: float) -> TeamPlan:
        team.begin(late["stops"][1], status="checked_in")
        return solve(problem, timeout_s)

    monkeypatch.setattr(engines.solvers, "solve_team", begin_meanwhile)
    team.clock.at = ELEVEN

    answer = team.ask(members=[_member(org.rep)], absent_ids=[str(org.other_rep.user_id)])

    assert (answer.status_code, answer.json()["code"]) == (409, "team_went_on")
    detail = answer.json()["detail"]
    assert late["rep_name"] in detail
    assert late["stops"][1]["name"] in detail
    assert "plan the team again" in detail
    listed = team.town.get(org.manager, "/v1/routes", on_date=MONDAY).json()["items"]
    assert {one["id"] for one in listed} == {one["id"] for one in before.values()}
    monkeypatch.undo()
    again = team.ask(members=[_member(org.rep)], absent_ids=[str(org.other_rep.user_id)])
    assert again.status_code == 201, "what it says to do works"


def test_a_day_planned_anew_while_the_solver_runs_is_told(
    team: Team, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    rep = team.town.org.rep
    team.begin(_plan(team, rep, max_candidates=6)["stops"][0])
    solve = engines.solvers.solve_team

    def plan_meanwhile(problem: TeamProblem, timeout_s: float) -> TeamPlan:
        _plan(team, rep, max_candidates=4)
        return solve(problem, timeout_s)

    monkeypatch.setattr(engines.solvers, "solve_team", plan_meanwhile)
    team.clock.at = ELEVEN

    answer = team.ask(members=[_member(rep)])

    assert (answer.status_code, answer.json()["code"]) == (409, "team_went_on")
    assert "was planned anew meanwhile" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("at", "member", "field"),
    [
        (None, {}, "at"),
        ("17:45:00", {}, "members"),
        ("11:00:00", {"position": [24.95, 59.9]}, "members"),
        ("11:00:00", {"position": [60.17]}, "position"),
        ("11:00:00", {"position": [100.0, 200.0]}, "position"),
        ("11:00:00Z", {}, "at"),
        ("11:00:00", {"shift_end": "17:30:00+02:00"}, "shift_end"),
    ],
    ids=[
        "another-day",
        "shift-over",
        "at-sea",
        "half-a-place",
        "off-the-world",
        "offset",
        "shift-offset",
    ],
)
def test_a_moment_that_cannot_be_is_told_and_the_plans_stay(
    team: Team, at: str | None, member: dict[str, Any], field: str
) -> None:
    rep = team.town.org.rep
    before = _plan(team, rep, max_candidates=6)
    team.begin(before["stops"][0])

    answer = team.ask(members=[_member(rep, **member)], at=at)

    assert answer.status_code == 422, answer.text
    assert field in answer.text
    assert team.town.get(rep, f"/v1/routes/{before['id']}").json()["status"] == "planned"


def test_a_rest_planned_for_the_team_is_kept_with_what_it_was_planned_from(team: Team) -> None:
    rep = team.town.org.rep
    for stop in _plan(team, rep, max_candidates=8)["stops"][:2]:
        team.begin(stop)
    team.clock.at = ELEVEN

    route = _of(team.planned(max_candidates=8)["routes"], rep)

    ((inputs,),) = execute(
        team.town.url, "SELECT inputs FROM route WHERE id = %s", UUID(route["id"])
    )
    asked = msgspec.convert(inputs["request"], PlanRequest)
    assert asked.shift_start.isoformat() == "11:00:00"
    again = solve_day(msgspec.convert(inputs["problem"], DayProblem))
    assert [stop.key for stop in again.stops] == [stop["account_id"] for stop in _rest(route)]
