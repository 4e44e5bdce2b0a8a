from datetime import date
from typing import Any

import msgspec
import pytest

from backend.routes.coverage.account import CoverageError
from backend.routes.coverage.problem import MAX_ACCOUNTS, CoverageProblem, Workday
from backend.routes.day.problem import Lunch
from backend.routes.day.windows import Window
from tests.unit.routes.coverage.month import OPEN, month, shop, workdays

MONTH = month(shop("a", 1, "4"), shop("b", 2, "2.1"))


def with_account(**fields: Any) -> dict[str, Any]:
    return {"accounts": (msgspec.structs.replace(MONTH.accounts[0], **fields),)}


@pytest.mark.parametrize(
    ("fields", "field", "account"),
    [
        ({"first_on": date(2026, 2, 3)}, "first_on", None),
        ({"weeks": 3}, "weeks", None),
        ({"weeks": 13}, "weeks", None),
        ({"cycle_week": -1}, "cycle_week", None),
        ({"open_from": 28}, "open_from", None),
        ({"open_from": 26}, "workdays", None),
        ({"balance_percent": 0}, "balance_percent", None),
        ({"max_changes": -1}, "max_changes", None),
        ({"change_price_s": -1}, "change_price_s", None),
        ({"seed": 2**31}, "seed", None),
        ({"workdays": ()}, "workdays", None),
        ({"workdays": workdays([3, 2])}, "workdays", None),
        ({"workdays": workdays([28])}, "workdays", None),
        ({"workdays": workdays([0], (9, 9))}, "workdays", None),
        ({"start": 9}, "start", None),
        ({"durations_s": ((0, 1), (1, 0))}, "distances_m", None),
        ({"lunch": Lunch(earliest_s=5, latest_s=4, duration_s=9)}, "lunch.latest_s", None),
        ({"accounts": (shop("a", 1, "4"), shop("a", 2, "4"))}, "key", "a"),
        (
            {"accounts": tuple(shop(str(one), 1, "4") for one in range(MAX_ACCOUNTS + 1))},
            "accounts",
            None,
        ),
        (with_account(node=3), "node", "a"),
        (with_account(service_s=-1), "service_s", "a"),
        (with_account(windows=OPEN[:6]), "windows", "a"),
        (with_account(preferred=OPEN[:6]), "preferred", "a"),
        (with_account(preference_s=-1), "preference_s", "a"),
        (with_account(windows=((Window(20, 10),),) * 7), "windows", "a"),
        (with_account(windows=((Window(0, 10), Window(10, 20)),) * 7), "windows", "a"),
        (with_account(weekdays=(1, 0)), "weekdays", "a"),
        (with_account(weekdays=(7,)), "weekdays", "a"),
        (with_account(closed_days=(28,)), "closed_days", "a"),
        (with_account(fixed_days=(3, 3)), "fixed_days", "a"),
        (with_account(fixed_days=(5,)), "fixed_days", "a"),
        (with_account(previous_days=(-1,)), "previous_days", "a"),
        (with_account(last_visit_day=0), "last_visit_day", "a"),
        (with_account(owed_by=28), "owed_by", "a"),
        (with_account(min_gap_days=0), "min_gap_days", "a"),
        (with_account(min_gap_days=9, max_gap_days=8), "max_gap_days", "a"),
    ],
)
def test_weeks_that_contradict_themselves_name_field_and_account(
    fields: dict[str, Any], field: str, account: str | None
) -> None:
    with pytest.raises(CoverageError) as caught:
        msgspec.structs.replace(MONTH, **fields)

    assert (caught.value.field, caught.value.account) == (field, account)
    assert caught.value.detail.endswith(".")


def test_sound_weeks_survive_the_wire() -> None:
    assert msgspec.json.decode(msgspec.json.encode(MONTH), type=CoverageProblem) == MONTH


def test_days_before_the_plan_opens_are_not_planned() -> None:
    later = msgspec.structs.replace(MONTH, open_from=8)

    assert later.open_days[0] == Workday(day=8, shift_start_s=8 * 3600, shift_end_s=17 * 3600)
