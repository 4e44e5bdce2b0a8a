"""Ghosts, and what people say against what is told of them."""

from typing import Any

import httpx
import pytest

from backend.identity.actor import Actor
from tests.integration.routes.followup.conftest import PAST, Field

pytestmark = pytest.mark.integration


def test_a_ghost_is_told_until_the_objection_is_accepted(field: Field) -> None:
    field.visit(0, away=0.02)
    field.visit(1, is_mock=True)
    org, client = field.town.org, field.town.api.client
    ghosts = [one["ghost"] for one in field.actual()["visits"][:2]]
    assert ghosts == [["far_away"], ["mock_position"]]
    body = {"on_date": PAST, "visit_id": field.stops[0]["visit_id"], "body": "Đã dời cửa hàng."}

    def call(who: Actor, path: str, body: dict[str, Any]) -> httpx.Response:
        return client.post(
            f"/v1/followup/objections{path}", headers=field.town.api.as_(who), json=body
        )

    assert call(org.other_rep, "", body).status_code == 422
    objection = call(org.rep, "", body).json()
    answer = f"/{objection['id']}/answer"
    assert call(org.rep, answer, {"is_accepted": True}).status_code == 403
    assert call(org.analyst, answer, {"is_accepted": True}).status_code == 403
    listed = field.town.get(org.manager, "/v1/followup/objections", only_open=True).json()
    assert [one["id"] for one in listed["items"]] == [objection["id"]]
    assert field.town.get(org.other_rep, "/v1/followup/objections").json()["items"] == []

    accepted = call(org.manager, answer, {"is_accepted": True, "answer": "Đúng."})

    assert accepted.json()["state"] == "accepted"
    assert call(org.manager, answer, {"is_accepted": False}).status_code == 409
    day = field.actual()
    assert [one["ghost"] for one in day["visits"][:2]] == [[], ["mock_position"]]
    assert day["visits"][0]["is_excused"] is True
    assert day["objections"][0]["answer"] == "Đúng."


def test_analysts_do_not_object_and_nobody_answers_oneself(field: Field) -> None:
    org = field.town.org
    assert field.object_to(org.analyst).status_code == 403
    objection = field.object_to(org.manager).json()

    answers = [
        field.town.api.client.post(
            f"/v1/followup/objections/{objection['id']}/answer",
            headers=field.town.api.as_(who),
            json={"is_accepted": True},
        ).status_code
        for who in (org.manager, org.admin)
    ]

    assert answers == [403, 200]
