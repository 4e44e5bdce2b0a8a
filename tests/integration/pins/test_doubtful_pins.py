"""Doubtful pins over HTTP: found by each rule, approved, moved, called right, undone."""

import csv
import io
from typing import Any
from uuid import UUID, uuid4

import pytest

from backend.identity.actor import Actor
from backend.pins import checking
from tests.support.databases import TestDatabase
from tests.support.doubts import METRE, check_pins, see
from tests.support.ground import EAST, IN_EAST, IN_WEST, WEST, add_account, add_territory, execute
from tests.support.http import Api

LON, LAT = IN_WEST
REAL = [LON, LAT + 300 * METRE]


@pytest.fixture
def shop(api: Api, test_database: TestDatabase) -> UUID:
    """An account of the rep, three of whose check-ins were 300 m to the north."""
    url = test_database.owner_url
    add_territory(url, api.org, "West", WEST, api.org.rep)
    add_territory(url, api.org, "East", EAST, api.org.other_rep)
    account_id = add_account(url, api.org, "Quán Lan", LON, LAT)
    for day in (3, 10, 17):
        see(url, api.org, account_id, at=[LON, REAL[1] + day * METRE / 10], days_ago=day)
    return account_id


def get(api: Api, who: Actor, path: str = "", status: int = 200) -> Any:
    answer = api.client.get(f"/v1/pins{path}", headers=api.as_(who))
    assert answer.status_code == status, answer.text
    return answer.json()


def say(api: Api, who: Actor, doubt: str, status: int = 201, **said: object) -> Any:
    answer = api.client.post(f"/v1/pins/{doubt}/answer", json=said, headers=api.as_(who))
    assert answer.status_code == status, answer.text
    return answer.json()


def undo(api: Api, who: Actor, told: dict[str, Any], status: int = 201) -> Any:
    answer = api.client.post(f"/v1/pins/answers/{told['id']}/undo", headers=api.as_(who))
    assert answer.status_code == status, answer.text
    return answer.json()


def place(api: Api, account_id: UUID) -> dict[str, Any]:
    answer = api.client.get(f"/v1/accounts/{account_id}", headers=api.as_(api.org.manager))
    told: dict[str, Any] = answer.json()
    return told


def test_visits_elsewhere_are_found_with_their_evidence_and_approved(
    api: Api, shop: UUID, test_database: TestDatabase
) -> None:
    assert get(api, api.org.manager)["items"] == []
    check_pins(test_database, api.org)
    (doubt,) = get(api, api.org.manager)["items"]
    assert (doubt["account_id"], doubt["reason"]) == (str(shop), "visits_elsewhere")
    assert doubt["distance_m"] == pytest.approx(301, abs=3)
    assert doubt["suggested"] == pytest.approx([LON, REAL[1] + METRE], abs=3 * METRE)
    told = doubt["evidence"]
    assert (told["people"], told["days"], told["agreeing"]) == (1, 3, 3)
    assert [one["agrees"] for one in told["sightings"]] == [True] * 3
    assert "rep" not in str(told)
    before = place(api, shop)
    (said,) = say(api, api.org.manager, doubt["id"], kind="approve")
    after = place(api, shop)
    assert after["location"] == doubt["suggested"]
    assert after["location_source"] == "gps"
    assert after["rv"] == before["rv"] + 1
    assert said["moved_m"] == pytest.approx(doubt["distance_m"], abs=1)
    assert get(api, api.org.manager)["items"] == []
    check_pins(test_database, api.org)
    assert get(api, api.org.manager)["items"] == []
    audited = execute(
        test_database.owner_url,
        "SELECT action, actor_id, subject_id FROM audit_entry WHERE action LIKE 'pin.%%'",
    )
    assert audited == [("pin.approve", api.org.manager.user_id, shop)]
    say(api, api.org.manager, doubt["id"], 409, kind="right")


def test_an_approval_moves_territory_sync_and_map_along(
    api: Api, test_database: TestDatabase
) -> None:
    url = test_database.owner_url
    add_territory(url, api.org, "West", WEST, api.org.rep)
    east = add_territory(url, api.org, "East", EAST, api.org.other_rep)
    account_id = add_account(url, api.org, "Quán Lan", LON, LAT)
    for day in (3, 10, 17):
        see(url, api.org, account_id, at=IN_EAST, days_ago=day)
    check_pins(test_database, api.org)
    (doubt,) = get(api, api.org.rep)["items"]
    assert get(api, api.org.other_rep)["items"] == []
    say(api, api.org.other_rep, doubt["id"], 404, kind="approve")
    (said,) = say(api, api.org.rep, doubt["id"], kind="approve")
    assert place(api, account_id)["territory_id"] == str(east)
    assert execute(url, "SELECT territory_id FROM account_map") == [(east,)]
    assert execute(
        url,
        "SELECT count(*) FROM sync_row WHERE tbl = 'account' AND id = %s AND bucket = %s"
        " AND NOT removed", account_id, f"t:{east}",
    ) == [(1,)]  # fmt: skip
    undo(api, api.org.rep, said, 404)
    undo(api, api.org.manager, said)
    assert place(api, account_id)["location"] == pytest.approx([LON, LAT])


