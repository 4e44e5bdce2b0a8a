"""What must hold at the end of a world: nothing acknowledged is lost, each effect is there once."""

from collections import Counter, defaultdict
from contextlib import closing
from typing import Any

from tests.simulator.service import POISON
from tests.simulator.world import Fate, World

_DONE = frozenset({"applied", "merged"})
_KEPT = frozenset({"merged", "conflict"})


class LastCheck:
    """Compares what devices were told with what the database holds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.fates = dict(world.fates)
        self.connection = world.house.connect()
        self.taken: set[str] = set()
        """Mutations whose values lost at first, and were chosen by their person afterwards."""

    def run(self) -> None:
        """Note every broken promise as a failure."""
        with closing(self.connection):
            self.taken = {
                str(one)
                for (one,) in self._ask(
                    "SELECT mutation_id FROM issue WHERE org_id = %s AND resolution = 'mine'"
                )
            }
            self._every_mutation_has_a_fate()
            self._results_are_stored()
            self._created_records_are_there()
            self._marks_are_there()
            self._nothing_twice()
            self._sums_are_right()
            self._losers_are_kept()
            self._photos_are_stored()

    def _ask(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return self.world.run(self.connection, statement, self.world.org_id, *values)

    def _fail(self, what: str, detail: list[str]) -> None:
        if detail:
            self.world.tally.fail(self.world.log, what, detail)

    def _every_mutation_has_a_fate(self) -> None:
        """What was made in a life that a backup undid never left the device, and has none."""
        stored = {str(one): status for one, status in self._ask(
            "SELECT id, result ->> 'status' FROM sync_mutation WHERE org_id = %s")}  # fmt: skip
        self.stored = stored
        self._fail(
            "a stored mutation is unknown to every device",
            [f"{one} {status}" for one, status in stored.items() if one not in self.world.sent],
        )
        poisoned = [one for one, made in self.world.sent.items() if POISON in str(made["set"])]
        taken = [one for one in poisoned if one in self.fates and self.fates[one].status in _DONE]
        self._fail("poison was applied", taken)

    def _results_are_stored(self) -> None:
        lost = [
            f"{one}: told {fate.status}, stored {self.stored.get(one)}"
            for one, fate in self.fates.items()
            if self.stored.get(one) != fate.status and fate.code != "id_reused"
        ]
        self._fail("an acknowledged result is not stored", lost)

    def _told(self, op: str) -> list[tuple[str, dict[str, Any], Fate]]:
        return [
            (one, self.world.sent[one], fate)
            for one, fate in self.fates.items()
            if one in self.world.sent and self.world.sent[one]["op"] == op
        ]

    def _created_records_are_there(self) -> None:
        wanted: dict[str, dict[str, bool]] = defaultdict(dict)
        for _, made, fate in self._told("create"):
            wanted[made["table"]][made["rid"]] = fate.status in _DONE
        for table, records in wanted.items():
            there = {
                str(rid)
                for (rid,) in self._ask(
                    f"SELECT id FROM {table} WHERE org_id = %s AND id = ANY (%s::uuid[])",
                    list(records),
                )
            }
            lost = [
                f"{table} {rid}" for rid, is_done in records.items() if is_done and rid not in there
            ]
            self._fail("an acknowledged record is lost", lost)
            extra = [f"{table} {rid}" for rid in there if not records[rid]]
            self._fail("a refused record is there", extra)

    def _marks_are_there(self) -> None:
        """Every patch left a tag of its own, which nobody takes away.

        What lost at first is there where its person chose "mine" afterwards.
        """
        for table in ("account", "contact"):
            tags = {
                str(rid): set(found)
                for rid, found in self._ask(f"SELECT id, tags FROM {table} WHERE org_id = %s")
            }
            lost: list[str] = []
            extra: list[str] = []
            for one, made, fate in self._told("patch"):
                if made["table"] != table or "add" not in made:
                    continue
                (mark,) = made["add"]["tags"]
                is_there = mark in tags.get(made["rid"], set())
                if fate.status in _DONE and not is_there:
                    lost.append(f"{one} of {table} {made['rid']}: {mark}")
                if fate.status not in _DONE and is_there and one not in self.taken:
                    extra.append(f"{one} of {table} {made['rid']}: {mark} though {fate.status}")
            self._fail("an acknowledged change is lost", lost)
            self._fail("a refused change is there", extra)

    def _nothing_twice(self) -> None:
        twice = self._ask(
            "SELECT body, count(*) FROM note WHERE org_id = %s AND body LIKE 'm%%'"
            " GROUP BY body HAVING count(*) > 1"
        )
        self._fail("a note is there twice", [str(one) for one in twice])
        unknown = self._ask(
            "SELECT id FROM note WHERE org_id = %s AND body LIKE 'm%%'"
            " AND NOT id = ANY (%s::uuid[])",
            [made["rid"] for made in self.world.sent.values()],
        )
        self._fail("a note came from nowhere", [str(one) for one in unknown])

    def _sums_are_right(self) -> None:
        """Crates of empties: what was told to be applied, each once, or chosen as "mine" later."""
        sums: Counter[str] = Counter()
        open_ones: set[str] = set()
        for one, made in self.world.sent.items():
            if "inc" not in made:
                continue
            fate = self.fates.get(one)
            if fate is None and one in self.stored:
                open_ones.add(made["rid"])
            elif fate is not None and (fate.status in _DONE or one in self.taken):
                sums[made["rid"]] += made["inc"]["empties_owed"]
        wrong = [
            f"account {rid}: {owed} instead of {sums[str(rid)]}"
            for rid, owed in self._ask("SELECT id, empties_owed FROM account WHERE org_id = %s")
            if owed != sums[str(rid)] and str(rid) not in open_ones
        ]
        self._fail("an increment was lost or applied twice", wrong)

    def _losers_are_kept(self) -> None:
        issues = {str(one) for (one,) in self._ask("SELECT id FROM issue WHERE org_id = %s")}
        lost = [
            f"{one}: {fate}"
            for one, fate in self.fates.items()
            if fate.status in _KEPT and fate.issue not in issues and not self._is_of_issue(one)
        ]
        self._fail("the values that lost are not kept", lost)

    def _is_of_issue(self, mutation_id: str) -> bool:
        """An issue that was settled meanwhile makes no further one."""
        return bool(self.world.sent.get(mutation_id, {}).get("table") == "issue")

    def _photos_are_stored(self) -> None:
        stored = self._ask("SELECT id FROM media WHERE org_id = %s AND state = 'stored'")
        lost = set(self.world.stored) - {str(one) for (one,) in stored}
        self._fail("a photo that was called stored is not", sorted(lost))
