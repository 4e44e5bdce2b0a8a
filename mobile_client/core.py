"""The phone's core behind the screens: store, engine and device in one object. No Kivy."""

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from random import Random, SystemRandom

from backend.sync.protocol.readiness import prepare_structs
from mobile_client.device.clock import Clock
from mobile_client.device.sealing import SealError
from mobile_client.device.tokens import FileTokenStore, TokenStore
from mobile_client.facade import DeviceAdapters, EditError, OutboxNotEmpty
from mobile_client.records import Records
from mobile_client.store import day, status
from mobile_client.store.captures import begun_uploads, purge_files
from mobile_client.store.database import Database
from mobile_client.store.meta import read_meta
from mobile_client.store.outbox import count_unsent, next_due_at, unsent_bodies
from mobile_client.store.points import At, pass_by
from mobile_client.store.portable import Unpacked
from mobile_client.store.wiping import adopt_user, wipe_user
from mobile_client.sync.background import Background
from mobile_client.sync.box import Boxed, read_box, write_box
from mobile_client.sync.engine import SyncEngine
from mobile_client.sync.http import HttpClient
from mobile_client.sync.listeners import Listener, Listeners
from mobile_client.sync.lives import begin_life, end_life
from mobile_client.sync.package import MapPackage, free_bytes
from mobile_client.sync.session import Sessions
from mobile_client.sync.stream import PokeStream
from mobile_client.sync.tally import SyncReport
from mobile_client.views import Session, SyncStatus

_GOODBYE_SECONDS = 3.0


class PhoneCore(Records):
    """Implements `mobile_client.facade.Core`; made by `open_core`."""

    def __init__(
        self,
        folder: Path,
        server_url: str,
        device: DeviceAdapters,
        clock: Clock,
        *,
        tokens: TokenStore,
        mark: Path,
        free: Callable[[Path], int] = free_bytes,
        jitter: Random | None = None,
        at: At = pass_by,
    ) -> None:
        media_folder = folder / "media"
        media_folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._copies = folder / "copies"
        self._server_url = server_url
        self._device = device
        self._jitter = jitter or SystemRandom()
        self._http = HttpClient(server_url)
        database = Database(folder / "phone.sqlite")
        begin_life(database, mark)
        sessions = Sessions(database, self._http, tokens, clock)

        def free_here() -> int:
            return free(folder)

        super().__init__(database, sessions, clock, media_folder, free=free_here, at=at)
        self._package = MapPackage(database, sessions, folder, free)
        self._listeners = Listeners()
        self._engine = SyncEngine(
            database,
            sessions,
            clock,
            media_folder,
            self._package,
            notify=self._listeners.tell,
            jitter=self._jitter,
            free=free_here,
            at=at,
        )
        self._background: Background | None = None
        self._stream: PokeStream | None = None

    @property
    def device(self) -> DeviceAdapters:
        """GPS, camera and microphone."""
        return self._device

    def sign_in(self, email: str, password: str) -> Session:
        """Ask the server (blocks); raises SignInError. Another user's data leaves the phone."""
        with self._engine.paused():
            with closing(HttpClient(self._server_url)) as http:
                session = self._sessions.sign_in(http, email, password)
            with self._database.writing() as db:
                adopt_user(db, session.user_id)
        self._follow_anew()
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
                given_up = begun_uploads(db, user_id)
                wipe_user(db, user_id)
                purge_files(db, self._media_folder, float("inf"))
            with closing(HttpClient(self._server_url, timeout_s=_GOODBYE_SECONDS)) as http:
                self._sessions.say_goodbye(http, given_up)
            self._sessions.forget()
            self._package.remove()
        self._follow_anew()
        self._listeners.tell("session", "today", "accounts", "sync", "map")

    def map_package(self) -> Path | None:
        """The base map's file, None until it was downloaded."""
        return self._package.path()

    def _changed(self) -> None:
        self._listeners.tell("today", "accounts", "sync")
        if self._background is not None:
            self._background.reconsider()

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
            code=engine.code,
        )

    def _follow_anew(self) -> None:
        """Listen in the name of who is signed in now."""
        if self._stream is not None:
            self._stream.reconnect()

    def sync_now(self) -> None:
        """Wake the background engine and return at once."""
        if self._background is not None:
            self._background.wake()

    def sync_once(self) -> SyncReport:
        """Push, pull, upload and fetch the map now, in this thread, held items too; no exception.

        Items that were put off after a failure are tried again as well.
        """
        return self._engine.run(is_forced=True)

    def export_outbox(self) -> list[Mapping[str, object]]:
        """Return everything unsent, of every user of this phone, as plain documents."""
        with self._database.reading() as db:
            return unsent_bodies(db)

    def export_box(self, target: Path, passphrase: str) -> Boxed:
        """Seal everything unsent with its files into one file, also when nobody is signed in.

        Nothing leaves the queue by this. Raises SealError, OSError.
        """
        return write_box(self._database, self._media_folder, target, passphrase)

    def keep_copy(self, passphrase: str) -> Path:
        """Seal everything unsent into the phone's folder of copies; raises EditError."""
        name = f"tuyen-{self.now():%Y%m%d-%H%M%S}.box"
        try:
            self._copies.mkdir(exist_ok=True, mode=0o700)
            return Path(self.export_box(self._copies / name, passphrase).path)
        except SealError as error:
            raise EditError("invalid", "passphrase", str(error)) from error
        except OSError as error:
            raise EditError("no_space", "", str(error)) from error

    def import_box(self, source: Path, passphrase: str) -> Unpacked:
        """Queue what another phone sealed; what was sent meanwhile is only repeated.

        Raises SealError, OSError, StorageProblem.
        """
        with self._engine.paused():
            unpacked = read_box(self._database, self._media_folder, source, passphrase)
        self._changed()
        return unpacked

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` on any thread after a change; return the way to unsubscribe."""
        return self._listeners.subscribe(listener)

    def start_background(self) -> None:
        """Start the threads that keep this phone in step; they run until `close`."""
        if self._background is None:
            background = Background(self._engine, self._clock, self._next_due_at)
            self._stream = PokeStream(
                self._server_url, self._sessions, self._jitter, on_poke=background.poke
            )
            self._background = background
            background.start()
            self._stream.start()

    def _next_due_at(self) -> float | None:
        with self._database.reading() as db:
            return next_due_at(db, self._user_id)

    def close(self) -> None:
        """Stop the background engine and close the store."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        if self._background is not None:
            self._background.close()
            self._background = None
        self._http.close()
        if not self._database.is_closed:
            end_life(self._database)
            self._database.close()


def open_core(
    folder: Path,
    server_url: str,
    device: DeviceAdapters,
    clock: Clock,
    *,
    tokens: TokenStore | None = None,
    mark: Path | None = None,
    free: Callable[[Path], int] = free_bytes,
    at: At = pass_by,
) -> PhoneCore:
    """Open the phone's folder, made when missing; tokens go to a private file unless told else.

    `mark` tells installations apart; on a phone it lies where backups do not reach.
    Raises ValueError for a bad `server_url`, OSError when the folder cannot be written.
    """
    prepare_structs()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return PhoneCore(
        folder,
        server_url,
        device,
        clock,
        tokens=tokens or FileTokenStore(folder / "refresh.token"),
        mark=mark or folder / "installation.json",
        free=free,
        at=at,
    )
