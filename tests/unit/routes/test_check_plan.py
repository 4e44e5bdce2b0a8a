from typing import Any

import msgspec
import pytest

from backend.routes.day.check import check_plan
from backend.routes.day.plan import Dropped, Reason
from backend.routes.day.schedule import schedule_in_order
from tests.unit.routes.days import HOUR, NOON_LUNCH, between, street_day, visit

DAY = street_day(
    [0, 10, 30, 50],
    visit("a", 1, minutes=60, windows=between(8, 11)),
    visit("b", 2, minutes=60, windows=between(9, 10, 13, 17)),
    visit("c", 3),
    lunch=NOON_LUNCH,
)
PLAN = schedule_in_order(DAY, ["a", "b"])


def test_a_sound_plan_has_no_faults() -> None:
    assert check_plan(DAY, PLAN) == []


def first_stop(**fields: int) -> dict[str, Any]:
    return {"stops": (msgspec.structs.replace(PLAN.stops[0], **fields), PLAN.stops[1])}


def lunch(**fields: Any) -> dict[str, Any]:
    assert PLAN.lunch is not None
    return {"lunch": msgspec.structs.replace(PLAN.lunch, **fields)}


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"stops": PLAN.stops[:1]}, "neither planned nor dropped"),
        ({"stops": PLAN.stops + PLAN.stops[:1]}, "named twice"),
        (first_stop(start_s=11 * HOUR, leave_s=12 * HOUR), "not wholly inside one window"),
        (first_stop(arrive_s=8 * HOUR), "not reached by its leg"),
        (first_stop(leave_s=PLAN.stops[0].leave_s - 1), "before or after its visit"),
        (first_stop(leg_duration_s=1), "another duration in the matrix"),
        (first_stop(leg_distance_m=1), "another length in the matrix"),
        ({"lunch": None}, "Lunch is missing"),
        (lunch(start_s=11 * HOUR, end_s=12 * HOUR), "Lunch starts outside its time"),
        (lunch(end_s=14 * HOUR), "wrong length"),
        (lunch(after="a", at="a"), "another time than after waiting"),
        (lunch(after="c", at="c"), "at no place of the day"),
        ({"start_s": 7 * HOUR}, "starts before the shift"),
        ({"end_s": 18 * HOUR}, "ends after the shift"),
        ({"travel_s": 0}, "travel time"),
        ({"distance_m": 0}, "distance"),
        ({"wait_s": -1}, "waiting time"),
        ({"objective": 0}, "objective"),
        ({"bound": PLAN.objective + 1}, "bound"),
        ({"end_leg_duration_s": 0}, "last leg"),
    ],
)
def test_each_broken_rule_is_found(fields: dict[str, Any], fault: str) -> None:
    broken = msgspec.structs.replace(PLAN, **fields)

    assert any(fault in found for found in check_plan(DAY, broken))


def test_blaming_the_wrong_hours_is_found() -> None:
    closed = msgspec.structs.replace(visit("d", 3), windows=(), has_own_hours=True)
    day = msgspec.structs.replace(DAY, stops=(*DAY.stops, closed))
    blamed = Dropped(key="d", reason=Reason.CLOSED_TODAY, detail="", facts={})
    plan = schedule_in_order(day, ["a", "b"])
    others = tuple(one for one in plan.dropped if one.key != "d")
    wrong = msgspec.structs.replace(plan, dropped=(*others, blamed))

    assert any("hours that are not in the way" in fault for fault in check_plan(day, wrong))
    right = msgspec.structs.replace(blamed, reason=Reason.NO_OWN_HOURS_TODAY)
    assert check_plan(day, msgspec.structs.replace(plan, dropped=(*others, right))) == []
