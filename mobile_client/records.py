"""What a person reads and edits on this phone: every call is one look, or one saved transaction."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from backend.sync.protocol.ids import new_id
from mobile_client.device.clock import Clock
from mobile_client.facade import EditError
from mobile_client.proposals import Proposal, Wish
from mobile_client.replanning.proposing import propose
from mobile_client.store import accounts, day, drafts, edits
from mobile_client.store.anchor import corrected_now
from mobile_client.store.check_ins import keep_files, remove_sources, save_check_in, undo_check_in
from mobile_client.store.choices import resolve_choice
from mobile_client.store.database import Database
from mobile_client.store.failures import edit_errors
from mobile_client.store.open_day import read_open_day
from mobile_client.store.outbox import Stamp, take_back
from mobile_client.store.points import At
from mobile_client.store.problems import close_problem
from mobile_client.store.reworks import save_rework
from mobile_client.sync.package import FREE_BYTES
from mobile_client.sync.session import Sessions
from mobile_client.views import (
    AccountCard,
    AccountRow,
    CheckInDraft,
    CheckInResult,
    DayView,
    LonLat,
    MapFeatures,
    MediaKind,
    Session,
)

_SUFFIXES: dict[MediaKind, str] = {"photo": ".jpg", "voice": ".wav"}


class Records:
    """The part of `mobile_client.facade.Core` that needs no network."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        clock: Clock,
        media_folder: Path,
        *,
        free: Callable[[], int],
        at: At,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._clock = clock
        self._media_folder = media_folder
        self._free = free
        self._at = at

    def _changed(self) -> None:
        """Called after every saved edit."""

    @property
    def session(self) -> Session | None:
        """Who is signed in, also while offline."""
        return self._sessions.current

    def now(self) -> datetime:
        """The clock's time, aware UTC."""
        return self._clock.now()

    def now_corrected(self) -> datetime:
        """The server's time as far as this phone can tell; its own clock may be wrong."""
        with self._database.reading() as db:
            return corrected_now(
                db,
                boot_id=self._clock.boot_id,
                elapsed_ms=self._clock.monotonic_ms(),
                now=self._clock.now(),
            )

    @property
    def _user_id(self) -> str:
        session = self._sessions.current
        return "" if session is None else session.user_id

    @property
    def _zone(self) -> ZoneInfo | None:
        session = self._sessions.current
        return ZoneInfo(session.time_zone) if session is not None and session.time_zone else None

    @property
    def _today(self) -> date:
        return self.now_corrected().astimezone(self._zone).date()

    def today(self) -> DayView:
        """The signed-in user's day, empty when nobody is signed in."""
        with self._database.reading() as db:
            return day.read_day(db, self._user_id, self._today)

    def accounts(
        self, query: str = "", limit: int = 100, *, near: LonLat | None = None
    ) -> list[AccountRow]:
        """Accounts whose name or address holds every word of `query`, by name or the nearest."""
        with self._database.reading() as db:
            return accounts.find_accounts(db, query, limit, near=near)

    def account(self, account_id: str) -> AccountCard:
        """One account; raises KeyError when it is not on this phone."""
        session = self._sessions.current
        if session is None:
            raise KeyError(account_id)
        with self._database.reading() as db:
            return accounts.read_card(
                db, account_id, session=session, today=self._today, folder=self._media_folder
            )

    def map_features(self) -> MapFeatures:
        """What to draw over the base map."""
        with self._database.reading() as db:
            return accounts.read_map(db, self._user_id, self._today)

    def edit_account(self, account_id: str, changes: Mapping[str, object]) -> None:
        """Save and queue what differs; raises EditError."""
        with edit_errors(), self._database.writing() as db:
            edits.save_account(db, account_id, changes, self._stamp())
        self._changed()

    def edit_contact(
        self, contact_id: str | None, account_id: str, changes: Mapping[str, object]
    ) -> str:
        """Save and queue a contact, a new one for None; return its id. Raises EditError."""
        with edit_errors(), self._database.writing() as db:
            rid = edits.save_contact(db, contact_id, account_id, changes, self._stamp())
        self._changed()
        return rid

    def change_empties(self, account_id: str, difference: int) -> int:
        """Save and queue what was brought or taken back; return what is owed. Raises EditError."""
        with edit_errors(), self._database.writing() as db:
            total = edits.change_empties(db, account_id, difference, self._stamp())
        self._changed()
        return total

    def _stamp(self) -> Stamp:
        session = self._sessions.current
        if session is None:
            raise EditError("invalid", "", "Sign in before you edit.")
        return Stamp(
            user_id=session.user_id,
            at=self._clock.now(),
            elapsed_ms=self._clock.monotonic_ms(),
            boot_id=self._clock.boot_id,
        )

    def new_media_path(self, kind: MediaKind) -> Path:
        """A fresh path to record into; raises EditError(no_space) below 50 MB of free space."""
        if self._free() < FREE_BYTES:
            raise EditError("no_space", "", "There is too little free space (50 MB are needed).")
        return self._media_folder / f"new-{new_id()}{_SUFFIXES[kind]}"

    def check_in(self, draft: CheckInDraft) -> CheckInResult:
        """Save visit, check-in, note, media and outbox in one transaction; raises EditError."""
        stamp = self._stamp()
        with edit_errors():
            kept, files = keep_files(self._media_folder, draft)
            self._at("check_in.kept")
            with self._database.writing() as db:
                result = save_check_in(db, kept, files, stamp, today=self._today)
        self._at("check_in.saved")
        remove_sources(self._media_folder, draft, kept)
        self._changed()
        return result

    def save_draft(self, draft: CheckInDraft) -> None:
        """Keep a check-in that is being filled in, one for each account."""
        stamp = self._stamp()
        with edit_errors(), self._database.writing() as db:
            drafts.save_draft(db, draft, user_id=stamp.user_id, at=draft.saved_at or stamp.at)

    def draft(self, account_id: str) -> CheckInDraft | None:
        """The kept draft."""
        with self._database.reading() as db:
            return drafts.read_draft(db, account_id, self._media_folder, user_id=self._user_id)

    def undo_check_in(self, result_id: str) -> bool:
        """Take a check-in back while nothing of it was sent; its draft comes back."""
        with self._database.writing() as db:
            is_undone = undo_check_in(db, result_id)
        if is_undone:
            self._changed()
        return is_undone

    def replan(self, wish: Wish) -> Proposal:
        """How the rest of today could go from now on; raises EditError(gone) without a route."""
        today = self._today
        begins_at = datetime.combine(today, time(), self._zone).astimezone()
        with self._database.reading() as db:
            held = read_open_day(
                db, self._user_id, today, begins_at=begins_at, asked=tuple(wish.marks)
            )
        if held is None:
            raise EditError("gone", "route", "There is no plan of today to go on from.")
        return propose(held, wish, self.now_corrected())

    def accept_replan(self, proposal: Proposal) -> str:
        """Save and queue a proposal; return what undoes it. Raises EditError."""
        with edit_errors(), self._database.writing() as db:
            unit = save_rework(db, proposal, self._stamp(), on=self._today.isoformat())
        self._changed()
        return unit

    def undo_replan(self, result_id: str) -> bool:
        """Take an accepted order back while nothing of it was sent."""
        with self._database.writing() as db:
            is_undone = take_back(db, result_id)
        if is_undone:
            self._changed()
        return is_undone

    def resolve_issue(self, issue_id: str, *, use_mine: bool) -> None:
        """Choose in an issue, or put a problem away; raises KeyError for one that is gone."""
        with self._database.writing() as db:
            stamp = self._stamp()
            is_known = resolve_choice(db, issue_id, stamp, use_mine=use_mine)
            if not is_known and not close_problem(db, issue_id, stamp, use_mine=use_mine):
                raise KeyError(issue_id)
        self._changed()
