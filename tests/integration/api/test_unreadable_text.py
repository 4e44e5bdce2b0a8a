"""Text that nobody can read or keep is the sender's fault, and told so."""

import pytest

from tests.support.http import Api

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(
    "path", ["/v1/accounts", "/v1/sync/push", "/v1/sync/pull", "/v1/sync/manifest"]
)
def test_a_body_that_is_no_utf_8_is_malformed(api: Api, path: str) -> None:
    headers = {**api.as_(api.org.manager), "Content-Type": "application/json"}
    answer = api.client.post(path, headers=headers, content=b'{"\xff": 1}')
    assert answer.status_code == 422
    assert answer.json()["code"] in {"malformed", "bad_envelope"}


@pytest.mark.parametrize("name", ["q", "category", "tag"])
def test_a_nul_in_a_search_is_malformed(api: Api, name: str) -> None:
    answer = api.client.get(f"/v1/accounts?{name}=%00", headers=api.as_(api.org.manager))
    assert answer.status_code == 422
    assert answer.json()["code"] == "malformed"
