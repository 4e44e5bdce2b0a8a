"""Whatever is sent to campaigns: a problem in words, or a campaign, and no 5xx."""

from typing import Any

from hypothesis import given

from tests.e2e.fuzz.conftest import Town, check_refusal, fuzz
from tests.support.spoiling import spoiled

_CAMPAIGN = {
    "name": "Tết 2027", "purpose": "Mời khách quay lại", "starts_on": "2026-11-22",
    "ends_on": "2027-02-10",
}  # fmt: skip


def test_a_spoiled_campaign_is_a_problem_or_is_kept(town: Town) -> None:
    headers = {**town.api.as_(town.org.manager), "Content-Type": "application/json"}
    action: dict[str, Any] = {"kind": "campaign", "campaign": _CAMPAIGN}
    asked = {"action": action, "account_ids": [str(town.shop), str(town.far_shop)]}

    @fuzz(150)
    @given(spoiled(_CAMPAIGN, town.words), spoiled(asked, town.words))
    def run(body: bytes, bulk: bytes) -> None:
        made = town.api.client.post("/v1/campaigns", headers=headers, content=body)
        if made.status_code == 201:
            url = f"/v1/campaigns/{made.json()['id']}"
            for method, path, content in (
                ("PATCH", "", body), ("GET", "", None), ("GET", "/accounts", None),
                ("POST", "/end", None), ("GET", "/accounts.csv", None),
            ):  # fmt: skip
                answer = town.api.client.request(
                    method, url + path, headers=headers, content=content
                )
                assert answer.status_code == 200, answer.text
        else:
            check_refusal(made)
        for path in ("/preview", ""):
            answer = town.api.client.post(f"/v1/bulk-actions{path}", headers=headers, content=bulk)
            if not answer.is_success:
                check_refusal(answer)

    run()
