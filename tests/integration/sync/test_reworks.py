"""Reworks pushed by phones: followed where the plan stands, kept where not, refused when false."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from backend.geo.vocabulary import LonLat
from backend.identity.actor import Actor
from backend.sync.protocol.ids import new_id
from backend.sync.protocol.messages import MutationResult, Status
from tests.support.databases import TestDatabase
from tests.support.ground import WEST, add_account, add_territory, execute
from tests.support.http import Api
from tests.support.people import Org
from tests.support.phone import Phone
from tests.support.planned_days import PlannedDay, add_day

pytestmark = pytest.mark.integration

SHOPS = [(f"Quán {number}", LonLat(24.92 + number / 500, 60.17)) for number in range(1, 6)]
type Spoil = Callable[[dict[str, Any], "Day"], None]


class Day:
    """A rep's planned day of today, with the rep's phone."""

    def __init__(self, api: Api, url: str) -> None:
        self.api, self.org, self.url = api, api.org, url
        add_territory(url, self.org, "West", WEST, self.org.rep)
        self.on_date = datetime.now(UTC).date()
        self.plan = self.add(self.org, self.org.rep)
        self.phone = Phone(api, self.org.rep)

    def add(self, org: Org, rep: Actor) -> PlannedDay:
        return add_day(self.url, org, rep, self.on_date, SHOPS)

    def at(self, hour: int, minute: int = 0) -> str:
        begin = datetime.combine(self.on_date, datetime.min.time(), UTC)
        return (begin + timedelta(hours=hour, minutes=minute)).isoformat()

    def values(self, order: list[int], left: list[int] | None = None) -> dict[str, Any]:
        """Return a rework of visits by their planned places, from noon on."""
        visits = [str(one) for one in self.plan.visit_ids]
        stops = [
            {"visit_id": visits[one], "arrive_at": self.at(12, 30 * place),
             "start_at": self.at(12, 30 * place), "leave_at": self.at(12, 30 * place + 15),
             "leg_distance_m": 800, "leg_seconds": 300, "is_estimate": False}
            for place, one in enumerate(order)
        ]  # fmt: skip
        dropped = [{"visit_id": visits[one], "reason": "closed", "facts": {}} for one in left or []]
        cost = {"stops": len(order), "distance_m": 4000, "travel_seconds": 1500,
                "ends_at": self.at(16)}  # fmt: skip
        plan = {"stops": stops, "dropped": dropped, "lunch": None, "before": cost, "after": cost,
                "is_estimate": False, "is_by_hand": False}  # fmt: skip
        return {
            "route_id": str(self.plan.route_id), "rep_id": str(self.org.rep.user_id),
            "made_at": datetime.now(UTC).isoformat(), "reason": "closed", "plan": plan,
        }  # fmt: skip

    def push(self, values: dict[str, Any], phone: Phone | None = None) -> MutationResult:
        phone = phone or self.phone
        return phone.push(phone.mutation("create", "rework", values=values))[0]

    def get(self, who: Actor) -> httpx.Response:
        path = f"/v1/routes/{self.plan.route_id}/reworks"
        return self.api.client.get(path, headers=self.api.as_(who))

    def order(self) -> list[int | None]:
        """Return each visit's place, in the order of the plan."""
        found = dict(execute(self.url, "SELECT id, sequence FROM visit"))
        return [found[one] for one in self.plan.visit_ids]  # type: ignore[misc,index]

    def count(self) -> int:
        return len(execute(self.url, "SELECT 1 FROM rework"))


@pytest.fixture
def day(api: Api, test_database: TestDatabase) -> Day:
    return Day(api, test_database.owner_url)


