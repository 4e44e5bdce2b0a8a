"""The doors of identity: sign-in, the signed-in person, people, teams, devices."""

from functools import partial
from uuid import UUID

from litestar import Controller, get, patch, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, JSONBody
from litestar.response import Response
from msgspec.structs import replace

from backend.api.opts import PUBLIC, WRITES_LITTLE
from backend.api.paging import (
    DEFAULT_LIMIT,
    CursorQuery,
    LimitQuery,
    decode_id_cursor,
    encode_cursor,
)
from backend.api.payloads import Page
from backend.api.problems import malformed_field
from backend.identity import devices, looks, service, sessions, sign_in, teams
from backend.identity.call import Call
from backend.identity.desk import Desk
from backend.identity.errors import RefreshInvalid
from backend.identity.look_repository import LookRead
from backend.identity.permissions import ADMINS, ANYBODY
from backend.identity.schemas import (
    Credentials,
    DeviceCreate,
    DeviceRead,
    RefreshRequest,
    SessionRead,
    SessionUser,
    TeamCreate,
    TeamRead,
    UserCreate,
    UserPatch,
    UserRead,
)
from backend.ids import DeviceId, UserId

_COOKIE = "tuyen_refresh"
_COOKIE_PATH = "/v1/auth"
_BROWSER = "web"
_NO_STORE = {"Cache-Control": "no-store"}


class AuthController(Controller):
    """Sign in, stay signed in, sign out."""

    path = "/v1/auth"
    tags = ["auth"]

    @post("/login", operation_id="login", opt=PUBLIC, status_code=200)
    async def login(self, data: JSONBody[Credentials], request: Call) -> Response[SessionRead]:
        """Sign in with email and password from a device that made its own id."""
        desk = _desk(request)
        address = request.client.host if request.client else ""
        now = request.clock.now()
        work = partial(sign_in.sign_in, request.db, desk, data, address=address, now=now)
        session = await desk.lane.run(work)
        return _answer(request, session, is_browser=data.platform == _BROWSER)

    @post("/refresh", operation_id="refresh", opt=PUBLIC, status_code=200, sync_to_thread=True)
    def refresh(
        self, request: Call, data: JSONBody[RefreshRequest | None] = None
    ) -> Response[SessionRead]:
        """Swap the refresh token for its successor and a new access token."""
        presented = data.refresh_token if data else None
        desk, now = _desk(request), request.clock.now()
        if presented is None:
            cookie = request.cookies.get(_COOKIE)
            if not cookie:
                raise RefreshInvalid("Send the refresh token: there is none in body or cookie.")
            session = sessions.refresh(request.db, desk, cookie, device_id=None, now=now)
            return _answer(request, session, is_browser=True)
        if data is None or data.device_id is None:
            raise malformed_field("device_id", "Send the id of the device that signed in.")
        device_id = DeviceId(data.device_id)
        session = sessions.refresh(request.db, desk, presented, device_id=device_id, now=now)
        return _answer(request, session, is_browser=False)

    @post(
        "/logout",
        operation_id="logout",
        guards=[ANYBODY],
        opt=WRITES_LITTLE,
        status_code=204,
        sync_to_thread=True,
    )
    def logout(self, request: Call) -> Response[None]:
        """End the session of this device."""
        with request.db.for_org(request.actor.org_id) as connection:
            sessions.sign_out(connection, request.actor, now=request.clock.now())
        response: Response[None] = Response(None, status_code=204, headers=_NO_STORE)
        response.delete_cookie(_COOKIE, path=_COOKIE_PATH)
        return response


class MeController(Controller):
    """The signed-in person."""

    path = "/v1/me"
    tags = ["auth"]

    @get(operation_id="read_me", guards=[ANYBODY], sync_to_thread=True)
    def read_me(self, request: Call) -> SessionUser:
        """Return who is signed in."""
        with request.db.for_org(request.actor.org_id) as connection:
            return sessions.read_me(connection, request.actor)

    @get("/looks", operation_id="list_looks", guards=[ANYBODY], sync_to_thread=True)
    def list_looks(
        self, request: Call, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
    ) -> Page[LookRead]:
        """Read who looked at your position or track, and when; kept for a year.

        Looks of one person at the same within ten minutes are one.
        """
        before = decode_id_cursor(cursor)
        with request.db.for_org(request.actor.org_id, snapshot=True) as connection:
            found = looks.list_looks(connection, request.actor, before=before, limit=limit + 1)
        items = found[:limit]
        is_last = len(found) <= limit
        return Page(items, None if is_last else encode_cursor(str(items[-1].id)))


