"""The API's description tells how calls are refused, and leaves nothing out that could be sent."""

from tests.support.http import Api


def test_every_operation_tells_its_problems_and_takes_no_unknown_fields(api: Api) -> None:
    answer = api.client.get("/schema/openapi.json")
    assert answer.status_code == 200
    told = answer.json()
    operations = {
        one["operationId"]: one
        for path, items in told["paths"].items() if path.startswith("/v1/")
        for one in items.values()
    }  # fmt: skip
    assert {"sync_push", "sync_pull", "create_account"} <= set(operations)
    for one in operations.values():
        content = one["responses"]["4XX"]["content"]
        assert list(content) == ["application/problem+json"]
        assert "content" not in one["responses"].get("204", {})
    schemas = told["components"]["schemas"]
    assert schemas["AccountCreate"]["additionalProperties"] is False
    assert "additionalProperties" not in schemas["AccountRead"]
    assert schemas["Problem"]["required"] == ["title", "status", "code", "detail"]
