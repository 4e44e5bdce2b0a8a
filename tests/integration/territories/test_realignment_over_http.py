"""Realignments over HTTP: planned, previewed, carried out, undone; and by whom."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from backend.db.tenancy import Database
from backend.identity.actor import Actor
from backend.ids import new_id
from backend.territories.realignment import apply_due, end_holdovers
from tests.support.databases import TestDatabase
from tests.support.ground import EAST, IN_EAST, IN_WEST, WEST, add_account, add_territory, execute
from tests.support.http import Api
from tests.support.people import Org

BASE = "/v1/realignments"
LASSO = {
    "type": "Polygon",
    "coordinates": [[[24.9, 60.1], [24.93, 60.1], [24.93, 60.2], [24.9, 60.2], [24.9, 60.1]]],
}


class Office:
    """Two neighbouring territories with a rep each, three shops in the west and one in the east."""

    def __init__(self, api: Api, url: str) -> None:
        self.api, self.url, self.org = api, url, api.org
        self.west = add_territory(url, api.org, "West", WEST, api.org.rep)
        self.east = add_territory(url, api.org, "East", EAST, api.org.other_rep)
        self.shops = [
            add_account(url, api.org, name, IN_WEST[0] + 0.002 * n, IN_WEST[1])
            for n, name in enumerate(("Một", "Hai", "Ba"))
        ]
        self.far = add_account(url, api.org, "Bốn", *IN_EAST)

    def ask(self, method: str, path: str, body: Any = None, by: Actor | None = None) -> Any:
        answer = self.try_(method, path, body, by)
        assert answer.is_success, answer.text
        return answer.json()

    def try_(
        self, method: str, path: str, body: Any = None, by: Actor | None = None
    ) -> httpx.Response:
        headers = self.api.as_(by or self.org.manager)
        return self.api.client.request(method, f"{BASE}{path}", headers=headers, json=body)

    def draft(self, **values: Any) -> Any:
        """Plan to move the western shops to the east, unless said otherwise."""
        ids = [str(one) for one in self.shops]
        body = {
            "name": "Hand over", "selection": {"account_ids": ids},
            "to_territory_id": str(self.east), **values,
        }  # fmt: skip
        return self.ask("POST", "", body)

    def apply(self, draft: Any, **values: Any) -> Any:
        """Apply as previewed just now."""
        preview = self.ask("GET", f"/{draft['id']}/preview")
        body = {"fingerprint": preview["fingerprint"], **values}
        return self.ask("POST", f"/{draft['id']}/apply", body)

    def places(self) -> dict[str, tuple[str | None, bool]]:
        """Return each live account's territory and whether it is by hand."""
        names = {self.west: "West", self.east: "East", None: None}
        rows = execute(
            self.url,
            "SELECT name, territory_id, territory_is_manual FROM account WHERE deleted_at IS NULL",
        )
        return {str(name): (names.get(where, str(where)), bool(hand)) for name, where, hand in rows}  # type: ignore[call-overload]

    def holders(self, territory: UUID) -> set[object]:
        """Return who holds a territory today."""
        return {
            row[0]
            for row in execute(
                self.url,
                "SELECT user_id FROM territory_assignment WHERE territory_id = %s"
                " AND valid_from <= current_date AND (valid_to IS NULL OR valid_to > current_date)",
                territory,
            )
        }

    def plan_visit(self, shop: UUID, who: Actor, days_ahead: int = 1) -> UUID:
        visit_id = new_id()
        execute(
            self.url,
            "INSERT INTO visit (org_id, id, account_id, rep_id, planned_on)"
            " VALUES (%s, %s, %s, %s, current_date + %s)",
            self.org.id,
            visit_id,
            shop,
            who.user_id,
            days_ahead,
        )
        return visit_id

    def held_over(self) -> set[tuple[object, ...]]:
        return set(execute(self.url, "SELECT account_id, user_id FROM account_holdover"))


@pytest.fixture
def office(api: Api, test_database: TestDatabase) -> Office:
    return Office(api, test_database.owner_url)


WEST_BY_PLACE = {"Một": ("West", False), "Hai": ("West", False), "Ba": ("West", False)}
EAST_BY_HAND = {"Một": ("East", True), "Hai": ("East", True), "Ba": ("East", True)}
FAR = {"Bốn": ("East", False)}