class UserController(Controller):
    """The people of the organisation."""

    path = "/v1/users"
    tags = ["users"]

    @get(operation_id="list_users", guards=[ANYBODY], sync_to_thread=True)
    def list_users(
        self, request: Call, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
    ) -> Page[UserRead]:
        """List people by name; a rep gets only themself."""
        with request.db.for_org(request.actor.org_id) as connection:
            return service.list_users(connection, request.actor, limit=limit, cursor=cursor)

    @post(operation_id="add_user", guards=[ADMINS])
    async def add_user(self, data: JSONBody[UserCreate], request: Call) -> UserRead:
        """Create a person who can sign in at once."""

        def work() -> UserRead:
            with request.db.for_org(request.actor.org_id) as connection:
                return service.add_user(connection, request.actor, data)

        return await _desk(request).lane.run(work)

    @patch("/{user_id:uuid}", operation_id="change_user", guards=[ANYBODY])
    async def change_user(
        self, user_id: FromPath[UUID], data: JSONBody[UserPatch], request: Call
    ) -> UserRead:
        """Change oneself (name, language, home, password) or, as administrator, anybody."""
        desk = _desk(request)
        work = partial(
            service.change_user,
            request.db,
            desk,
            request.actor,
            UserId(user_id),
            data,
            now=request.clock.now(),
        )
        return await desk.lane.run(work)


class TeamController(Controller):
    """The teams of the organisation."""

    path = "/v1/teams"
    tags = ["teams"]

    @get(operation_id="list_teams", guards=[ANYBODY], sync_to_thread=True)
    def list_teams(
        self, request: Call, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
    ) -> Page[TeamRead]:
        """List teams by name."""
        with request.db.for_org(request.actor.org_id) as connection:
            return teams.list_teams(connection, request.actor, limit=limit, cursor=cursor)

    @post(operation_id="add_team", guards=[ADMINS], sync_to_thread=True)
    def add_team(self, data: JSONBody[TeamCreate], request: Call) -> TeamRead:
        """Create a team."""
        with request.db.for_org(request.actor.org_id) as connection:
            return teams.add_team(connection, request.actor, data)


class DeviceController(Controller):
    """The devices that people signed in from."""

    path = "/v1/devices"
    tags = ["devices"]

    @get(operation_id="list_devices", guards=[ANYBODY], sync_to_thread=True)
    def list_devices(
        self, request: Call, limit: LimitQuery = DEFAULT_LIMIT, cursor: CursorQuery = None
    ) -> Page[DeviceRead]:
        """List one's own devices; an administrator gets everybody's."""
        with request.db.for_org(request.actor.org_id) as connection:
            return devices.list_devices(connection, request.actor, limit=limit, cursor=cursor)

    @post(operation_id="add_device", guards=[ANYBODY], status_code=200, sync_to_thread=True)
    def add_device(self, data: JSONBody[DeviceCreate], request: Call) -> Response[SessionRead]:
        """Go on under a new device id: for a device that lives twice. Answers like a sign-in."""
        actor, now = request.actor, request.clock.now()
        with request.db.for_org(actor.org_id) as connection:
            session = sessions.move_on(connection, _desk(request), actor, data, now=now)
        return _answer(request, session, is_browser=False)

    @post(
        "/{device_id:uuid}/revoke",
        operation_id="revoke_device",
        guards=[ANYBODY],
        status_code=200,
        sync_to_thread=True,
    )
    def revoke_device(self, device_id: FromPath[UUID], request: Call) -> DeviceRead:
        """Shut a device out for good; it wipes its data at the next contact."""
        actor, now = request.actor, request.clock.now()
        with request.db.for_org(actor.org_id) as connection:
            revoked = devices.revoke_device(connection, actor, DeviceId(device_id), now=now)
        _desk(request).standings.forget_user(actor.org_id, UserId(revoked.user_id))
        return revoked


def _desk(request: Call) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


def _answer(request: Call, session: SessionRead, *, is_browser: bool) -> Response[SessionRead]:
    """Return the session; a browser gets the refresh token as a cookie that no script can read."""
    if not is_browser:
        return Response(session, headers=_NO_STORE)
    cookie = Cookie(
        key=_COOKIE,
        value=session.refresh_token,
        path=_COOKIE_PATH,
        max_age=int(_desk(request).idle.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return Response(replace(session, refresh_token=None), headers=_NO_STORE, cookies=[cookie])
