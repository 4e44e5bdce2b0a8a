"""The commit of a pull: rows, acks and cursor at once; then all that must hold is checked."""

from contextlib import suppress

import msgspec

from backend.sync.protocol.messages import FINAL, MutationResult, PullResponse
from tests.simulator.handset import Handset, Killed
from tests.simulator.proofs import CLIENT_BREAKAGE
from tests.simulator.store import Store, fate_of
from tests.simulator.truth import differences, digest, digest_of_rows, parse_truth
from tests.simulator.wire import Answer, LostError
from tests.simulator.world import Fate

_EMPTY = digest("")


class Keeper:
    """Takes over what a device pulled, and compares it with the oracle."""

    def __init__(self, phone: Handset) -> None:
        self.phone = phone
        self.is_two_step = phone.world.house.breakage == CLIENT_BREAKAGE
        """Keep rows and cursor in two transactions: a deliberate breakage."""

    def commit(
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
        self.phone.lose_cursor()

    def _note_scope(self, before: set[str], after: set[str]) -> None:
        """Count what the device lost and got back; late facts are written about the lost."""
        person = self.phone.person
        regained = {one for one in person.former if one in after}
        if regained:
            self.phone.tally.fault("scope lost and regained")
        person.former = [one for one in person.former if one not in after]
        person.former += sorted(before - after)