def test_a_pin_that_is_right_comes_back_with_new_evidence_only(
    api: Api, shop: UUID, test_database: TestDatabase
) -> None:
    check_pins(test_database, api.org)
    (doubt,) = get(api, api.org.rep)["items"]
    say(api, api.org.rep, doubt["id"], kind="right")
    assert place(api, shop)["location"] == [LON, LAT]
    url = test_database.owner_url
    for day in (2, 1):
        see(url, api.org, shop, at=REAL, days_ago=day)
        check_pins(test_database, api.org)
        assert get(api, api.org.rep)["items"] == []
    see(url, api.org, shop, at=REAL, days_ago=0)
    check_pins(test_database, api.org)
    (again,) = get(api, api.org.rep)["items"]
    assert again["id"] != doubt["id"]
    assert again["evidence"]["days"] == 6


def test_a_pin_moved_by_hand_stays_and_can_be_put_back(
    api: Api, shop: UUID, test_database: TestDatabase
) -> None:
    check_pins(test_database, api.org)
    (doubt,) = get(api, api.org.manager)["items"]
    by_hand = [LON + 0.001, LAT]
    say(api, api.org.manager, doubt["id"], 422, kind="move")
    say(api, api.org.manager, doubt["id"], 422, kind="approve", location=by_hand)
    say(api, api.org.manager, doubt["id"], 422, kind="move", location=[500, 3])
    (said,) = say(api, api.org.manager, doubt["id"], kind="move", location=by_hand)
    moved = place(api, shop)
    assert (moved["location"], moved["location_source"]) == (by_hand, "manual")
    check_pins(test_database, api.org)
    assert get(api, api.org.manager)["items"] == []
    undone = undo(api, api.org.analyst, said, 403)
    undone = undo(api, api.org.manager, said)
    assert (undone["kind"], undone["after"]) == ("undo", [LON, LAT])
    back = place(api, shop)
    assert (back["location"], back["location_source"]) == ([LON, LAT], "manual")
    (open_again,) = get(api, api.org.manager)["items"]
    assert open_again["id"] == doubt["id"]
    assert undo(api, api.org.manager, said, 409)["code"] == "pin_answer_undone"
    told = get(api, api.org.analyst, f"/answers?account_id={shop}")["items"]
    assert [(one["kind"], one["is_undone"]) for one in told] == [("undo", False), ("move", True)]


def test_an_account_that_moved_meanwhile_is_refused(
    api: Api, shop: UUID, test_database: TestDatabase
) -> None:
    check_pins(test_database, api.org)
    (doubt,) = get(api, api.org.manager)["items"]
    moved = {"location": [LON + 0.002, LAT]}
    url = f"/v1/accounts/{shop}"
    assert api.client.patch(url, json=moved, headers=api.as_(api.org.rep)).status_code == 200
    assert get(api, api.org.manager)["items"] == []
    refused = say(api, api.org.manager, doubt["id"], 409, kind="approve")
    assert refused["code"] == "pin_moved"
    assert place(api, shop)["location"] == moved["location"]
    check_pins(test_database, api.org)
    (anew,) = get(api, api.org.manager)["items"]
    (said,) = say(api, api.org.manager, anew["id"], kind="approve")
    assert api.client.patch(url, json=moved, headers=api.as_(api.org.rep)).status_code == 200
    assert undo(api, api.org.manager, said, 409)["code"] == "pin_moved"


@pytest.mark.parametrize(
    ("seen", "is_doubtful"),
    [
        ([(3, {}), (10, {}), (17, {})], True),
        ([(3, {}), (10, {})], False),
        ([(3, {}), (3, {}), (3, {})], False),  # one person on one day saw it once
        ([(3, {}), (3, {"rep": "other_rep"}), (4, {})], True),
        ([(3, {}), (10, {}), (17, {"accuracy_m": 400})], False),
        ([(3, {}), (10, {}), (17, {"accuracy_m": None})], False),
        ([(3, {}), (10, {}), (17, {"is_mock": True})], False),
        ([(3, {}), (10, {}), (400, {})], False),
        ([(3, {}), (10, {}), (17, {}), (24, {"at": IN_WEST}), (31, {"at": IN_WEST})], True),
        ([(3, {}), (10, {}), (17, {}), (24, {"at": IN_WEST}), (31, {"at": IN_WEST}),
          (38, {"at": IN_WEST})], False),
        # All over the town: nobody knows where it is.
        ([(3, {"at": [24.93, 60.18]}), (10, {"at": [24.91, 60.16]}), (17, {"at": [24.94, 60.19]})],
         False),
    ],
)  # fmt: skip
def test_enough_exact_check_ins_of_several_days_or_people_must_agree(
    api: Api,
    test_database: TestDatabase,
    seen: list[tuple[int, dict[str, Any]]],
    is_doubtful: bool,  # noqa: FBT001  # a column of the table
) -> None:
    url = test_database.owner_url
    account_id = add_account(url, api.org, "Quán Lan", LON, LAT)
    for days_ago, told in seen:
        values = {"at": REAL, **told}
        if "rep" in values:
            values["rep"] = api.org.other_rep
        see(url, api.org, account_id, days_ago=days_ago, **values)
    check_pins(test_database, api.org)
    assert len(get(api, api.org.manager)["items"]) == is_doubtful