def test_open_visits_follow_the_reps_order_after_those_that_were_begun(day: Day) -> None:
    execute(
        day.url,
        "UPDATE visit SET status = 'done', outcome = 'met', done_at = now() WHERE id = %s",
        day.plan.visit_ids[0],
    )
    assert day.push(day.values([4, 2, 1], left=[3])).status is Status.APPLIED
    assert day.order() == [1, 4, 3, None, 2]
    status = execute(day.url, "SELECT status FROM visit WHERE id = %s", day.plan.visit_ids[3])
    assert status == [("planned",)]
    day.phone.pull()
    (rework,) = day.phone.ids("rework")
    assert day.phone.rows["rework", rework]["state"] == "applied"


def test_a_lost_answer_is_repeated_without_a_second_effect(day: Day) -> None:
    mutation = day.phone.mutation("create", "rework", values=day.values([4, 3, 2, 1, 0]))
    first, again = day.phone.push(mutation)[0], day.phone.push(mutation)[0]
    assert (first.status, again.status, again.was) == (
        Status.APPLIED, Status.DUPLICATE, Status.APPLIED,
    )  # fmt: skip
    assert day.count() == 1
    twin = day.phone.mutation("create", "rework", mutation["rid"], values=mutation["set"])
    assert day.phone.push(twin)[0].status is Status.REJECTED
    assert day.count() == 1


def test_a_rework_of_a_replaced_route_is_kept_and_not_followed(day: Day) -> None:
    execute(day.url, "UPDATE route SET status = 'replaced' WHERE id = %s", day.plan.route_id)
    assert day.push(day.values([4, 3, 2, 1, 0])).status is Status.APPLIED
    assert day.order() == [1, 2, 3, 4, 5]
    told = day.get(day.org.manager).json()
    assert [one["state"] for one in told["reworks"]] == ["route_replaced"]