def test_a_list_of_accounts_is_previewed_applied_and_undone(office: Office) -> None:
    draft = office.draft()
    assert (draft["state"], draft["effective_on"]) == ("draft", str(date.today()))  # noqa: DTZ011
    preview = office.ask("GET", f"/{draft['id']}/preview")
    assert preview["moved"] == 3
    assert preview["flows"] == [
        {
            "from_territory_id": str(office.west), "to_territory_id": str(office.east),
            "accounts": 3, "customers": 0, "prospects": 3, "open_visits": 0,
            "visits_90_days": 0, "empties_owed": 0,
        }
    ]  # fmt: skip
    assert [(one["full_name"], one["accounts_before"], one["accounts_after"])
            for one in preview["people"]] == [("Other Rep", 1, 4), ("Rep", 3, 0)]  # fmt: skip
    assert preview["bounds"] == pytest.approx([24.92, 60.17, 24.924, 60.17])
    assert {one["name"] for one in preview["sample"]} == {"Một", "Hai", "Ba"}
    assert office.places() == WEST_BY_PLACE | FAR

    applied = office.apply(draft)
    assert (applied["state"], applied["counts"]["moved"]) == ("applied", 3)
    assert applied["applied_by"] == str(office.org.manager.user_id)
    assert office.places() == EAST_BY_HAND | FAR

    undone = office.ask("POST", f"/{draft['id']}/undo")
    assert (undone["state"], undone["counts"]["moved_back"]) == ("undone", 3)
    assert office.places() == WEST_BY_PLACE | FAR
    assert office.try_("POST", f"/{draft['id']}/undo").status_code == 409


@pytest.mark.parametrize(
    ("selection", "moved"),
    [
        ({"area": LASSO}, {"Một", "Hai", "Ba"}),
        ({"area": LASSO, "rule": {"life_stage": "customer"}}, {"Hai"}),
        ({"rule": {"life_stage": "customer"}}, {"Hai"}),
        ({"rule": {"life_stage": "prospect", "category": "cafe"}}, {"Ba"}),
        ({"rule": {"tag": "vip"}}, {"Hai", "Ba"}),
        ({"rule": {"tag": "vip", "priority": 1}}, {"Ba"}),
        ({"rule": {"channel": "on_trade"}}, {"Ba"}),
        (
            {"rule": {"last_visit_before": "2026-03-01", "from_territory_id": "west"}},
            {"Một", "Hai"},
        ),
        ({"rule": {"is_unplaced": True}}, set()),
        ({"rule": {"is_unplaced": False}}, {"Một", "Hai", "Ba"}),
        ({"rule": {"from_territory_id": "east"}}, set()),
    ],
    # A set's own text differs from process to process.
    ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
)
def test_a_selection_moves_what_fits_all_of_it(
    office: Office, selection: dict[str, Any], moved: set[str]
) -> None:
    execute(office.url, "UPDATE account SET life_stage = 'customer' WHERE name IN ('Hai', 'Bốn')")
    execute(office.url, "UPDATE account SET tags = '{vip}' WHERE name IN ('Hai', 'Ba')")
    execute(
        office.url,
        "UPDATE account SET category = 'cafe', priority = 1, channel = 'on_trade',"
        " last_visit_at = '2026-03-01T12:00Z' WHERE name = 'Ba'",
    )
    rule = selection.get("rule", {})
    if "from_territory_id" in rule:
        where = {"west": office.west, "east": office.east}[rule["from_territory_id"]]
        selection = {"rule": {**rule, "from_territory_id": str(where)}}
    draft = office.draft(selection=selection)
    assert office.apply(draft)["counts"]["moved"] == len(moved)
    by_hand = {name for name, (_, is_manual) in office.places().items() if is_manual}
    assert by_hand == moved


def test_back_to_by_location_releases_what_was_put_by_hand(office: Office) -> None:
    first = office.draft()
    office.apply(first)
    back = office.draft(name="Back", selection={"area": LASSO}, to_territory_id=None)
    applied = office.apply(back)
    assert applied["counts"]["moved"] == 3
    assert office.places() == WEST_BY_PLACE | FAR
    assert office.ask("POST", f"/{back['id']}/undo")["counts"]["moved_back"] == 3
    assert office.places() == EAST_BY_HAND | FAR


