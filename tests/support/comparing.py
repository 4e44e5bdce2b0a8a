"""What a phone does to find out whether it holds what it should, and to mend it."""

from collections.abc import Sequence
from typing import Any

import httpx
import msgspec

from backend.sync.protocol.checksum import digest_of
from backend.sync.protocol.messages import Check, PullResponse
from backend.sync.protocol.tables import TABLES
from tests.support.phone import Phone

type Key = tuple[str, str]


def checks_of(phone: Phone, tables: Sequence[str] = tuple(TABLES)) -> dict[str, Check]:
    """Return the checks of what a phone holds."""
    found = {}
    for name in tables:
        records = [
            (row_id, rv) for (table, row_id), rv in phone.versions().items() if table == name
        ]
        found[name] = Check(count=len(records), digest=digest_of(records))
    return found


def ask_pull(
    phone: Phone, *, headers: dict[str, str] | None = None, **parts: Any
) -> httpx.Response:
    """Pull from the phone's cursor with further parts of the request."""
    body = {"device_id": str(phone.actor.device_id), "cursor": phone.cursor, **parts}
    return _post(phone, "/v1/sync/pull", body, headers)


def ask_manifest(
    phone: Phone, *, headers: dict[str, str] | None = None, **parts: Any
) -> httpx.Response:
    """Send one page of a manifest; unless said otherwise, all that the phone holds."""
    have = [(*key, rv) for key, rv in sorted(phone.versions().items())]
    body = {
        "device_id": str(phone.actor.device_id), "cursor": phone.cursor, "have": have, **parts
    }  # fmt: skip
    return _post(phone, "/v1/sync/manifest", body, headers)


class Comparison:
    """A manifest on its way: `step` sends a page, `finish` commits what all of them brought."""

    def __init__(self, phone: Phone, *, limit: int = 1000, portion: int = 1000) -> None:
        self.phone = phone
        self.limit = limit
        self.portion = portion
        self.staged: list[PullResponse] = []

    @property
    def is_through(self) -> bool:
        """Whether the rest comes by pull."""
        return bool(self.staged) and self.staged[-1].next is None

    def step(self) -> httpx.Response:
        """Send the next page of what the phone holds and keep the answer, if it is one."""
        last = self.staged[-1] if self.staged else None
        after = last.next if last and last.next else ("", "")
        held = [(*key, rv) for key, rv in sorted(self.phone.versions().items()) if key > after]
        have = held[: self.portion]
        answer = ask_manifest(
            self.phone,
            have=have,
            upto=have[-1][:2] if len(held) > len(have) else None,
            token=last.token if last else None,
            limit=self.limit,
        )
        if answer.status_code == 200:
            page = self.phone.read_page(answer)
            assert len(page.rows) + len(page.drop) <= self.limit
            assert page.next is None or page.next > after, "the comparison does not go on"
            self.staged.append(page)
        return answer

    def finish(self) -> list[PullResponse]:
        """Go on to the end, commit, and return all pages."""
        while not self.is_through:
            answer = self.step()
            assert answer.status_code == 200, answer.text
        pages = self.staged
        self.phone.finish(pages, limit=self.limit)
        return pages


def _post(
    phone: Phone, path: str, body: dict[str, Any], headers: dict[str, str] | None
) -> httpx.Response:
    return phone.api.client.post(
        path,
        headers={**phone.api.as_(phone.actor), **(headers or {})},
        content=msgspec.json.encode(body),
    )
