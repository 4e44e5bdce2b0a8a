"""What people do on a device: mutations of every kind, each with a mark to find its effect by."""

import hashlib
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from backend.identity.actor import Actor
from backend.sync.protocol.ids import new_id
from tests.simulator.service import POISON
from tests.simulator.store import Store
from tests.simulator.world import place


class Person:
    """Makes the mutations of one device's user."""

    def __init__(self, rng: random.Random, actor: Actor) -> None:
        self.rng = rng
        self.actor = actor
        self.skew = timedelta(0)
        """How far the device's clock is ahead of the true time."""
        self.former: list[str] = []
        """Accounts that the device held once: facts may still be written about them."""
        self.is_new_client = True

    def now(self) -> datetime:
        """Return the device's time."""
        return datetime.now(UTC) + self.skew

    def work(self, store: Store) -> list[dict[str, Any]]:
        """Do one thing; return its mutations, which are in the outbox already."""
        kinds = [self._note, self._note, self._visit, self._contact, self._patch_contact]
        kinds += [self._patch_contact, self._patch_account, self._shop, self._delete, self._late]
        if self.is_new_client:
            kinds += [self._inc, self._inc, self._resolve, self._resolve]
        made = self.rng.choice(kinds)(store)
        store.outbox += made
        return made

    def poison(self, store: Store, where: str) -> bool:
        """Put a mutation that makes the server fail at a place of the outbox; False if not now."""
        accounts = store.ids("account")
        if not accounts or len(store.outbox) < 2 or any("group" in one for one in store.outbox):
            return False
        bad = self._make(
            store, "create", "note",
            {"account_id": accounts[0], "body": f"{POISON} {where}", "captured_at": self._at()},
        )  # fmt: skip
        middle = len(store.outbox) // 2
        store.outbox.insert({"first": 0, "middle": middle, "last": len(store.outbox)}[where], bad)
        return True

    def _make(
        self, store: Store, op: str, table: str, values: dict[str, Any] | None = None, **more: Any
    ) -> dict[str, Any]:
        store.seq += 1
        made = {
            "id": new_id(), "seq": store.seq, "op": op, "table": table,
            "rid": more.pop("rid", None) or new_id(), "set": values or {},
            "at": self._at(), **more,
        }  # fmt: skip
        if self.is_new_client:
            made |= {"boot_id": "boot", "elapsed_ms": store.seq * 1000}
        return made

    def _at(self) -> str:
        return self.now().isoformat()

    def _mark(self) -> str:
        return f"m{new_id()[-12:]}"

    def _account(self, store: Store) -> str | None:
        accounts = store.ids("account")
        return self.rng.choice(accounts) if accounts else None

    def _note(self, store: Store) -> list[dict[str, Any]]:
        account = self._account(store)
        return [self._note_on(store, account)] if account else []

    def _note_on(self, store: Store, account: str, **more: Any) -> dict[str, Any]:
        values = {"account_id": account, "body": f"{self._mark()}", "captured_at": self._at()}
        return self._make(store, "create", "note", values, **more)

    def _late(self, store: Store) -> list[dict[str, Any]]:
        """Write about an account that left the device's scope."""
        gone = [one for one in self.former if one not in store.rows.get("account", {})]
        return [self._note_on(store, self.rng.choice(gone))] if gone else []

    def _visit(self, store: Store) -> list[dict[str, Any]]:
        """Visit, check-in and note in one group."""
        account = self._account(store)
        if account is None:
            return []
        group, visit = new_id(), new_id()
        today = self.now().date().isoformat()
        at = self._at()
        bundle = [
            self._make(store, "create", "visit", {"account_id": account, "planned_on": today},
                       rid=visit, group=group),
            self._make(store, "create", "check_in",
                       {"account_id": account, "visit_id": visit, "captured_at": at}, group=group),
            self._make(store, "create", "note",
                       {"account_id": account, "visit_id": visit, "body": self._mark(),
                        "captured_at": at}, group=group),
            self._make(store, "patch", "visit", {"status": "done", "outcome": "met"}, rid=visit,
                       base={"status": "checked_in", "outcome": None}, group=group),
        ]  # fmt: skip
        return bundle[: self.rng.choice([2, 3, 4, 4])]

    def _contact(self, store: Store) -> list[dict[str, Any]]:
        account = self._account(store)
        if account is None:
            return []
        values = {"account_id": account, "full_name": f"C {self._mark()}"}
        return [self._make(store, "create", "contact", values)]

    def _patch_contact(self, store: Store) -> list[dict[str, Any]]:
        contacts = store.ids("contact")
        if not contacts:
            return []
        rid = self.rng.choice(contacts)
        field = self.rng.choice(["job_title", "email"])
        return [self._patch(store, "contact", rid, field, f"{self._mark()}@a.test")]

    def _patch_account(self, store: Store) -> list[dict[str, Any]]:
        account = self._account(store)
        field = self.rng.choice(["address", "category", "website"])
        return [self._patch(store, "account", account, field, self._mark())] if account else []

    def _patch(self, store: Store, table: str, rid: str, field: str, value: str) -> dict[str, Any]:
        seen = store.values.get(rid, {})
        base = {field: seen.get(field)} if field in seen else {}
        return self._make(
            store, "patch", table, {field: value}, rid=rid, base=base,
            base_rv=store.rows[table][rid], add={"tags": [self._mark()]},
        )  # fmt: skip

    def _shop(self, store: Store) -> list[dict[str, Any]]:
        """A new account with a contact and a note, in an order that need not hold on the way."""
        lon, lat = place(self.rng)
        shop = self._make(
            store, "create", "account",
            {"name": f"New {self._mark()}", "location": [lon, lat], "location_source": "gps"},
        )  # fmt: skip
        person = {"account_id": shop["rid"], "full_name": f"C {self._mark()}"}
        return [
            shop,
            self._make(store, "create", "contact", person),
            self._note_on(store, shop["rid"]),
        ]

    def _delete(self, store: Store) -> list[dict[str, Any]]:
        contacts = store.ids("contact")
        if not contacts or self.rng.random() < 0.5:
            return []
        rid = self.rng.choice(contacts)
        return [self._make(store, "delete", "contact", rid=rid, base_rv=store.rows["contact"][rid])]

    def _inc(self, store: Store) -> list[dict[str, Any]]:
        account = self._account(store)
        by = self.rng.choice([1, 2, 5, 12, -1, -3])
        return (
            [self._make(store, "patch", "account", rid=account, inc={"empties_owed": by})]
            if (account)
            else []
        )

    def media(self, store: Store, media_id: str, account: str, data: bytes) -> dict[str, Any]:
        """Announce a photo of an account."""
        values = {
            "account_id": account, "kind": "photo", "mime": "image/jpeg", "size_bytes": len(data),
            "sha256": hashlib.sha256(data).hexdigest(), "captured_at": self._at(),
        }  # fmt: skip
        return self._make(store, "create", "media", values, rid=media_id)

    def _resolve(self, store: Store) -> list[dict[str, Any]]:
        issues = store.ids("issue")
        if not issues:
            return []
        rid = self.rng.choice(issues)
        how = self.rng.choice(["mine", "theirs", "dismissed"])
        return [
            self._make(store, "patch", "issue", {"resolution": how}, rid=rid,
                       base={"resolution": None}, base_rv=store.rows["issue"][rid])
        ]  # fmt: skip
