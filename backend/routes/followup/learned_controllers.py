"""What was learned over HTTP: read, fixed by a planner, forgotten, learned now."""

from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody, PathParameter

from backend.api.payloads import NO_NUL, Page
from backend.identity.call import Call
from backend.identity.permissions import OFFICE, PLANNERS
from backend.routes.followup import teaching
from backend.routes.followup.schemas import LearnedPatch, LearnedRead, Subject

KeyPath = Annotated[
    str,
    PathParameter(
        max_length=200,
        pattern=NO_NUL,
        description="An account's id, a category, or profile and hour such as car-17",
    ),
]
_VALUE = "/{subject:str}/{key:str}"


class LearnedController(Controller):
    """What visits and ways really take, and what people say to it."""

    path = "/v1/followup/learned"
    tags = ["follow up"]

    @get(operation_id="list_learned", guards=[OFFICE], sync_to_thread=True)
    def list_learned(
        self, request: Call, subject: FromQuery[Subject | None] = None
    ) -> Page[LearnedRead]:
        """List up to 500 learned and fixed values, those farthest from the plan first."""
        with request.db.for_org(request.actor.org_id, snapshot=True) as connection:
            return Page(teaching.list_learned(connection, request.actor, subject))

    @patch(_VALUE, operation_id="fix_learned", guards=[PLANNERS], sync_to_thread=True)
    def fix_learned(
        self,
        request: Call,
        subject: FromPath[Subject],
        key: KeyPath,
        data: JSONBody[LearnedPatch],
    ) -> LearnedRead:
        """Put a value of one's own in place of the learned one, or null to take it back."""
        with request.db.for_org(request.actor.org_id) as connection:
            return teaching.fix(
                connection,
                request.actor,
                subject,
                key,
                data.fixed_value,
                now=request.clock.now(),
            )

    @delete(
        _VALUE,
        operation_id="forget_learned",
        guards=[PLANNERS],
        status_code=200,
        sync_to_thread=True,
    )
    def forget_learned(
        self, request: Call, subject: FromPath[Subject], key: KeyPath
    ) -> LearnedRead:
        """Say no to a learned value: the plan's own holds, and learning begins anew from now."""
        with request.db.for_org(request.actor.org_id) as connection:
            return teaching.forget(connection, request.actor, subject, key, now=request.clock.now())

    @post(
        "/refresh",
        operation_id="learn_now",
        guards=[PLANNERS],
        status_code=202,
        sync_to_thread=True,
    )
    def learn_now(self, request: Call) -> None:
        """Ask for what is done every night: to learn from the last eight weeks anew."""
        with request.db.for_org(request.actor.org_id) as connection:
            teaching.ask_to_learn(connection, request.actor)