def test_undo_leaves_alone_what_moved_on_or_went(office: Office) -> None:
    draft = office.draft()
    office.apply(draft)
    region = add_territory(office.url, office.org, "Region", (0, 0, 1, 1))
    execute(
        office.url, "UPDATE account SET territory_id = %s WHERE id = %s", region, office.shops[0]
    )
    execute(office.url, "UPDATE account SET deleted_at = now() WHERE id = %s", office.shops[1])
    counts = office.ask("POST", f"/{draft['id']}/undo")["counts"]
    assert (counts["moved_back"], counts["moved_on"], counts["deleted"]) == (1, 1, 1)
    assert office.places() == {"Một": (str(region), True), "Ba": ("West", False)} | FAR


def test_a_territory_that_is_gone_is_not_undone_into(office: Office) -> None:
    for shop in office.shops:
        execute(
            office.url,
            "UPDATE account SET territory_is_manual = true, territory_id = %s WHERE id = %s",
            office.west,
            shop,
        )
    draft = office.draft()
    office.apply(draft)
    headers = office.api.as_(office.org.manager)
    gone = office.api.client.delete(f"/v1/territories/{office.west}", headers=headers)
    assert gone.is_success
    assert office.ask("POST", f"/{draft['id']}/undo")["counts"]["moved_back"] == 3
    assert office.places() == dict.fromkeys(WEST_BY_PLACE, (None, False)) | FAR


def test_a_stale_preview_is_refused_unless_forced(office: Office) -> None:
    draft = office.draft(selection={"area": LASSO})
    preview = office.ask("GET", f"/{draft['id']}/preview")
    execute(
        office.url,
        "UPDATE account SET territory_is_manual = true, territory_id = %s WHERE id = %s",
        office.east,
        office.shops[0],
    )
    stale = {"fingerprint": preview["fingerprint"]}
    answer = office.try_("POST", f"/{draft['id']}/apply", stale)
    assert (answer.status_code, answer.json()["code"]) == (409, "plan_changed")
    assert office.places()["Hai"] == ("West", False)
    answer = office.try_("POST", f"/{draft['id']}/apply", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "fingerprint_missing")
    applied = office.ask("POST", f"/{draft['id']}/apply", {**stale, "force": True})
    assert applied["counts"]["moved"] == 2
    for again in ("apply", "cancel"):
        answer = office.try_("POST", f"/{draft['id']}/{again}", {"force": True})
        assert (answer.status_code, answer.json()["code"]) == (409, "realignment_closed")
    assert office.try_("GET", f"/{draft['id']}/preview").status_code == 409


def test_an_account_deleted_after_the_preview_changes_the_plan(office: Office) -> None:
    draft = office.draft()
    preview = office.ask("GET", f"/{draft['id']}/preview")
    execute(office.url, "UPDATE account SET deleted_at = now() WHERE id = %s", office.shops[0])
    body = {"fingerprint": preview["fingerprint"]}
    assert office.try_("POST", f"/{draft['id']}/apply", body).status_code == 409
    assert office.apply(draft)["counts"]["moved"] == 2


def test_people_change_territory_and_back(office: Office) -> None:
    rep, other = office.org.rep.user_id, office.org.other_rep.user_id
    people = [
        {"user_id": str(rep), "from_territory_id": str(office.west)},
        {
            "user_id": str(other), "from_territory_id": str(office.east),
            "to_territory_id": str(office.west),
        },
    ]  # fmt: skip
    draft = office.draft(selection=None, to_territory_id=None, people=people)
    preview = office.ask("GET", f"/{draft['id']}/preview")
    assert [(one["full_name"], one["accounts_before"], one["accounts_after"])
            for one in preview["people"]] == [("Other Rep", 1, 3), ("Rep", 3, 0)]  # fmt: skip
    assert office.apply(draft)["counts"]["people"] == 3
    assert office.holders(office.west) == {other}
    assert office.holders(office.east) == set()
    office.ask("POST", f"/{draft['id']}/undo")
    assert office.holders(office.west) == {rep}
    assert office.holders(office.east) == {other}


