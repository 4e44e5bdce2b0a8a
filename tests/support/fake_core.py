"""A `Core` in memory: for the screens' tests and for pictures of states that are hard to reach."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from mobile_client.device.fakes import Device, FakeCamera, FakeGps, FakeMicrophone
from mobile_client.facade import EditError, OutboxNotEmpty, SignInError
from mobile_client.presenters.map.projection import distance_m
from mobile_client.proposals import OpenDay, OpenStop, Proposal, Wish
from mobile_client.replanning.proposing import propose
from mobile_client.views import (
    AccountCard,
    AccountRow,
    CheckInDraft,
    CheckInResult,
    ContactRow,
    DayView,
    ItemKind,
    LonLat,
    MapFeatures,
    MapPoint,
    MediaKind,
    MediaRow,
    NoteRow,
    OutboxItem,
    Session,
    SyncStatus,
    TerritoryOutline,
    Topic,
    VisitRow,
)
from tests.support.helsinki_places import helsinki_places
from tests.support.sample_day import MIDDLE, sample_card, sample_day, sample_session

PASSWORD = "correct horse"


class SetClock:
    """Stands still until it is moved; Friday 21 November 2025, 10:42 in Helsinki."""

    boot_id = "boot-1"

    def __init__(self) -> None:
        self.at = datetime(2025, 11, 21, 8, 42, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def monotonic_ms(self) -> int:
        return int(self.at.timestamp() * 1000)


class FakeCore:
    """Eight stops, all places of the extract, one contact each; everything stays in memory."""

    def __init__(self, folder: Path, *, stops: int = 8, is_signed_in: bool = True) -> None:
        self.clock = SetClock()
        self.folder = folder
        self.gps = FakeGps(self.clock, MIDDLE, accuracy_m=8.0)
        self.camera = FakeCamera()
        self.microphone = FakeMicrophone(seconds=7.0)
        self.device = Device(self.gps, self.camera, self.microphone)
        self.package: Path | None = None
        self.is_online = True
        self.can_undo = True
        self.status = SyncStatus("idle", 0, last_sync_at=self.clock.at - timedelta(minutes=3))
        self.resolved: list[tuple[str, bool]] = []
        self.sync_calls = 0
        self.copies: list[str] = []
        self.saved: list[CheckInDraft] = []
        self.accepted: list[Proposal] = []
        self._session = sample_session() if is_signed_in else None
        self._listeners: list[Callable[[Topic], None]] = []
        self._drafts: dict[str, CheckInDraft] = {}
        self._before: dict[str, tuple[AccountCard, DayView]] = {}
        self._ids = (f"id-{number}" for number in count(1))
        self._cards = {place.id: sample_card(place, self.clock.at) for place in helsinki_places()}
        self._day = sample_day(self.clock.at, stops)

    @property
    def session(self) -> Session | None:
        return self._session

    def now(self) -> datetime:
        return self.clock.now()

    def sign_in(self, email: str, password: str) -> Session:
        if not self.is_online:
            raise SignInError("offline", "No network.")
        if password != PASSWORD:
            raise SignInError("bad_credentials", "Wrong email or password.")
        self._session = sample_session()
        assert email
        return self._session

    def sign_out(self, *, discard_outbox: bool = False) -> None:
        if self.status.waiting and not discard_outbox:
            raise OutboxNotEmpty(self.status.waiting)
        self._session = None
        self.tell("session")

    def today(self) -> DayView:
        return self._day

    def accounts(
        self, query: str = "", limit: int = 100, *, near: LonLat | None = None
    ) -> list[AccountRow]:
        wanted = query.lower().split()
        rows = [
            AccountRow(c.id, c.name, c.address, c.category, c.stage, c.lon, c.lat)
            for c in self._cards.values()
            if all(word in f"{c.name} {c.address}".lower() for word in wanted)
        ]
        if near is None:
            return sorted(rows, key=lambda row: row.name)[:limit]
        return sorted(rows, key=lambda row: distance_m(near, (row.lon, row.lat)))[:limit]

    def account(self, account_id: str) -> AccountCard:
        planned = (s.visit_id for s in self._day.stops if s.account_id == account_id)
        return replace(
            self._cards[account_id],
            planned_visit_id=next(planned, None),
            has_draft=account_id in self._drafts,
        )

    def map_features(self) -> MapFeatures:
        positions = {stop.account_id: stop for stop in self._day.stops}
        points = tuple(
            MapPoint(
                card.id,
                card.name,
                card.lon or 0,
                card.lat or 0,
                card.stage,
                positions[card.id].position if card.id in positions else None,
                card.id in positions and positions[card.id].state != "planned",
            )
            for card in self._cards.values()
        )
        route = tuple((stop.lon, stop.lat) for stop in self._day.stops)
        ring = ((24.925, 60.16), (24.955, 60.158), (24.96, 60.172), (24.93, 60.175))
        outline = TerritoryOutline("t1", "Kamppi", ((*ring, ring[0]),))
        return MapFeatures(points, route, (outline,))

    def map_package(self) -> Path | None:
        return self.package

    def edit_account(self, account_id: str, changes: Mapping[str, object]) -> None:
        if changes.get("name") == "":
            raise EditError("required", "name", "An account needs a name.")
        card = self._cards[account_id]
        texts = {key: str(value) for key, value in changes.items()}
        pending = card.pending_fields | texts.keys()
        self._cards[account_id] = replace(
            card,
            name=texts.get("name", card.name),
            phone=texts.get("phone", card.phone),
            email=texts.get("email", card.email),
            address=texts.get("address", card.address),
            pending_fields=frozenset(pending),
        )
        self._queue("account", card)

    def edit_contact(
        self, contact_id: str | None, account_id: str, changes: Mapping[str, object]
    ) -> str:
        card = self._cards[account_id]
        texts = {key: str(value) for key, value in changes.items()}
        known = {contact.id: contact for contact in card.contacts}
        key = contact_id or next(self._ids)
        before = known.get(key, ContactRow(key, "", "", "", ""))
        known[key] = ContactRow(
            key,
            texts.get("name", before.name),
            texts.get("title", before.title),
            texts.get("phone", before.phone),
            texts.get("email", before.email),
            is_pending=True,
        )
        self._cards[account_id] = replace(card, contacts=tuple(known.values()))
        self._queue("contact", card)
        return key

    def keep_copy(self, passphrase: str) -> Path:
        if len(passphrase) < 8:
            raise EditError("invalid", "passphrase", "Too short.")
        self.copies.append(passphrase)
        return self.folder / "copies" / "tuyen.box"

    def new_media_path(self, kind: MediaKind) -> Path:
        return self.folder / f"{next(self._ids)}.{'jpg' if kind == 'photo' else 'wav'}"

    def check_in(self, draft: CheckInDraft) -> CheckInResult:
        card, visit = self._cards[draft.account_id], draft.visit_id or next(self._ids)
        self._before[visit] = card, self._day
        self.saved.append(draft)
        now = self.clock.now()
        row = VisitRow(visit, now, "done", draft.outcome, "Lan Nguyễn", is_pending=True)
        notes = (NoteRow(next(self._ids), draft.note, now, "Lan Nguyễn", is_pending=True),)
        self._cards[card.id] = replace(
            card,
            visits=(row, *card.visits),
            notes=(notes if draft.note else ()) + card.notes,
            media=tuple(
                MediaRow(next(self._ids), "photo", path, now, "waiting", 0, 1)
                for path in draft.photo_paths
            )
            + card.media,
        )
        stops = tuple(
            replace(stop, state="done", outcome=draft.outcome, is_pending=True)
            if stop.account_id == card.id
            else stop
            for stop in self._day.stops
        )
        self._day = replace(self._day, stops=stops)
        self._drafts.pop(card.id, None)
        self._queue("check_in", card)
        return CheckInResult(visit, visit)

    def save_draft(self, draft: CheckInDraft) -> None:
        self._drafts[draft.account_id] = draft

    def draft(self, account_id: str) -> CheckInDraft | None:
        return self._drafts.get(account_id)

    def undo_check_in(self, result_id: str) -> bool:
        if not self.can_undo:
            return False
        card, self._day = self._before.pop(result_id)
        self._cards[card.id] = card
        kept = self.status.items[:-1]
        self.set_status(replace(self.status, waiting=len(kept), items=kept))
        return True

    def replan(self, wish: Wish) -> Proposal:
        stops = tuple(
            OpenStop(s.account_id, s.visit_id, s.name, s.lon, s.lat, s.arrival_at, 15)
            for s in self._day.stops
            if s.state == "planned"
        )
        if not stops:
            raise EditError("gone", "route", "No plan.")
        return propose(OpenDay("route", None, stops), wish, self.clock.now())

    def accept_replan(self, proposal: Proposal) -> str:
        self.accepted.append(proposal)
        return next(self._ids)

    def undo_replan(self, result_id: str) -> bool:
        assert result_id
        return self.can_undo and bool(self.accepted.pop())

    def sync_status(self) -> SyncStatus:
        return self.status

    def sync_now(self) -> None:
        self.sync_calls += 1

    def resolve_issue(self, issue_id: str, *, use_mine: bool) -> None:
        self.resolved.append((issue_id, use_mine))
        kept = tuple(issue for issue in self.status.issues if issue.id != issue_id)
        self.set_status(replace(self.status, issues=kept))

    def subscribe(self, listener: Callable[[Topic], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def close(self) -> None:
        self._listeners.clear()

    def set_status(self, status: SyncStatus) -> None:
        """Another state of sending, told to the listeners."""
        self.status = status
        self.tell("sync")

    def forget(self, account_id: str) -> None:
        """The account leaves this phone, as after a territory's change."""
        del self._cards[account_id]
        self.tell("accounts")

    def tell(self, topic: Topic) -> None:
        """Calls the listeners."""
        for listener in list(self._listeners):
            listener(topic)

    def _queue(self, kind: ItemKind, card: AccountCard) -> None:
        item = OutboxItem(
            next(self._ids),
            kind,
            card.name,
            card.id,
            self.clock.now(),
            "waiting",
        )
        items = (*self.status.items, item)
        self.set_status(replace(self.status, waiting=len(items), items=items))
        self.tell("today")
