"""A rep plans the rest of the day anew on the phone; the server is told when it is there again."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from mobile_client.proposals import Wish
from mobile_client.views import CheckInDraft
from tests.support.cutting_proxy import Line, Plan
from tests.support.databases import TestDatabase
from tests.support.field_team import FieldTeam, field_team
from tests.support.replanning_team import Noon, accept, noon_of
from tests.support.service_process import service_process

pytestmark = [pytest.mark.e2e, pytest.mark.integration]

HELD_S = 9


@pytest.fixture
def team(test_database: TestDatabase, tmp_path: Path) -> Iterator[FieldTeam]:
    with field_team(test_database, tmp_path) as running:
        yield running


@pytest.fixture
def noon(team: FieldTeam) -> Noon:
    return noon_of(team)


def test_a_day_planned_anew_offline_stands_beside_the_plan_when_the_server_is_back(
    team: FieldTeam, noon: Noon, test_database: TestDatabase, tmp_path: Path
) -> None:
    with service_process(test_database, tmp_path / "own") as service:
        route = noon.plan()
        rep = team.phone(team.org.rep, url=service.url)
        rep.sync()
        planned = [stop.account_id for stop in rep.core.today().stops]
        assert planned == [stop["account_id"] for stop in route["stops"]]
        service.stop()
        assert rep.core.sync_once().state == "offline"

        closed, urgent = planned[0], planned[-1]
        order = accept(rep, Wish(marks={closed: "closed", urgent: "urgent"}))
        day = rep.core.today()
        assert order[0] == urgent
        assert [stop.account_id for stop in day.stops] == [*order, closed]
        assert day.stops[-1].left_out == "closed"
        assert day.next_stop is not None
        assert day.next_stop.account_id == urgent
        rep.check_in_planned(urgent)
        rep.clock.forward(HELD_S)
        assert rep.waiting() > 0

        service.start()
        rep.sync()

    told = noon.reworks(route["id"])
    (rework,) = told["reworks"]
    visit_of = {stop["account_id"]: stop["visit_id"] for stop in route["stops"]}
    assert (rework["state"], rework["reason"]) == ("applied", "urgent")
    assert [one["visit_id"] for one in rework["plan"]["stops"]] == [visit_of[a] for a in order]
    assert [stop["account_id"] for stop in told["route"]["stops"]] == planned
    assert told["visits"][0]["account_id"] == urgent
    assert told["visits"][0]["checked_in_at"] is not None
    visits = noon.visits()
    assert visits[visit_of[closed]] == (None, None, "planned"), "what was skipped is not deleted"
    followed = sorted(
        (key for key, (sequence, _, _) in visits.items() if sequence is not None),
        key=lambda key: visits[key][0],
    )
    assert followed == [visit_of[account] for account in order]
    assert [stop.account_id for stop in rep.core.today().stops] == [*order, closed]
    for stop in rework["plan"]["stops"][1:]:
        assert visits[stop["visit_id"]][1] == datetime.fromisoformat(stop["start_at"])


def test_a_day_that_the_office_planned_anew_keeps_the_reps_order_and_says_so(
    team: FieldTeam, noon: Noon
) -> None:
    first = noon.plan()
    rep = team.phone(team.org.rep)
    rep.sync()
    order = accept(rep, Wish(marks={first["stops"][-1]["account_id"]: "urgent"}))
    second = noon.plan(seed=2)
    rep.clock.forward(HELD_S)
    rep.sync()
    rep.sync()

    day = rep.core.today()
    assert [stop.account_id for stop in day.stops] == [s["account_id"] for s in second["stops"]]
    assert (day.was_set_aside, day.is_reworked) == (True, False)
    (kept,) = noon.reworks(second["id"])["reworks"]
    assert (kept["state"], kept["route_id"]) == ("route_replaced", first["id"])
    assert len(kept["plan"]["stops"]) == len(order)
    assert rep.core.sync_status().issues == ()
    visits = noon.visits()
    for stop in second["stops"]:
        assert visits[stop["visit_id"]][0] == stop["sequence"]


def test_the_day_goes_on_from_the_order_that_was_used_last(team: FieldTeam, noon: Noon) -> None:
    route = noon.plan(max_candidates=6)
    assert route["dropped"] == []
    rep = team.phone(team.org.rep)
    rep.sync()
    planned = [stop["account_id"] for stop in route["stops"]]
    stranger = next(shop for shop in noon.shops if shop not in planned)
    accept(rep, Wish(marks={planned[0]: "closed", stranger: "urgent"}))
    rep.check_in_planned(stranger)
    rep.check_in_planned(planned[2])
    rep.core.check_in(CheckInDraft(account_id=planned[4], outcome="met"))
    proposal = rep.core.replan(Wish(marks={planned[3]: "later"}))
    to_come = {one.account_id for one in proposal.stops}
    assert to_come.isdisjoint({planned[0]}), "what was closed is not tried again"
    assert to_come.isdisjoint({stranger, planned[2], planned[4]}), "what was visited is done"
    assert [(one.account_id, one.reason) for one in proposal.dropped] == [(planned[0], "closed")]
    rep.core.accept_replan(proposal)
    rep.clock.forward(HELD_S)
    rep.sync()

    told = noon.reworks(route["id"])
    assert [one["state"] for one in told["reworks"]] == ["applied", "applied"]
    assert stranger in {visit["account_id"] for visit in told["visits"]}
    day = rep.core.today()
    order = [one.account_id for one in proposal.stops]
    assert [stop.account_id for stop in day.stops][-len(order) - 1 :] == [*order, planned[0]]
    assert rep.core.sync_status().issues == ()


def test_a_limit_of_the_days_way_counts_the_visits_made_in_their_order(
    team: FieldTeam, noon: Noon
) -> None:
    usual = noon.plan()
    limit_m = usual["distance_m"] + 100
    route = noon.plan(max_distance_m=limit_m)
    assert route["dropped"] == []
    rep = team.phone(team.org.rep)
    rep.sync()
    planned = [stop["account_id"] for stop in route["stops"]]
    for account in (planned[0], planned[4], planned[1]):
        rep.check_in_planned(account)
    proposal = rep.core.replan(Wish())
    assert proposal.after.distance_m is not None
    assert proposal.after.distance_m < limit_m
    assert {one.reason for one in proposal.dropped} == {"too_far"}
    assert proposal.stops, "what is near is visited"


def test_a_lost_answer_is_sent_again_and_counts_once(team: FieldTeam, noon: Noon) -> None:
    route = noon.plan()
    rep = team.phone(team.org.rep)
    rep.sync()
    order = accept(rep)
    rep.clock.forward(HELD_S)
    rep.core.close()
    again = team.open(
        team.org.rep, rep.folder, url=team.proxy(Plan([Line(), Line(down_bytes=0), Line()]))
    )
    again.clock.forward(HELD_S)
    states = [again.core.sync_once().state for _ in range(3)]
    assert states[-1] == "idle", states
    (rework,) = noon.reworks(route["id"])["reworks"]
    assert len(rework["plan"]["stops"]) == len(order)
    assert again.waiting() == 0


def test_an_order_that_the_server_refuses_is_told_and_the_plan_stands(
    team: FieldTeam, noon: Noon
) -> None:
    route = noon.plan()
    rep = team.phone(team.org.rep)
    rep.sync()
    accept(rep, Wish(marks={route["stops"][0]["account_id"]: "skipped"}))
    team.run(
        "UPDATE visit SET rep_id = %s WHERE id = %s RETURNING 1",
        team.org.other_rep.user_id,
        route["stops"][1]["visit_id"],
    )
    rep.clock.forward(HELD_S)
    rep.sync()
    (issue,) = rep.core.sync_status().issues
    assert (issue.kind, issue.code, issue.can_use_mine) == ("rework", "visit_unknown", False)
    day = rep.core.today()
    assert not day.is_reworked
    assert [stop.account_id for stop in day.stops] == [s["account_id"] for s in route["stops"]]


def test_an_order_is_taken_back_while_nothing_was_sent(team: FieldTeam, noon: Noon) -> None:
    route = noon.plan()
    rep = team.phone(team.org.rep)
    rep.sync()
    unit = rep.core.accept_replan(rep.core.replan(Wish({noon.shops[0]: "skipped"})))
    assert rep.core.today().is_reworked
    assert rep.core.undo_replan(unit)
    assert not rep.core.today().is_reworked
    unit = rep.core.accept_replan(rep.core.replan(Wish({noon.shops[0]: "skipped"})))
    rep.clock.forward(HELD_S)
    rep.sync()
    assert not rep.core.undo_replan(unit)
    assert len(noon.reworks(route["id"])["reworks"]) == 1
