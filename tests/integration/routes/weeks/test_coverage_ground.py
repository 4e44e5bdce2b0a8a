"""What the weeks are made of as the database tells it: minutes learned, accounts merged."""

from datetime import timedelta

from backend.db.tenancy import Database
from backend.ids import new_id
from backend.routes.weeks import ground_repository
from backend.routes.weeks.actual_repository import select_actual_days
from backend.routes.weeks.comparing import Day
from backend.routes.weeks.schemas import CoverageRequest
from tests.integration.routes.weeks.conftest import NEXT_MONDAY, Office
from tests.support.ground import execute


def test_visits_take_what_was_learned_or_fixed(office: Office, database: Database) -> None:
    url, org, (fixed, usual, *_) = office.town.url, office.town.org, office.shops
    execute(url, "UPDATE account SET category = NULL")
    execute(url, "UPDATE account SET category = 'cafe' WHERE id = %s", usual)
    execute(
        url,
        "INSERT INTO learned_value (org_id, subject, key, value, fixed_value) VALUES"
        " (%s, 'account', %s, 30, 40), (%s, 'category', 'cafe', 200, NULL)",
        org.id, str(fixed), org.id,
    )  # fmt: skip
    with database.for_org(org.id) as connection:
        found = ground_repository.select_accounts(
            connection,
            org.id,
            org.rep.user_id,
            CoverageRequest(from_on=NEXT_MONDAY),
            first_on=NEXT_MONDAY,
            last_on=NEXT_MONDAY + timedelta(27),
            today=NEXT_MONDAY,
        )
    minutes = {one.id: one.visit_minutes for one in found}
    assert [minutes[one] for one in office.shops[:3]] == [40, 30, 15]


def test_an_accepted_day_names_merged_accounts_once_by_what_they_became(
    office: Office, database: Database
) -> None:
    url, org, (kept, gone, other, *_) = office.town.url, office.town.org, office.shops
    plan_id = new_id()
    execute(
        url,
        "INSERT INTO coverage_plan (org_id, id, rep_id, created_by, status, first_on, from_on,"
        " weeks, cycle_week, request) VALUES (%s, %s, %s, %s, 'cancelled', %s, %s, 4, 0, '{}')",
        org.id, plan_id, org.rep.user_id, org.rep.user_id, NEXT_MONDAY, NEXT_MONDAY,
    )  # fmt: skip
    execute(
        url,
        "INSERT INTO coverage_day (org_id, rep_id, on_date, plan_id, account_ids)"
        " VALUES (%s, %s, %s, %s, %s::uuid[]), (%s, %s, %s, %s, '{}')",
        org.id, org.rep.user_id, NEXT_MONDAY, plan_id, [gone, other, kept],
        org.id, org.rep.user_id, NEXT_MONDAY + timedelta(1), plan_id,
    )  # fmt: skip
    execute(
        url,
        "INSERT INTO account_alias (org_id, id, account_id, merged_by) VALUES (%s, %s, %s, %s)",
        org.id, gone, kept, org.manager.user_id,
    )  # fmt: skip
    with database.for_org(org.id) as connection:
        days = ground_repository.select_accepted(
            connection,
            org.id,
            org.rep.user_id,
            from_on=NEXT_MONDAY,
            to_on=NEXT_MONDAY + timedelta(6),
        )
    assert [one.account_ids for one in days] == [(kept, other), ()]


def test_what_was_driven_goes_before_what_the_route_planned(
    office: Office, database: Database
) -> None:
    url, org = office.town.url, office.town.org
    days = [NEXT_MONDAY + timedelta(day) for day in range(3)]
    for on_date in days[:2]:
        execute(
            url,
            "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on, status, outcome)"
            " VALUES (%s, %s, %s, %s, %s, 'done', 'met')",
            org.id, new_id(), office.shops[0], org.rep.user_id, on_date,
        )  # fmt: skip
    execute(
        url,
        "INSERT INTO driven_day (org_id, rep_id, on_date, source, is_estimate, distance_m,"
        " unmatched_m, outlier_count, basis, settled_at) VALUES"
        " (%s, %s, %s, 'trace', false, 4200, 0, 0, '', now()),"
        " (%s, %s, %s, 'trace', false, 700, 0, 0, '', now())",
        org.id, org.rep.user_id, days[0], org.id, org.rep.user_id, days[2],
    )  # fmt: skip
    with database.for_org(org.id) as connection:
        found = select_actual_days(
            connection, org.id, org.rep.user_id, from_on=days[0], to_on=days[2]
        )
    visited = (office.shops[0],)
    assert found == {
        days[0]: Day(visited, 0, 4200, is_driven=True),
        days[1]: Day(visited, 0, 0, has_route=False),
        days[2]: Day((), 0, 700, is_driven=True),
    }
