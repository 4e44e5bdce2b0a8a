"""The phone's core behind the screens: store, engine and device in one object. No Kivy."""

from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from random import Random, SystemRandom
from zoneinfo import ZoneInfo

from backend.sync.protocol.ids import new_id
from mobile_client.device.clock import Clock
from mobile_client.device.tokens import FileTokenStore, TokenStore
from mobile_client.facade import DeviceAdapters, EditError, OutboxNotEmpty
from mobile_client.store import accounts, day, drafts, edits, status
from mobile_client.store.captures import purge_files
from mobile_client.store.check_ins import keep_files, remove_sources, save_check_in, undo_check_in
from mobile_client.store.database import Database
from mobile_client.store.failures import edit_errors
from mobile_client.store.issues import close_issue
from mobile_client.store.meta import read_meta
from mobile_client.store.outbox import Stamp, count_unsent, next_due_at, unsent_bodies
from mobile_client.store.wiping import adopt_user, wipe_user
from mobile_client.sync.background import Background
from mobile_client.sync.engine import SyncEngine
from mobile_client.sync.http import HttpClient
from mobile_client.sync.listeners import Listener, Listeners
from mobile_client.sync.package import FREE_BYTES, MapPackage, free_bytes
from mobile_client.sync.session import Sessions
from mobile_client.sync.tally import SyncReport
from mobile_client.views import (
    AccountCard,
    AccountRow,
    CheckInDraft,
    CheckInResult,
    DayView,
    MapFeatures,
    MediaKind,
    Session,
    SyncStatus,
)

_SUFFIXES: dict[MediaKind, str] = {"photo": ".jpg", "voice": ".wav"}
_GOODBYE_SECONDS = 3.0


