"""A rep plans the rest of the day anew on the phone; the server is told when it is there again."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from mobile_client.proposals import Wish
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
