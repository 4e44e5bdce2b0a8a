"""What a visit that people plan or make is for: as they say it, else as it usually is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from backend.sync.protocol.messages import Status
from tests.integration.visits.conftest import TODAY, Desk
from tests.support.ground import execute
from tests.support.people import Org
from tests.support.phone import Phone


def _planned(desk: Desk, **values: Any) -> dict[str, Any]:
    body = {"account_id": str(desk.shop), "planned_on": TODAY, **values}
    answer = desk.post(desk.api.org.rep, "/v1/visits", body)
    assert answer.status_code == 201, answer.text
    visit: dict[str, Any] = answer.json()
    return visit


def test_a_visit_planned_by_hand_is_what_it_is_said_to_be_for(desk: Desk) -> None:
    visit = _planned(desk, kind="delivery")
    assert visit["kind"] == "delivery"
    read = desk.get(desk.api.org.manager, f"/v1/visits/{visit['id']}").json()
    assert read["kind"] == "delivery"
    kept = execute(desk.url, "SELECT kind, asked_kind, is_by_hand FROM visit")
    assert kept == [("delivery", "delivery", True)]


def test_a_prospect_has_one_first_visit_and_routine_ones_after_it(desk: Desk) -> None:
    first = _planned(desk)
    assert first["kind"] == "first"
    assert desk.complete(first["id"]).status_code == 201
    assert _planned(desk)["kind"] == "routine"


def test_a_customer_has_no_first_visit_unless_somebody_says_so(desk: Desk) -> None:
    execute(desk.url, "UPDATE account SET life_stage = 'customer'")
    assert _planned(desk)["kind"] == "routine"
    assert _planned(desk, kind="first")["kind"] == "first"


@pytest.mark.parametrize("kind", ["party", "", 3])
def test_what_is_no_kind_is_refused_by_name(desk: Desk, kind: object) -> None:
    body = {"account_id": str(desk.shop), "planned_on": TODAY, "kind": kind}
    answer = desk.post(desk.api.org.rep, "/v1/visits", body)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == ["kind"]
    assert execute(desk.url, "SELECT count(*) FROM visit") == [(0,)]


def _made(phone: Phone, desk: Desk, org: Org, **values: Any) -> dict[str, Any]:
    """Return the making of a visit that the rep met somebody on."""
    today = datetime.now(UTC).date().isoformat()
    owner = {"account_id": str(desk.shop), "rep_id": str(org.rep.user_id), "planned_on": today}
    done = {"status": "done", "outcome": "met"}
    return phone.mutation("create", "visit", values={**owner, **done, **values})


def test_kinds_travel_and_the_first_of_two_visits_in_one_batch_is_the_first(desk: Desk) -> None:
    org = desk.api.org
    phone = Phone(desk.api, org.rep)
    visits = [
        _made(phone, desk, org),
        _made(phone, desk, org),
        _made(phone, desk, org, kind="order"),
    ]
    told = phone.push(*visits)
    assert [one.status for one in told] == [Status.APPLIED] * 3, told
    phone.pull()
    kinds = [phone.rows["visit", one["rid"]]["kind"] for one in visits]
    assert kinds == ["first", "routine", "order"]


def test_a_phone_is_told_what_is_wrong_with_a_kind_and_cannot_change_one(desk: Desk) -> None:
    org = desk.api.org
    phone = Phone(desk.api, org.rep)
    visit = _made(phone, desk, org)
    (wrong,) = phone.push(_made(phone, desk, org, kind="party"))
    assert (wrong.status, wrong.code) == (Status.REJECTED, "malformed")
    phone.push(visit)
    patch = phone.mutation("patch", "visit", visit["rid"], values={"kind": "service"})
    (refused,) = phone.push(patch)
    assert refused.status is Status.REJECTED
    assert execute(desk.url, "SELECT kind FROM visit") == [("first",)]
