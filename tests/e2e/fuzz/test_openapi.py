"""What the API's own description leads a stranger to send, in every role: the promised answers.

The description at /schema/openapi.json is read by Schemathesis, which makes calls that fit it and
calls that do not. Where a path names a record, half of the calls name one that is there.
"""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import given
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from backend.identity.actor import Actor
from backend.sync.protocol.ids import new_id
from tests.e2e.fuzz.conftest import Town, fuzz

_CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance,
    response_schema_conformance,
]  # fmt: skip
_ENDLESS = ("/stream",)
"""Answers that end when the token does."""
_LAST = "POST /v1/auth/logout"
"""Afterwards the device is signed out."""


def _operations(town: Town) -> Iterator[Any]:
    document = town.api.client.get("/schema/openapi.json").json()
    schema = schemathesis.openapi.from_dict(document)
    found = []
    for one in schema.get_all_operations():
        assert isinstance(one, Ok), one
        found.append(one.ok())
    ended = [one for one in found if not one.path.endswith(_ENDLESS)]
    yield from sorted(ended, key=lambda one: one.label == _LAST)


@pytest.mark.parametrize("role", ["rep", "manager", "admin"])
def test_every_operation_answers_as_it_is_described(town: Town, role: str) -> None:
    actor: Actor = getattr(town.org, role)
    known = {
        "account_id": str(town.shop), "other_id": str(town.far_shop),
        "territory_id": str(town.west), "contact_id": town.children["contact"],
        "visit_id": town.children["visit"], "media_id": town.children["media"],
        "user_id": str(town.org.other_rep.user_id), "table": "account", "layer": "accounts",
        "device_id": str(town.org.analyst.device_id), "upload_id": new_id(),
    }  # fmt: skip
    wrong: dict[str, str] = {}
    for operation in _operations(town):
        cases = operation.as_strategy() | operation.as_strategy(
            generation_mode=GenerationMode.NEGATIVE
        )

        @fuzz(6)
        @given(case=cases, is_known=st.booleans())
        def run(case: Any, is_known: bool) -> None:  # noqa: FBT001  # Hypothesis gives it
            if is_known:
                for name in set(case.path_parameters or {}) & set(known):
                    case.path_parameters[name] = known[name]
            answer = _call(town, actor, case)
            case.validate_response(answer, checks=_CHECKS)

        try:
            run()
        except BaseException as error:  # noqa: BLE001  # Schemathesis groups; all are told below
            wrong[operation.label] = repr(error)
    assert not wrong, "\n\n".join(f"{label}\n{text}" for label, text in wrong.items())


def _call(town: Town, actor: Actor, case: Any) -> httpx.Response:
    told = case.as_transport_kwargs(base_url="http://testserver.local")
    told.pop("cookies", None)
    headers = {**dict(told.pop("headers", {}) or {}), **town.api.as_(actor)}
    data = told.pop("data", None)
    answer = town.api.client.request(headers=headers, content=data, **told)
    answer.request.read()  # a body of parts is read by whoever looks at the request
    return answer
