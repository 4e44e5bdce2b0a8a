"""What a rep captured while an account was theirs is taken later, and marked late; else refused."""

from datetime import timedelta
from uuid import UUID

import pytest

from backend.api.problems import NotFound
from backend.db.tenancy import Database
from backend.ids import UserId, new_id
from backend.visits import service as visits
from backend.visits.repository import find_standing
from tests.integration.visits.conftest import Desk, now
from tests.support.ground import execute
from tests.support.http import Api


def leave(desk: Desk, days_ago: float) -> None:
    """Put the shop into the east by hand, as if that had been some days ago."""
    desk_east = "(SELECT id FROM territory WHERE name = 'East')"
    execute(
        desk.url,
        f"UPDATE account SET territory_is_manual = true, territory_id = {desk_east} WHERE id = %s",
        desk.shop,
    )
    execute(
        desk.url,
        "UPDATE account_placement SET left_at = now() - %s WHERE account_id = %s",
        timedelta(days=days_ago),
        desk.shop,
    )


def hold(desk: Desk, name: str, from_days_ago: int, to_days_ago: int | None) -> None:
    """Let the rep hold a territory in these days alone; `to` is the first day without it."""
    execute(
        desk.url,
        "UPDATE territory_assignment SET valid_from = current_date - %s,"
        " valid_to = current_date - %s::int WHERE user_id = %s",
        from_days_ago,
        to_days_ago,
        desk.api.org.rep.user_id,
    )
    execute(
        desk.url,
        "UPDATE territory_assignment SET territory_id = (SELECT id FROM territory WHERE name = %s)"
        " WHERE user_id = %s",
        name,
        desk.api.org.rep.user_id,
    )


def is_taken(database: Database, desk: Desk, captured_days_ago: float) -> bool:
    """Tell whether the rep may report what was captured that many days ago; it would be late."""
    captured_at = now() - timedelta(days=captured_days_ago)
    rep = desk.api.org.rep
    with database.for_org(rep.org_id) as connection:
        try:
            is_late = visits.check_account(
                connection, rep, desk.shop, is_fact=True, captured_at=captured_at
            )
        except NotFound:
            return False
    assert is_late
    return True


@pytest.mark.parametrize(
    ("left_days_ago", "captured_days_ago", "is_expected"),
    [
        (1, 2, True),
        (1, 0, True),
        (6.9, 0, True),
        (7.1, 0, False),
        (7.1, 7.0, False),
        (7.1, 7.2, True),
        (60, 61, True),
        (60, 59, False),
    ],
)
def test_an_account_that_left_is_reported_on_for_7_days_or_from_before(
    database: Database,
    desk: Desk,
    left_days_ago: float,
    captured_days_ago: float,
    is_expected: bool,  # noqa: FBT001  # a column of the table
) -> None:
    leave(desk, left_days_ago)
    assert is_taken(database, desk, captured_days_ago) is is_expected


@pytest.mark.parametrize(
    ("held", "left_days_ago", "captured_days_ago", "is_expected"),
    [
        ((20, None), 10, 15, True),  # held when it left
        ((5, None), 10, 15, False),  # came after it had left
        ((50, 20), 10, 30, True),  # held when it was captured, not when it left
        ((50, 20), 10, 15, False),  # neither then nor then
        ((50, 10), 10, 12, True),  # handed over on the very day that it left
        ((50, 20), 5, 1, False),  # left lately, but this rep had gone before
    ],
)
def test_only_who_held_its_territory_then_is_entitled(
    database: Database,
    desk: Desk,
    held: tuple[int, int | None],
    left_days_ago: float,
    captured_days_ago: float,
    is_expected: bool,  # noqa: FBT001  # a column of the table
) -> None:
    leave(desk, left_days_ago)
    hold(desk, "West", *held)
    assert is_taken(database, desk, captured_days_ago) is is_expected


@pytest.mark.parametrize(
    ("held", "captured_days_ago", "is_expected"),
    [
        ((50, 6), 0, True),
        ((50, 7), 0, True),
        ((50, 9), 0, False),
        ((50, 9), 10, True),
        ((50, 9), 8, False),
        ((0, 0), 0, True),  # given and taken back on the same day
        ((-3, None), 0, False),  # not begun yet
    ],
)
def test_a_rep_who_gave_the_territory_away_reports_for_7_days_or_from_before(
    database: Database,
    desk: Desk,
    held: tuple[int, int | None],
    captured_days_ago: float,
    is_expected: bool,  # noqa: FBT001  # a column of the table
) -> None:
    execute(desk.url, "ALTER TABLE territory_assignment DROP CONSTRAINT assignment_dates_ordered")
    hold(desk, "West", *held)
    assert is_taken(database, desk, captured_days_ago) is is_expected


