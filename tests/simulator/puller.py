"""Pull: ask for pages and stage them, through every fault on the way."""

import time
from contextlib import suppress
from typing import Any

import msgspec

from backend.sync.protocol.messages import PullResponse
from tests.simulator.handset import Handset, Killed
from tests.simulator.keeper import Keeper
from tests.simulator.wire import Answer, LostError

PULL_PATH = "/v1/sync/pull"
_MANIFEST = "/v1/sync/manifest"
_MAX_PAGES = 600
_PATIENCE = 40
_MAX_RESTARTS = 60
_ERRORS = ("deadlock", "serialization", "timeout")


class Restart(Exception):
    """The staged pages are void: pull again from the kept cursor."""


class Puller:
    """Brings a device to one state that the server really had."""

    def __init__(self, phone: Handset) -> None:
        self.phone = phone
        self.keeper = Keeper(phone)

    def pull(self) -> None:
        """Pull to the end and commit; raises LostError, Killed, Disabled."""
        for _ in range(_MAX_RESTARTS):
            try:
                self._pull_once()
            except Restart as reason:
                self.phone.log("restart:", reason)
            else:
                return
        self.phone.tally.fail(self.phone.log, "the pull restarts without end")

    def body(self, **more: Any) -> dict[str, Any]:
        """Return a message of this device."""
        protocol = 1 if self.phone.is_old else 2
        return {"device_id": str(self.phone.actor.device_id), "protocol": protocol, **more}

    def _pull_once(self) -> None:
        phone = self.phone
        asked = frozenset(phone.awaited)
        is_anew = phone.store.cursor is None
        limit = phone.rng.choice([20, 50, 1000] if is_anew else [1, 2, 3, 5, 10, 40, 1000])
        staged: list[PullResponse] = []
        token: str | None = None
        while True:
            if len(staged) > _PATIENCE:
                # Where many write, pages of one record may never come to an end.
                limit = 1000
            answer = self._ask_page(token, limit)
            page = self._understand(answer, staged)
            staged.append(page)
            if len(staged) > _MAX_PAGES:
                phone.tally.fail(phone.log, "the pull does not end")
                return
            if page.state == "done":
                self.keeper.commit(staged, answer, asked, is_anew=is_anew)
                return
            token = page.token
            self._between_pages()

    def _between_pages(self) -> None:
        phone, strikes = self.phone, self.phone.world.strikes
        if strikes(phone.rng, "client killed in mid-page"):
            phone.tally.fault("client killed in mid-page")
            raise Killed("between two pages")
        if strikes(phone.rng, "pause between pages"):
            time.sleep(phone.rng.random() * 0.1)
        if strikes(phone.rng, "token expires between pages"):
            phone.expire_token()
            time.sleep(0.06)
            phone.tally.fault("token expired between pages")

    def _ask_page(self, token: str | None, limit: int) -> Answer:
        phone, rng, strikes = self.phone, self.phone.rng, self.phone.world.strikes
        body = self.body(limit=limit)
        body |= {"token": token} if token else {"cursor": phone.store.cursor}
        fault = ""
        if strikes(rng, "server killed in mid-pull"):
            fault = rng.choice(["die:1", "die:2", "die:3", "die:4", "die-before-commit"])
        elif strikes(rng, "database error in pull"):
            fault = f"{rng.choice(_ERRORS)}:{rng.randint(2, 4)}"
        if strikes(rng, "page cut at a random byte"):
            with suppress(LostError):
                phone.wire.ask_and_read_part(
                    PULL_PATH, phone.headers(), msgspec.json.encode(body), rng.random()
                )
                phone.tally.fault("page cut at a random byte")
        turns = int(phone.world.weather.haste + rng.random())
        if turns:
            phone.world.turns.release(turns)
        with phone.world.flying("pull"):
            answer = phone.post(PULL_PATH, body, fault)
            phone.tally.count("pages")
            if strikes(rng, "page lost"):
                phone.tally.fault("page lost after the commit")
                raise LostError("page lost")
            if strikes(rng, "page asked twice"):
                answer = phone.post(PULL_PATH, body)
                phone.tally.fault("page asked twice")
        return answer

    def _understand(self, answer: Answer, staged: list[PullResponse]) -> PullResponse:
        phone = self.phone
        if answer.status == 200:
            page = msgspec.json.decode(answer.body, type=PullResponse)
            phone.log("page", page.state, len(page.rows), "rows", len(page.drop), "drops")
            return page
        phone.log("pull", answer.status, answer.code)
        if (answer.status, answer.code) == (409, "scope_changed"):
            if staged:
                phone.tally.fault("scope flipped between pages")
            raise Restart("the scope changed")
        if answer.status == 410:
            phone.tally.count(f"answers {answer.code}")
            if answer.code == "cursor_expired":
                phone.tally.fault("purged cursor")
                self._resync()
            else:
                self.phone.lose_cursor()
            raise Restart(answer.code)
        told = [f"{answer.status} {answer.body[:300]!r}"]
        phone.tally.fail(phone.log, "a pull was refused", told)
        self.phone.lose_cursor()
        raise Restart("refused")

    def _resync(self) -> None:
        """Compare by manifest what the device holds; an old client pulls everything anew."""
        if self.phone.is_old:
            self.phone.lose_cursor()
            return
        phone = self.phone
        have = sorted(
            (table, rid, rv) for table, rows in phone.store.rows.items() for rid, rv in rows.items()
        )
        size = phone.rng.choice([7, 40, 5000])
        staged: list[PullResponse] = []
        token: str | None = None
        place: tuple[str, str] = ("", "")
        asked = frozenset(phone.awaited)
        while True:
            left = [one for one in have if one[:2] > place]
            part = left[:size]
            upto = part[-1][:2] if len(left) > size else None
            body = self.body(
                cursor=phone.store.cursor, have=part, upto=upto, token=token, limit=size
            )
            answer = phone.post(_MANIFEST, body)
            if answer.status != 200:
                phone.log("manifest", answer.status, answer.code)
                if answer.code != "scope_changed":
                    self.phone.lose_cursor()
                raise Restart(f"manifest {answer.code}")
            page = msgspec.json.decode(answer.body, type=PullResponse)
            phone.log("manifest page", page.state, len(page.rows), len(page.drop), page.next)
            staged.append(page)
            phone.tally.count("manifest pages")
            token = page.token
            if page.next is None:
                break
            place = page.next
        while page.state != "done":
            answer = self._ask_page(token, 1000)
            page = self._understand(answer, staged)
            staged.append(page)
            token = page.token
        self.keeper.commit(staged, answer, asked, is_anew=False)
        phone.tally.fault("resynced by manifest")
