"""Who is signed in and with which tokens; the access token lives in memory only."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import BinaryIO

import msgspec

from backend.sync.protocol.ids import new_id
from mobile_client.device.clock import Clock
from mobile_client.device.tokens import TokenStore
from mobile_client.facade import SignInError
from mobile_client.store.database import Database
from mobile_client.store.devices import begin_as_device
from mobile_client.store.meta import read_meta, write_meta
from mobile_client.sync.http import HttpClient, Reply, Unreachable
from mobile_client.sync.problems import ApiProblem, SessionEnded, raise_for
from mobile_client.views import Session

_EARLY_SECONDS = 30
_UNAUTHORIZED = 401
_FORBIDDEN = 403
_NEW_DEVICE_CODES = frozenset({"device_of_another_user", "device_revoked"})
_WIPING_CODES = frozenset({"device_revoked", "user_disabled"})


_SELF = {"device_name": "Tuyen phone", "platform": "phone"}
_DAMAGED = "The server's answer is damaged."


class _User(msgspec.Struct, frozen=True):
    id: str
    full_name: str
    role: str
    org_name: str = ""
    locale: str = ""
    time_zone: str = ""


class _Grant(msgspec.Struct, frozen=True):
    access_token: str
    expires_in: float
    refresh_token: str
    device_id: str
    user: _User


class Sessions:
    """Signs in and out and sends requests in the session's name."""

    def __init__(
        self, database: Database, http: HttpClient, tokens: TokenStore, clock: Clock
    ) -> None:
        self._database = database
        self._http = http
        self._tokens = tokens
        self._clock = clock
        self._lock = threading.RLock()
        self._access = ""
        self._access_until_ms = 0
        self._unwritten: str | None = None
        with database.reading() as db:
            kept = read_meta(db, "session")
        self._current = msgspec.json.decode(kept, type=Session) if kept else None

    @property
    def current(self) -> Session | None:
        """Who is signed in, also while offline."""
        return self._current

    @property
    def device_id(self) -> str:
        """This phone's id, made here at first use."""
        with self._database.writing() as db:
            known = read_meta(db, "device_id")
            if not known:
                known = new_id()
                write_meta(db, "device_id", known)
            return known

    def sign_in(self, http: HttpClient, email: str, password: str) -> Session:
        """Ask the server for a session; raises SignInError."""
        try:
            return self._adopt(self._log_in(http, email, password))
        except Unreachable as error:
            raise SignInError("offline", str(error)) from error
        except ApiProblem as problem:
            raise SignInError(_sign_in_code(problem), problem.message) from problem
        except msgspec.MsgspecError as error:
            raise SignInError("server_error", "The server's answer makes no sense.") from error

    def _log_in(self, http: HttpClient, email: str, password: str) -> _Grant:
        body = {"email": email, "password": password, **_SELF}
        if self.is_copy:
            self._forget_device()
        reply = _post(http, "/v1/auth/login", {**body, "device_id": self.device_id})
        try:
            raise_for(reply)
        except ApiProblem as problem:
            if problem.code not in _NEW_DEVICE_CODES:
                raise
            # A phone that is handed on, or comes back after it was revoked, is a new device.
            self._forget_device()
            reply = raise_for(_post(http, "/v1/auth/login", {**body, "device_id": self.device_id}))
        return msgspec.json.decode(reply.body, type=_Grant)

    def _forget_device(self) -> None:
        with self._database.writing() as db:
            write_meta(db, "device_id", "")
            write_meta(db, "is_copy", "")

    @property
    def is_copy(self) -> bool:
        """Tell whether this database went on from another phone's, or from a backup."""
        with self._database.reading() as db:
            return bool(read_meta(db, "is_copy"))

    def become_new_device(self) -> None:
        """Go on under a new device id, with all that is unsent; raises as `send` does.

        The id is on disk before it is asked for: a lost answer is asked for again by the same id.
        """
        with self._database.writing() as db:
            wanted = read_meta(db, "next_device_id") or new_id()
            write_meta(db, "next_device_id", wanted)
        with self._lock:
            # Fresh tokens first: a refresh amid the call would make the one in its body stale.
            self._access = ""
            headers = {"Content-Type": "application/json", **self.authorization()}
            body = {"device_id": wanted, **_SELF, "refresh_token": self._secret() or ""}
            sent = msgspec.json.encode(body)
            reply = self.checked(
                self._http.request("POST", "/v1/devices", headers=headers, body=sent)
            )
        try:
            grant = msgspec.json.decode(reply.body, type=_Grant)
        except msgspec.MsgspecError as error:
            raise ApiProblem(reply.status, "bad_answer", _DAMAGED) from error
        self._adopt(grant)

    def _adopt(self, grant: _Grant) -> Session:
        user = grant.user
        session = Session(
            user_id=user.id,
            user_name=user.full_name,
            org_name=user.org_name,
            role=user.role,
            locale=user.locale,
            time_zone=user.time_zone,
        )
        with self._lock:
            # The new token is on disk before it is used: a crash here costs nothing. The old one
            # is worth nothing any more, so a phone that is too full to write keeps it in mind.
            self._unwritten = grant.refresh_token
            self._tokens.write(grant.refresh_token)
            self._unwritten = None
            with self._database.writing() as db:
                write_meta(db, "session", msgspec.json.encode(session).decode())
                if read_meta(db, "device_id") != grant.device_id:
                    begin_as_device(db, grant.device_id)
            self._current = session
            self._access = grant.access_token
            lifetime_s = max(0.0, grant.expires_in - _EARLY_SECONDS)
            self._access_until_ms = self._clock.monotonic_ms() + round(lifetime_s * 1000)
        return session

    def send(
        self, method: str, path: str, *, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> Reply:
        """Send a request with a valid token; raises Unreachable, ApiProblem, SessionEnded."""
        reply = self._send_once(method, path, headers or {}, body)
        if _may_refresh(reply):
            self._access = ""
            reply = self._send_once(method, path, headers or {}, body)
        return self.checked(reply)

    def _send_once(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        sent = {**headers, **self.authorization()}
        return self._http.request(method, path, headers=sent, body=body)

    def download(self, path: str, headers: dict[str, str], target: BinaryIO) -> Reply:
        """Write a good answer's body into `target`; raises as `send` does."""
        reply = self._http.download(path, {**headers, **self.authorization()}, target)
        if _may_refresh(reply):
            self._access = ""
            reply = self._http.download(path, {**headers, **self.authorization()}, target)
        return self.checked(reply)

    def authorization(self) -> dict[str, str]:
        """Return the header of a valid access token, fetching one when needed."""
        with self._lock:
            if not self._access or self._clock.monotonic_ms() >= self._access_until_ms:
                self._refresh()
            return {"Authorization": f"Bearer {self._access}"}

    def _secret(self) -> str | None:
        return self._unwritten or self._tokens.read()

    def _refresh(self) -> None:
        secret = self._secret()
        if secret is None:
            raise SessionEnded("signed_out", "Sign in again.", must_wipe=False)
        body = {"refresh_token": secret, "device_id": self.device_id}
        reply = self.checked(_post(self._http, "/v1/auth/refresh", body))
        self._adopt(msgspec.json.decode(reply.body, type=_Grant))

    def checked(self, reply: Reply) -> Reply:
        """Return a good answer; raise SessionEnded for a lost session, ApiProblem otherwise."""
        try:
            return raise_for(reply)
        except ApiProblem as problem:
            if problem.code in _WIPING_CODES:
                raise SessionEnded(problem.code, problem.message, must_wipe=True) from problem
            if problem.code == "device_mismatch":
                # The next grant names the device that the server knows; it is adopted then.
                self._access = ""
            if problem.status == _UNAUTHORIZED:
                raise SessionEnded(problem.code, "Sign in again.", must_wipe=False) from problem
            raise

    def hang_up(self) -> None:
        """Close the connection, so that the next run knows from its first step who is there."""
        self._http.close()

    def say_goodbye(self, http: HttpClient, given_up: Sequence[str] = ()) -> None:
        """Tell the server that this session ends, when it can be reached; errors don't matter.

        `given_up` uploads are to be forgotten there, too.
        """
        if not self._access:
            return
        headers = {"Authorization": f"Bearer {self._access}"}
        with suppress(Unreachable):
            for url in given_up:
                http.request("DELETE", url, headers={**headers, "Tus-Resumable": "1.0.0"})
            http.request("POST", "/v1/auth/logout", headers=headers)

    def forget(self, *, is_revoked: bool = False) -> None:
        """Drop tokens and session; a revoked device may come back only under a new id."""
        if is_revoked:
            self._forget_device()
        with self._lock:
            self._tokens.clear()
            self._unwritten = None
            self._access = ""
            self._current = None
            with self._database.writing() as db:
                write_meta(db, "session", "")


def _may_refresh(reply: Reply) -> bool:
    """Tell whether a new access token may help."""
    if reply.status != _UNAUTHORIZED:
        return False
    try:
        raise_for(reply)
    except ApiProblem as problem:
        return problem.code not in _WIPING_CODES
    return False


def _post(http: HttpClient, path: str, body: dict[str, str]) -> Reply:
    headers = {"Content-Type": "application/json"}
    return http.request("POST", path, headers=headers, body=msgspec.json.encode(body))


def _sign_in_code(problem: ApiProblem) -> str:
    if problem.code in {"bad_credentials", "user_disabled", "device_revoked"}:
        return "bad_credentials" if problem.code == "bad_credentials" else "disabled"
    if problem.status == _UNAUTHORIZED:
        return "bad_credentials"
    return "disabled" if problem.status == _FORBIDDEN else "server_error"