def test_an_earlier_rework_that_arrives_later_is_kept_and_not_followed(day: Day) -> None:
    late = day.values([0, 1, 2, 3, 4]) | {
        "made_at": (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    }
    day.push(day.values([4, 3, 2, 1, 0]))
    day.push(late, Phone(day.api, day.org.rep))
    assert day.order() == [5, 4, 3, 2, 1]
    states = [one["state"] for one in day.get(day.org.rep).json()["reworks"]]
    assert states == ["outdated", "applied"]


def test_a_visit_that_the_rep_adds_comes_with_its_order(day: Day) -> None:
    shop = str(add_account(day.url, day.org, "Gọi gấp", 24.93, 60.17))
    visit = new_id()
    values = day.values([0, 1])
    values["plan"]["stops"].insert(0, {"visit_id": visit, "arrive_at": None, "start_at": None,
                                       "leave_at": None, "leg_distance_m": None,
                                       "leg_seconds": None, "is_estimate": True})  # fmt: skip
    added = {"account_id": shop, "rep_id": str(day.org.rep.user_id),
             "planned_on": day.on_date.isoformat()}  # fmt: skip
    results = day.phone.push(
        day.phone.mutation("create", "visit", visit, values=added, group="g"),
        day.phone.mutation("create", "rework", values=values, group="g"),
    )
    assert [one.status for one in results] == [Status.APPLIED] * 2
    assert execute(day.url, "SELECT sequence FROM visit WHERE id = %s", visit) == [(1,)]
    names = [one["name"] for one in day.get(day.org.manager).json()["visits"]]
    assert "Gọi gấp" in names


def _other_day(values: dict[str, Any], _: Day) -> None:
    for stop in values["plan"]["stops"]:
        stop["start_at"] = stop["arrive_at"] = stop["leave_at"] = "2020-01-01T08:00:00Z"


def _others_visit(values: dict[str, Any], day: Day) -> None:
    other = day.add(day.org, day.org.other_rep)
    values["plan"]["stops"][0]["visit_id"] = str(other.visit_ids[0])


def _others_route(values: dict[str, Any], day: Day) -> None:
    values["route_id"] = str(day.add(day.org, day.org.other_rep).route_id)


def _set(*path: str | int, to: object) -> Spoil:
    def spoil(values: dict[str, Any], _: Day) -> None:
        part: Any = values
        for name in path[:-1]:
            part = part[name]
        part[path[-1]] = to

    return spoil


def _far_too_many(values: dict[str, Any], _: Day) -> None:
    stops = values["plan"]["stops"]
    values["plan"]["stops"] = [{**stops[0], "visit_id": new_id()} for _ in range(3000)]


def _twice(values: dict[str, Any], _: Day) -> None:
    values["plan"]["stops"][1]["visit_id"] = values["plan"]["stops"][0]["visit_id"]


def _backwards(values: dict[str, Any], _: Day) -> None:
    values["plan"]["stops"].reverse()


HOSTILE: dict[str, tuple[Spoil, str, str]] = {
    "another's visit": (_others_visit, "visit_unknown", "of yours"),
    "another's route": (_others_route, "route_unknown", "of yours"),
    "no such visit": (_set("plan", "stops", 0, "visit_id", to=new_id()), "visit_unknown", "visit"),
    "no such route": (_set("route_id", to=new_id()), "route_unknown", "route"),
    "another's name": (_set("rep_id", to=new_id()), "forbidden", "somebody else"),
    "times of another day": (_other_day, "malformed", "no time of"),
    "times that go back": (_backwards, "malformed", "order of their times"),
    "the same visit twice": (_twice, "malformed", "twice"),
    "thousands of visits": (_far_too_many, "malformed", "length <= 200"),
    "no plan": (_set("plan", to=None), "malformed", "plan"),
    "a word that nobody knows": (_set("reason", to="because"), "malformed", "because"),
    "a field that nobody knows": (_set("plan", "extra", to=1), "malformed", "extra"),
    "a NUL": (_set("plan", "dropped", to=[{"visit_id": new_id(), "reason": "a\0"}]), "malformed",
              "reason"),
    "a year of no clock": (_set("made_at", to="1900-01-01T00:00:00Z"), "time_out_of_range", "1970"),
    "a time without zone": (_set("made_at", to="2026-11-22T12:00:00"), "malformed", "timezone"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_false_rework_is_refused_whole(day: Day, name: str) -> None:
    spoil, code, sentence = HOSTILE[name]
    values = day.values([4, 3, 2, 1, 0])
    spoil(values, day)
    result = day.push(values)
    assert (result.status, result.code) == (Status.REJECTED, code), result
    assert sentence in str(result.detail), result.detail
    assert day.count() == 0
    assert day.order() == [1, 2, 3, 4, 5]


def test_reworks_are_read_by_who_may_read_the_route(day: Day) -> None:
    day.push(day.values([1, 0, 2, 3, 4]))
    allowed = {"rep", "manager", "analyst", "admin", "agent"}
    for role in ("rep", "other_rep", "manager", "analyst", "agent", "admin"):
        answer = day.get(getattr(day.org, role))
        assert answer.status_code == (200 if role in allowed else 404), (role, answer.text)


def test_the_day_pack_comes_with_the_route_until_the_day_after(day: Day) -> None:
    execute(day.url, "UPDATE route SET pack = 'gói'")
    for back, wanted in ((0, "gói"), (3, None)):
        execute(day.url, "UPDATE route SET on_date = %s", day.on_date - timedelta(days=back))
        phone = Phone(day.api, day.org.rep)
        phone.pull()
        assert phone.rows["route", str(day.plan.route_id)]["pack"] == wanted


def test_a_rework_is_not_changed_or_deleted(day: Day) -> None:
    rework = new_id()
    values = day.values([1, 0, 2, 3, 4])
    day.phone.push(day.phone.mutation("create", "rework", rework, values=values))
    for op, more in (("patch", {"values": {"reason": "late"}}), ("delete", {})):
        result = day.phone.push(day.phone.mutation(op, "rework", rework, **more))[0]
        assert (result.status, result.code) == (Status.REJECTED, "read_only")
    other = Phone(day.api, day.org.other_rep)
    other.pull()
    assert not other.ids("rework")