def test_outgoing_reps_keep_accounts_with_open_work_until_it_is_done(
    office: Office, database: Database
) -> None:
    rep = office.org.rep
    visit = office.plan_visit(office.shops[0], rep)
    office.plan_visit(office.shops[1], rep, days_ahead=-30)
    office.plan_visit(office.shops[2], office.org.other_rep)
    office.plan_visit(office.far, office.org.other_rep)
    draft = office.draft(hold_over_days=10)
    preview = office.ask("GET", f"/{draft['id']}/preview")
    assert preview["held_over"] == 1
    assert office.apply(draft)["counts"]["held_over"] == 1
    assert office.held_over() == {(office.shops[0], rep.user_id)}
    headers = office.api.as_(rep)
    seen = office.api.client.get("/v1/accounts", headers=headers).json()["items"]
    assert [one["name"] for one in seen] == ["Một"]
    today = date.today()  # noqa: DTZ011
    with database.for_org(office.org.id) as connection:
        assert end_holdovers(connection, office.org.id, today) == 0
    execute(office.url, "UPDATE visit SET status = 'done', outcome = 'met' WHERE id = %s", visit)
    with database.for_org(office.org.id) as connection:
        assert end_holdovers(connection, office.org.id, today) == 1
    assert office.held_over() == set()


def test_a_hold_over_ends_on_its_day(office: Office, database: Database) -> None:
    office.plan_visit(office.shops[0], office.org.rep, days_ahead=40)
    office.apply(office.draft(hold_over_days=10))
    today = date.today()  # noqa: DTZ011
    for days, ended in ((9, 0), (10, 1)):
        with database.for_org(office.org.id) as connection:
            day = today + timedelta(days=days)
            assert end_holdovers(connection, office.org.id, day) == ended


def test_a_leaver_s_open_work_is_held_over_as_well(office: Office) -> None:
    rep, other = office.org.rep, office.org.other_rep
    office.plan_visit(office.shops[1], rep)
    people = [
        {"user_id": str(rep.user_id), "from_territory_id": str(office.west)},
        {"user_id": str(other.user_id), "to_territory_id": str(office.west)},
    ]
    draft = office.draft(selection=None, to_territory_id=None, people=people, hold_over_days=5)
    assert office.ask("GET", f"/{draft['id']}/preview")["held_over"] == 1
    office.apply(draft)
    assert office.held_over() == {(office.shops[1], rep.user_id)}
    office.ask("POST", f"/{draft['id']}/undo")
    assert office.held_over() == set()


def test_what_is_scheduled_is_carried_out_on_its_day(office: Office, database: Database) -> None:
    today = date.today()  # noqa: DTZ011
    draft = office.draft(effective_on=str(today + timedelta(days=3)))
    assert office.apply(draft)["state"] == "scheduled"
    assert office.places() == WEST_BY_PLACE | FAR
    for days, done in ((2, 0), (3, 1), (3, 0)):
        with database.for_org(office.org.id) as connection:
            assert apply_due(connection, office.org.id, today + timedelta(days=days)) == done
    assert office.places() == EAST_BY_HAND | FAR
    found = office.ask("GET", f"/{draft['id']}")
    assert (found["state"], found["counts"]["moved"]) == ("applied", 3)
    assert found["applied_by"] == str(office.org.manager.user_id)


def test_what_cannot_be_carried_out_any_more_is_called_off(
    office: Office, database: Database
) -> None:
    today = date.today()  # noqa: DTZ011
    draft = office.draft(effective_on=str(today + timedelta(days=3)))
    office.apply(draft)
    headers = office.api.as_(office.org.manager)
    gone = office.api.client.delete(f"/v1/territories/{office.east}", headers=headers)
    assert gone.is_success
    with database.for_org(office.org.id) as connection:
        assert apply_due(connection, office.org.id, today + timedelta(days=3)) == 0
    found = office.ask("GET", f"/{draft['id']}")
    assert found["state"] == "cancelled"
    assert found["counts"]["reason"] == "There is no such territory."