def test_a_crowd_on_one_spot_is_found_by_its_addresses(
    api: Api, test_database: TestDatabase
) -> None:
    url = test_database.owner_url
    ids = [add_account(url, api.org, f"Tạp hoá {n}", LON, LAT) for n in range(8)]
    mall = [add_account(url, api.org, f"Quầy {n}", *IN_EAST) for n in range(8)]
    execute(url, "UPDATE account SET address = '12 Trần Phú' WHERE id = ANY (%s::uuid[])", mall)
    for n, one in enumerate(ids):
        execute(
            url, "UPDATE account SET address = %s, location_source = 'geocoded' WHERE id = %s",
            f"{n} Lê Lợi", one,
        )  # fmt: skip
    check_pins(test_database, api.org)
    found = get(api, api.org.manager, "?reason=crowded_spot")["items"]
    assert {one["account_id"] for one in found} == {str(one) for one in ids}
    assert found[0]["suggested"] is None
    assert found[0]["evidence"] == {"accounts": 8, "addresses": 8, "is_geocoded": True}
    say(api, api.org.manager, found[0]["id"], 422, kind="approve")
    told = say(api, api.org.manager, found[0]["id"], kind="right", is_whole_spot=True)
    assert len(told) == 8
    assert get(api, api.org.manager)["items"] == []
    check_pins(test_database, api.org)
    assert get(api, api.org.manager)["items"] == []
    for n in range(8, 12):
        one = add_account(url, api.org, f"Tạp hoá {n}", LON, LAT)
        execute(url, "UPDATE account SET address = %s WHERE id = %s", f"{n} Lê Lợi", one)
    check_pins(test_database, api.org)
    assert len(get(api, api.org.manager)["items"]) == 12


def test_a_pin_outside_the_unit_that_its_address_names_is_found(
    api: Api, test_database: TestDatabase
) -> None:
    url = test_database.owner_url
    for code, name, box in (("1", "Phường Bến Nghé", WEST), ("2", "Phường Tân Định", EAST)):
        execute(
            url,
            "INSERT INTO admin_unit (org_id, id, code, name, level, area, valid_from, source)"
            " VALUES (%s, %s, %s, %s, 6, ST_Multi(ST_MakeEnvelope(%s, %s, %s, %s, 4326)),"
            " '2020-01-01', 'test')",
            api.org.id, str(uuid4()), code, name, *box,
        )  # fmt: skip
    told = {
        "12 Lê Lợi, P. Tân Định, TP Hồ Chí Minh": True,
        "12 Lê Lợi, phuong ben nghe": False,
        "Tân Định, Bến Nghé": False,  # a street of that name
        "12 Lê Lợi, Phường Ba Đình": False,
        "": False,
    }
    ids = {}
    for address in told:
        one = add_account(url, api.org, "Quán", LON, LAT)
        execute(url, "UPDATE account SET address = %s WHERE id = %s", address, one)
        ids[str(one)] = address
    check_pins(test_database, api.org)
    found = get(api, api.org.manager)["items"]
    assert [ids[one["account_id"]] for one in found] == [one for one in told if told[one]]
    assert found[0]["evidence"]["unit_name"] == "Phường Tân Định"
    assert found[0]["distance_m"] == pytest.approx(0.03 * 111_195 * 0.4976, rel=0.01)
    say(api, api.org.manager, found[0]["id"], kind="right")
    check_pins(test_database, api.org)
    assert get(api, api.org.manager)["items"] == []


