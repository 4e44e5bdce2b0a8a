"""Pull: stage pages, commit them with the cursor at once, and compare with the oracle."""

import time
from contextlib import suppress
from typing import Any

import msgspec

from backend.sync.protocol.messages import FINAL, MutationResult, PullResponse
from tests.simulator.handset import Handset, Killed
from tests.simulator.proofs import CLIENT_BREAKAGE
from tests.simulator.store import Store, fate_of
from tests.simulator.truth import differences, digest, digest_of_rows, parse_truth
from tests.simulator.wire import Answer, LostError
from tests.simulator.world import Fate

PULL_PATH = "/v1/sync/pull"
_MANIFEST = "/v1/sync/manifest"
_MAX_PAGES = 600
_PATIENCE = 40
_MAX_RESTARTS = 60
_ERRORS = ("deadlock", "serialization", "timeout")
_EMPTY = digest("")


class Restart(Exception):
    """The staged pages are void: pull again from the kept cursor."""


class Puller:
    """Brings a device to one state that the server really had."""

    def __init__(self, phone: Handset) -> None:
        self.phone = phone
        self.is_two_step = phone.world.house.breakage == CLIENT_BREAKAGE
        """Keep rows and cursor in two transactions: a deliberate breakage."""

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
                self._commit(staged, answer, asked, is_anew=is_anew)
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
                self._lose_cursor()
            raise Restart(answer.code)
        told = [f"{answer.status} {answer.body[:300]!r}"]
        phone.tally.fail(phone.log, "a pull was refused", told)
        self._lose_cursor()
        raise Restart("refused")

    def _lose_cursor(self) -> None:
        store = self.phone.store.copy()
        store.cursor = None
        self.phone.store = store
        self.phone.awaited.clear()

    def _resync(self) -> None:
        """Compare by manifest what the device holds; an old client pulls everything anew."""
        if self.phone.is_old:
            self._lose_cursor()
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
                    self._lose_cursor()
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
        self._commit(staged, answer, asked, is_anew=False)
        phone.tally.fault("resynced by manifest")

    def _commit(
        self, pages: list[PullResponse], answer: Answer, asked: frozenset[str], *, is_anew: bool
    ) -> None:
        """Take over what was staged in one transaction; the process may die around it."""
        phone, rng, strikes = self.phone, self.phone.rng, self.phone.world.strikes
        if strikes(rng, "client killed before apply"):
            phone.tally.fault("client killed before apply")
            raise Killed("before apply")
        store = phone.store.copy()
        before = set(store.rows.get("account", {}))
        try:
            facts = store.apply(pages, is_anew=is_anew)
        except AssertionError as error:
            phone.tally.fail(phone.log, "a version went back", [str(error)])
            return
        acks = [ack for page in pages for ack in page.acks]
        self._take_acks(store, acks)
        if self.is_two_step:
            store.cursor, cursor = phone.store.cursor, pages[-1].cursor
            phone.store = store.copy()
        else:
            cursor = pages[-1].cursor
        if strikes(rng, "client killed between apply and cursor"):
            phone.tally.fault("client killed between apply and cursor")
            raise Killed("between apply and cursor")
        store.cursor = cursor
        phone.store = store
        self._check(pages, answer, asked, acks, is_anew=is_anew)
        for table, rid, told in facts:
            phone.world.check_fact(phone.log, table, rid, told)
        self._note_scope(before, set(store.rows.get("account", {})))

    def _take_acks(self, store: Store, acks: list[MutationResult]) -> None:
        for ack in acks:
            if ack.status not in FINAL:
                self.phone.tally.fail(self.phone.log, "an ack is not final", [str(ack)])
                continue
            self.phone.world.tell_fate(self.phone.log, ack.id, Fate(*fate_of(ack)))
            if store.settle(ack):
                self.phone.tally.fault("lost answer healed by an ack")

    def _check(
        self,
        pages: list[PullResponse],
        answer: Answer,
        asked: frozenset[str],
        acks: list[MutationResult],
        *,
        is_anew: bool,
    ) -> None:
        phone = self.phone
        phone.tally.count("pulls")
        phone.tally.count("pulls of several pages", int(len(pages) > 1))
        if phone.store.cursor is None:
            phone.tally.fail(phone.log, "a pull ended without a cursor")
            return
        with phone.world.lock:
            phone.world.cursors.append(phone.store.cursor)
            del phone.world.cursors[:-20]
        missing = asked - {ack.id for ack in acks}
        if missing and not is_anew:
            phone.tally.fail(phone.log, "acks did not arrive", sorted(missing))
        phone.awaited -= asked
        self._check_versions(pages)
        self._check_truth(answer)

    def _check_versions(self, pages: list[PullResponse]) -> None:
        phone = self.phone
        for page in pages:
            for raw in page.rows:
                table, rid, rv, _ = msgspec.json.decode(raw)
                if rv < phone.highest.get(rid, 0):
                    told = [f"{table} {rid}: {phone.highest[rid]} came before {rv}"]
                    phone.tally.fail(phone.log, "an older version came down", told)
                phone.highest[rid] = rv

    def _check_truth(self, answer: Answer) -> None:
        """Compare what is held with what the oracle said in the last page's own snapshot."""
        phone = self.phone
        told = answer.headers.get("sim-truth")
        if told is None:
            phone.tally.fail(phone.log, "the oracle said nothing")
            return
        key, *digests = told.split(";")
        wanted = dict(one.split("=") for one in digests)
        tables = phone.store.known
        wrong = [
            table
            for table in sorted(tables)
            if digest_of_rows(phone.store.rows.get(table, {})) != wanted.get(table, _EMPTY)
        ]
        phone.tally.count("checks")
        if not wrong:
            return
        detail = [f"tables {wrong}"]
        with suppress(LostError):
            texts = msgspec.json.decode(
                phone.wire.ask("GET", f"/sim/truth/{key}", {}).body, type=dict[str, str]
            )
            detail += differences(phone.store.rows, parse_truth(texts), wrong)
        phone.tally.fail(phone.log, "the device differs from the oracle", detail)
        self._lose_cursor()

    def _note_scope(self, before: set[str], after: set[str]) -> None:
        """Count what the device lost and got back; late facts are written about the lost."""
        person = self.phone.person
        regained = {one for one in person.former if one in after}
        if regained:
            self.phone.tally.fault("scope lost and regained")
        person.former = [one for one in person.former if one not in after]
        person.former += sorted(before - after)