def test_a_cancelled_plan_moves_nothing(office: Office, database: Database) -> None:
    today = date.today()  # noqa: DTZ011
    draft = office.draft(effective_on=str(today + timedelta(days=3)))
    office.apply(draft)
    assert office.ask("POST", f"/{draft['id']}/cancel")["state"] == "cancelled"
    with database.for_org(office.org.id) as connection:
        assert apply_due(connection, office.org.id, today + timedelta(days=3)) == 0
    assert office.places() == WEST_BY_PLACE | FAR


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"selection": None, "to_territory_id": None}, "nothing_selected"),
        ({"selection": {}}, "nothing_selected"),
        ({"selection": {"rule": {}}}, "nothing_selected"),
        ({"to_territory_id": "019a0000-0000-7000-8000-000000000000"}, "territory_unknown"),
        ({"effective_on": "2020-01-01"}, "date_passed"),
        ({"selection": {"area": {"type": "Point", "coordinates": [1, 2]}}}, "not_an_area"),
        ({"hold_over_days": 400}, "malformed"),
        ({"people": [{"user_id": "019a0000-0000-7000-8000-000000000000"}]}, "nothing_selected"),
    ],
    ids=str,
)
def test_a_plan_that_cannot_be_is_refused(
    office: Office, values: dict[str, Any], code: str
) -> None:
    body = {
        "name": "X", "selection": {"account_ids": [str(office.far)]},
        "to_territory_id": str(office.east), **values,
    }  # fmt: skip
    answer = office.try_("POST", "", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text


def test_only_active_reps_take_territories_over(office: Office) -> None:
    manager = str(office.org.manager.user_id)
    people = [{"user_id": manager, "to_territory_id": str(office.west)}]
    answer = office.try_("POST", "", {"name": "X", "people": people})
    assert (answer.status_code, answer.json()["code"]) == (422, "not_a_rep")


def test_planners_alone_see_and_make_realignments(office: Office) -> None:
    draft = office.draft()
    for role in ("rep", "analyst", "agent"):
        who = getattr(office.org, role)
        for method, path in (
            ("GET", ""), ("POST", ""), ("GET", f"/{draft['id']}"),
            ("GET", f"/{draft['id']}/preview"), ("POST", f"/{draft['id']}/apply"),
            ("POST", f"/{draft['id']}/undo"), ("POST", f"/{draft['id']}/cancel"),
        ):  # fmt: skip
            assert office.try_(method, path, {}, who).status_code == 403


def test_another_organisation_sees_and_moves_nothing(office: Office, other_org: Org) -> None:
    draft = office.draft()
    for method, path in (("GET", ""), ("GET", "/preview"), ("POST", "/undo"), ("POST", "/cancel")):
        answer = office.try_(method, f"/{draft['id']}{path}", {}, other_org.manager)
        assert answer.status_code == 404
    body = {"name": "X", "selection": {"account_ids": [str(office.far)]}}
    made = office.ask("POST", "", body, other_org.manager)
    assert office.ask("GET", f"/{made['id']}/preview", None, other_org.manager)["moved"] == 0
    assert [one["id"] for one in office.ask("GET", "")["items"]] == [draft["id"]]


def test_realignments_are_listed_newest_first(office: Office) -> None:
    made = [office.draft(name=f"Plan {n}")["id"] for n in range(3)]
    first = office.ask("GET", "?limit=2")
    assert [one["id"] for one in first["items"]] == made[:0:-1]
    rest = office.ask("GET", f"?cursor={first['next_cursor']}")
    assert [one["id"] for one in rest["items"]] == made[:1]
    assert rest["next_cursor"] is None


def test_who_leaves_hands_everything_over_in_one_call(office: Office) -> None:
    second = add_territory(
        office.url, office.org, "North", (24.90, 60.2, 24.95, 60.25), office.org.rep
    )
    body = {
        "name": "Lan nghỉ việc",
        "from_user_id": str(office.org.rep.user_id),
        "to_user_id": str(office.org.other_rep.user_id),
    }
    done = office.ask("POST", "/hand-overs", body)
    assert (done["state"], done["counts"]["people"]) == ("applied", 4)
    for territory in (office.west, second):
        assert office.holders(territory) == {office.org.other_rep.user_id}
    again = office.try_("POST", "/hand-overs", body)
    assert (again.status_code, again.json()["code"]) == (409, "nothing_held")
    office.ask("POST", f"/{done['id']}/undo")
    assert office.holders(second) == {office.org.rep.user_id}


def test_a_hand_over_to_nobody_is_refused(office: Office) -> None:
    body = {
        "name": "x",
        "from_user_id": str(office.org.rep.user_id),
        "to_user_id": str(new_id()),
    }
    answer = office.try_("POST", "/hand-overs", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "not_a_rep")