def test_accounts_that_are_alike_near_each_other_are_flagged_once(
    api: Api, test_database: TestDatabase
) -> None:
    url = test_database.owner_url
    names = {
        "Cà phê Hương Lan": 0, "Cafe Huong Lan": 60, "Tạp hoá Minh 1": 0, "Tạp hoá Minh 2": 20,
        "Phở Thìn Lò Đúc": 0, "Phở Thìn Lò Đúc ": 400, "CÀ PHÊ HƯƠNG LAN": 90,
    }  # fmt: skip
    ids = {
        str(add_account(url, api.org, name, LON, LAT + off * METRE)): name
        for name, off in names.items()
    }
    phones = [add_account(url, api.org, name, 10, 10 + n) for n, name in enumerate(("An", "Bình"))]
    execute(url, "UPDATE account SET phone = '+84912345678' WHERE id = ANY (%s::uuid[])", phones)
    for _ in range(2):
        check_pins(test_database, api.org)
    answer = api.client.get("/v1/accounts/duplicates", headers=api.as_(api.org.manager))
    pairs = {
        (frozenset(ids.get(one[key]["id"], "?") for key in ("account", "other")), one["reason"])
        for one in answer.json()["items"]
    }
    assert pairs == {
        (frozenset({"Cà phê Hương Lan", "CÀ PHÊ HƯƠNG LAN"}), "same_name_near"),
        (frozenset({"?"}), "same_phone"),
    } | {
        (frozenset({"Cafe Huong Lan", one}), "similar_name_near")
        for one in ("Cà phê Hương Lan", "CÀ PHÊ HƯƠNG LAN")
    }
    one = answer.json()["items"][0]
    api.client.post(
        f"/v1/accounts/duplicates/{one['account']['id']}/{one['other']['id']}/distinct",
        headers=api.as_(api.org.manager),
    )
    check_pins(test_database, api.org)
    again = api.client.get("/v1/accounts/duplicates", headers=api.as_(api.org.manager))
    assert len(again.json()["items"]) == len(pairs) - 1


@pytest.mark.usefixtures("shop")
def test_the_queue_is_paged_counted_and_a_sheet(api: Api, test_database: TestDatabase) -> None:
    url = test_database.owner_url
    for n in range(4):
        account_id = add_account(url, api.org, f"Quán {n}", *IN_EAST)
        for day in (1, 2, 3):
            at = [IN_EAST[0], IN_EAST[1] + (100 + 200 * n) * METRE]
            see(url, api.org, account_id, at=at, days_ago=day)
    check_pins(test_database, api.org)
    seen, cursor = [], ""
    while cursor is not None:
        page = get(api, api.org.manager, f"?limit=2{cursor and f'&cursor={cursor}'}")
        seen += [one["distance_m"] for one in page["items"]]
        cursor = page["next_cursor"]
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)
    assert len(get(api, api.org.rep)["items"]) == 1
    told = get(api, api.org.analyst, "/summary")
    assert told["reasons"] == [{"reason": "visits_elsewhere", "pins": 5, "suggested": 5}]
    assert (told["check"]["status"], told["check"]["checked"]) == ("done", 5)
    answer = api.client.get("/v1/pins/doubtful.csv", headers=api.as_(api.org.analyst))
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [float(row["distance_m"]) for row in rows] == seen
    get(api, api.org.manager, "?cursor=WyJuYW4iLCJ4Il0", 422)
    get(api, api.org.manager, "?reason=nonsense", 422)


@pytest.mark.usefixtures("shop")
def test_only_planners_start_a_check_and_one_at_a_time(api: Api) -> None:
    for who, status in ((api.org.rep, 403), (api.org.analyst, 403), (api.org.manager, 201)):
        answer = api.client.post("/v1/pins/checks", headers=api.as_(who))
        assert answer.status_code == status
    again = api.client.post("/v1/pins/checks", headers=api.as_(api.org.admin))
    assert again.json()["id"] == answer.json()["id"]
    assert again.json()["status"] == "running"


def test_a_check_goes_part_by_part_and_lets_go_of_what_no_longer_holds(
    api: Api, shop: UUID, test_database: TestDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "PART", 2)
    url = test_database.owner_url
    for n in range(6):
        add_account(url, api.org, f"Quán {n}", *IN_EAST)
    check_pins(test_database, api.org)
    assert get(api, api.org.manager, "/summary")["check"]["checked"] == 7
    assert len(get(api, api.org.manager)["items"]) == 1
    for day in range(20, 26):
        see(url, api.org, shop, at=IN_WEST, days_ago=day)
    check_pins(test_database, api.org)
    assert get(api, api.org.manager)["items"] == []


def test_another_organisation_sees_nothing(
    api: Api, shop: UUID, other_org: Any, test_database: TestDatabase
) -> None:
    assert shop
    check_pins(test_database, api.org)
    (doubt,) = get(api, api.org.manager)["items"]
    assert get(api, other_org.manager)["items"] == []
    say(api, other_org.manager, doubt["id"], 404, kind="approve")
    (said,) = say(api, api.org.manager, doubt["id"], kind="right")
    undo(api, other_org.manager, said, 404)