class PhoneCore:
    """Implements `mobile_client.facade.Core`; made by `open_core`."""

    def __init__(
        self,
        folder: Path,
        server_url: str,
        device: DeviceAdapters,
        clock: Clock,
        *,
        tokens: TokenStore,
        free: Callable[[Path], int] = free_bytes,
        jitter: Random | None = None,
    ) -> None:
        self._media_folder = folder / "media"
        self._media_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._server_url = server_url
        self._device = device
        self._clock = clock
        self._free = free
        self._http = HttpClient(server_url)
        self._database = Database(folder / "phone.sqlite")
        self._sessions = Sessions(self._database, self._http, tokens, clock)
        self._package = MapPackage(self._database, self._sessions, folder, free)
        self._listeners = Listeners()
        self._engine = SyncEngine(
            self._database,
            self._sessions,
            clock,
            self._media_folder,
            self._package,
            notify=self._listeners.tell,
            jitter=jitter or SystemRandom(),
        )
        self._background: Background | None = None

    @property
    def session(self) -> Session | None:
        """Who is signed in, also while offline."""
        return self._sessions.current

    @property
    def device(self) -> DeviceAdapters:
        """GPS, camera and microphone."""
        return self._device

    def now(self) -> datetime:
        """The clock's time, aware UTC."""
        return self._clock.now()

    def sign_in(self, email: str, password: str) -> Session:
        """Ask the server (blocks); raises SignInError. Another user's data leaves the phone."""
        with self._engine.paused():
            with closing(HttpClient(self._server_url)) as http:
                session = self._sessions.sign_in(http, email, password)
            with self._database.writing() as db:
                adopt_user(db, session.user_id)
        self._listeners.tell("session", "today", "accounts", "sync")
        self.sync_now()
        return session

    def sign_out(self, *, discard_outbox: bool = False) -> None:
        """Forget session and data; raises OutboxNotEmpty unless told to discard."""
        with self._engine.paused():
            user_id = self._user_id
            with self._database.writing() as db:
                count = count_unsent(db, user_id)
                if count and not discard_outbox:
                    raise OutboxNotEmpty(count)
                wipe_user(db, user_id)
                purge_files(db, self._media_folder, float("inf"))
            with closing(HttpClient(self._server_url, timeout_s=_GOODBYE_SECONDS)) as http:
                self._sessions.say_goodbye(http)
            self._sessions.forget()
            self._package.remove()
        self._listeners.tell("session", "today", "accounts", "sync", "map")

    @property
    def _user_id(self) -> str:
        session = self._sessions.current
        return "" if session is None else session.user_id

    @property
    def _today(self) -> date:
        session = self._sessions.current
        zone = ZoneInfo(session.time_zone) if session is not None and session.time_zone else None
        return self._clock.now().astimezone(zone).date()

    def today(self) -> DayView:
        """The signed-in user's day, empty when nobody is signed in."""
        with self._database.reading() as db:
            return day.read_day(db, self._user_id, self._today)

    def accounts(self, query: str = "", limit: int = 100) -> list[AccountRow]:
        """Accounts whose name or address holds every word of `query`, diacritics aside."""
        with self._database.reading() as db:
            return accounts.find_accounts(db, query, limit)

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

    def map_package(self) -> Path | None:
        """The base map's file, None until it was downloaded."""
        return self._package.path()

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

    def _changed(self) -> None:
        self._listeners.tell("today", "accounts", "sync")
        if self._background is not None:
            self._background.reconsider()

    def new_media_path(self, kind: MediaKind) -> Path:
        """A fresh path to record into; raises EditError(no_space) below 50 MB of free space."""
        if self._free(self._media_folder) < FREE_BYTES:
            raise EditError("no_space", "", "There is too little free space (50 MB are needed).")
        return self._media_folder / f"new-{new_id()}{_SUFFIXES[kind]}"

    def check_in(self, draft: CheckInDraft) -> CheckInResult:
        """Save visit, check-in, note, media and outbox in one transaction; raises EditError."""
        stamp = self._stamp()
        with edit_errors():
            kept, files = keep_files(self._media_folder, draft)
            with self._database.writing() as db:
                result = save_check_in(db, kept, files, stamp, today=self._today)
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

    def sync_status(self) -> SyncStatus:
        """How sending and receiving stand."""
        engine = self._engine.state
        with self._database.reading() as db:
            items = status.outbox_items(db, self._user_id)
            issues = status.open_issues(db, self._user_id)
            last = day.moment(read_meta(db, "last_sync_at") or None)
        return SyncStatus(
            state=engine.state,
            waiting=len(items),
            items=items,
            issues=issues,
            last_sync_at=last,
            next_try_at=engine.next_try_at,
            message=engine.message,
        )

    def sync_now(self) -> None:
        """Wake the background engine and return at once."""
        if self._background is not None:
            self._background.wake()

    def sync_once(self) -> SyncReport:
        """Push, pull, upload and fetch the map now, in this thread, held items too; no exception.

        Items that were put off after a failure are tried again as well.
        """
        return self._engine.run(is_forced=True)

    def resolve_issue(self, issue_id: str, *, use_mine: bool) -> None:
        """Close an issue: queue the user's value again, or keep the server's; KeyError if gone."""
        with self._database.writing() as db:
            close_issue(db, issue_id, self._stamp(), use_mine=use_mine)
        self._changed()

    def export_outbox(self) -> list[Mapping[str, object]]:
        """Return everything unsent, of every user of this phone, as plain documents."""
        with self._database.reading() as db:
            return unsent_bodies(db)

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on any thread after a change; return the way to unsubscribe."""
        return self._listeners.subscribe(listener)

    def start_background(self) -> None:
        """Start the thread that keeps this phone in step; it runs until `close`."""
        if self._background is None:
            self._background = Background(self._engine, self._clock, self._next_due_at)
            self._background.start()

    def _next_due_at(self) -> float | None:
        with self._database.reading() as db:
            return next_due_at(db, self._user_id)

    def close(self) -> None:
        """Stop the background engine and close the store."""
        if self._background is not None:
            self._background.close()
            self._background = None
        self._http.close()
        self._database.close()


def open_core(
    folder: Path,
    server_url: str,
    device: DeviceAdapters,
    clock: Clock,
    *,
    tokens: TokenStore | None = None,
) -> PhoneCore:
    """Open the phone's folder, made when missing; tokens go to a private file unless told else.

    Raises ValueError for a bad `server_url`, OSError when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    kept = tokens or FileTokenStore(folder / "refresh.token")
    return PhoneCore(folder, server_url, device, clock, tokens=kept)