def test_who_held_the_territory_above_is_entitled_as_well(database: Database, desk: Desk) -> None:
    region = new_id()
    execute(
        desk.url,
        "INSERT INTO territory (org_id, id, name) VALUES (%s, %s, 'Region')",
        desk.api.org.id,
        region,
    )
    execute(desk.url, "UPDATE territory SET parent_id = %s WHERE name = 'West'", region)
    hold(desk, "Region", 50, None)
    leave(desk, 10)
    assert is_taken(database, desk, 11)
    assert not is_taken(database, desk, 9)


def test_an_own_account_that_fell_into_a_territory_is_reported_on(
    database: Database, desk: Desk
) -> None:
    rep = desk.api.org.rep
    execute(
        desk.url,
        "UPDATE account SET territory_is_manual = true, territory_id = NULL, owner_id = %s"
        " WHERE id = %s",
        rep.user_id,
        desk.shop,
    )
    hold(desk, "West", 3000, 2900)
    execute(desk.url, "DELETE FROM account_placement")
    execute(desk.url, "UPDATE account SET territory_is_manual = false WHERE id = %s", desk.shop)
    assert is_taken(database, desk, 1)
    execute(desk.url, "UPDATE sync_row SET changed_at = now() - interval '8 days'")
    assert not is_taken(database, desk, 1)
    assert is_taken(database, desk, 9)


def test_strangers_are_entitled_to_nothing(database: Database, desk: Desk, api: Api) -> None:
    leave(desk, 1)
    hold(desk, "West", 3000, 2900)
    assert not is_taken(database, desk, 2)
    with database.for_org(api.org.id) as connection:
        assert find_standing(connection, api.org.id, UserId(new_id()), new_id()) is None


def _late(desk: Desk) -> list[tuple[object, ...]]:
    return execute(
        desk.url,
        "SELECT 'check_in', is_late FROM check_in UNION ALL SELECT 'note', is_late FROM note",
    )


def test_a_check_in_over_http_is_late_when_the_account_has_left(desk: Desk) -> None:
    visit_id = desk.plan()
    leave(desk, 1)
    answer = desk.check_in(visit_id, captured_at=(now() - timedelta(days=2)).isoformat())
    assert answer.status_code == 201, answer.text
    assert len(answer.json()["check_ins"]) == 1
    answer = desk.complete(visit_id, note="Đã gặp")
    assert answer.status_code == 201, answer.text
    assert answer.json()["status"] == "done"
    assert _late(desk) == [("check_in", True), ("note", True)]
    rep = desk.api.org.rep
    assert desk.get(rep, f"/v1/visits/{visit_id}").status_code == 404
    assert desk.get(rep, "/v1/visits").json()["items"] == []


def test_a_check_in_over_http_is_refused_when_it_left_long_ago(desk: Desk) -> None:
    visit_id = desk.plan()
    leave(desk, 30)
    answer = desk.check_in(visit_id)
    assert (answer.status_code, answer.json()["code"]) == (404, "account_out_of_scope")
    assert _late(desk) == []


@pytest.mark.parametrize(("days_ahead", "status"), [(0, 201), (-3, 201), (3, 404)])
def test_a_visit_that_took_place_is_taken_late_and_a_plan_is_not(
    desk: Desk, days_ahead: int, status: int
) -> None:
    leave(desk, 1)
    day = now().date() + timedelta(days=days_ahead)
    body = {"account_id": str(desk.shop), "planned_on": day.isoformat()}
    answer = desk.post(desk.api.org.rep, "/v1/visits", body)
    assert answer.status_code == status, answer.text


def test_what_is_in_scope_is_not_late_whatever_its_time(database: Database, desk: Desk) -> None:
    rep = desk.api.org.rep
    with database.for_org(rep.org_id) as connection:
        assert not visits.check_account(
            connection, rep, desk.shop, is_fact=True, captured_at=now() - timedelta(days=900)
        )


def test_a_held_over_account_is_in_scope(database: Database, desk: Desk) -> None:
    leave(desk, 30)
    rep = desk.api.org.rep
    execute(
        desk.url,
        "INSERT INTO account_holdover (org_id, account_id, user_id, until_on)"
        " VALUES (%s, %s, %s, current_date + 5)",
        rep.org_id,
        desk.shop,
        rep.user_id,
    )
    visit_id = UUID(str(desk.plan()))
    assert desk.check_in(visit_id).status_code == 201
    assert desk.get(rep, f"/v1/visits/{visit_id}").status_code == 200
    assert [one["id"] for one in desk.get(rep, "/v1/visits").json()["items"]] == [str(visit_id)]
    assert _late(desk) == [("check_in", False)]
    execute(desk.url, "DELETE FROM account_holdover")
    assert is_taken(database, desk, 0)
