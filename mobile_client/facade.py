"""Protocols and errors between the screens and the phone: `Core`, the adapters. No Kivy."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from mobile_client.proposals import Proposal, Wish
from mobile_client.views import (
    AccountCard,
    AccountRow,
    CheckInDraft,
    CheckInResult,
    DayView,
    Fix,
    LonLat,
    MapFeatures,
    MediaKind,
    Session,
    SyncStatus,
    Topic,
)


class SignInError(Exception):
    """Signing in failed; `code` is `bad_credentials`, `offline`, `disabled` or `server_error`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class OutboxNotEmpty(Exception):
    """Signing out would lose `count` unsent items; nothing was done."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} items are not sent yet.")
        self.count = count


class EditError(Exception):
    """The phone refused an edit or a check-in; nothing was saved.

    `code` is `required`, `invalid`, `too_long`, `gone` or `no_space`; `field` is what to correct,
    empty when general; `message` is an English sentence for codes the screens do not know.
    """

    def __init__(self, code: str, field: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.field = field
        self.message = message


class GpsUnavailable(Exception):
    """No position; `code` is `denied`, `off` or `timeout`."""

    def __init__(self, code: str) -> None:
        super().__init__(f"No position: {code}.")
        self.code = code


class Gps(Protocol):
    """A position on demand; never tracks."""

    def fix(self, timeout_s: float) -> Fix:
        """Blocks up to `timeout_s` seconds; raises GpsUnavailable."""
        ...


class Camera(Protocol):
    """Takes one photo by the phone's camera."""

    def take(self, path: Path, on_done: Callable[[bool], None]) -> None:
        """Writes a JPEG to `path`, then calls `on_done` on any thread; False when given up."""
        ...


class Microphone(Protocol):
    """Records one voice note at a time."""

    def start(self, path: Path) -> None:
        """Begins to record into `path`; raises OSError when it cannot."""
        ...

    def stop(self) -> float:
        """Ends the recording and returns its length in seconds."""
        ...


class DeviceAdapters(Protocol):
    """The parts of the phone the screens use directly."""

    @property
    def gps(self) -> Gps: ...  # noqa: D102
    @property
    def camera(self) -> Camera: ...  # noqa: D102
    @property
    def microphone(self) -> Microphone: ...  # noqa: D102


class Core(Protocol):
    """The phone's core, safe to call from any thread; reads come from the phone's own store."""

    @property
    def session(self) -> Session | None:
        """Who is signed in, None when nobody is."""
        ...

    @property
    def device(self) -> DeviceAdapters:
        """GPS, camera and microphone."""
        ...

    def now(self) -> datetime:
        """The core's clock, aware UTC."""
        ...

    def sign_in(self, email: str, password: str) -> Session:
        """Asks the server (blocks); raises SignInError."""
        ...

    def sign_out(self, *, discard_outbox: bool = False) -> None:
        """Forgets session and data; raises OutboxNotEmpty unless told to discard."""
        ...

    def today(self) -> DayView:
        """The signed-in user's day."""
        ...

    def accounts(
        self, query: str = "", limit: int = 100, *, near: LonLat | None = None
    ) -> list[AccountRow]:
        """Accounts whose name or address holds every word of `query`, diacritics aside.

        By name; with a place the nearest to it first, without those that lie nowhere.
        """
        ...

    def account(self, account_id: str) -> AccountCard:
        """One account; raises KeyError when it is not (or no longer) on this phone."""
        ...

    def map_features(self) -> MapFeatures:
        """What to draw over the base map."""
        ...

    def map_package(self) -> Path | None:
        """The base map: MBTiles of gzipped vector tiles, None until it was downloaded."""
        ...

    def edit_account(self, account_id: str, changes: Mapping[str, object]) -> None:
        """Saves and queues new values of `name`, `phone`, `email`, `address`, `website`."""
        ...

    def edit_contact(
        self, contact_id: str | None, account_id: str, changes: Mapping[str, object]
    ) -> str:
        """Saves `name`, `title`, `phone`, `email` of a contact, a new one for None; its id."""
        ...

    def keep_copy(self, passphrase: str) -> Path:
        """Seals all unsent work with its files into a file; raises EditError. It stays queued."""
        ...

    def new_media_path(self, kind: MediaKind) -> Path:
        """A fresh path in the phone's media folder to record into; the file does not exist."""
        ...

    def check_in(self, draft: CheckInDraft) -> CheckInResult:
        """Saves visit, check-in, note, media and outbox in one transaction; ends the draft."""
        ...

    def save_draft(self, draft: CheckInDraft) -> None:
        """Keeps a check-in that is being filled in, one for each account."""
        ...

    def draft(self, account_id: str) -> CheckInDraft | None:
        """The kept draft."""
        ...

    def undo_check_in(self, result_id: str) -> bool:
        """Takes a check-in back; False when it was already on its way to the server."""
        ...

    def replan(self, wish: Wish) -> Proposal:
        """How the rest of today could go from now on; raises EditError without a route."""
        ...

    def accept_replan(self, proposal: Proposal) -> str:
        """Saves and queues a proposal; returns what undoes it. Raises EditError."""
        ...

    def undo_replan(self, result_id: str) -> bool:
        """Takes an accepted order back; False when it was already on its way to the server."""
        ...

    def sync_status(self) -> SyncStatus:
        """How sending and receiving stand."""
        ...

    def sync_now(self) -> None:
        """Wakes the background engine and returns at once."""
        ...

    def resolve_issue(self, issue_id: str, *, use_mine: bool) -> None:
        """Closes an issue: queues the user's value again, or keeps the server's."""
        ...

    def subscribe(self, listener: Callable[[Topic], None]) -> Callable[[], None]:
        """Calls `listener` on any thread after a change; returns the way to unsubscribe."""
        ...

    def close(self) -> None:
        """Stops the background engine and closes the store."""
        ...
