"""Probes and the shape of errors."""

from tests.support.http import Api


def test_readiness_says_that_database_and_schema_are_fit(api: Api) -> None:
    answer = api.client.get("/readyz")
    assert answer.status_code == 200, answer.text
    assert answer.json() == {
        "is_ready": True,
        "database": "reachable",
        "schema": "current",
        "disk": "enough room",
    }


def test_an_unknown_path_is_answered_with_a_problem(api: Api) -> None:
    answer = api.client.get("/v1/nowhere", headers=api.as_(api.org.rep))
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json()["code"] == "not_found"
