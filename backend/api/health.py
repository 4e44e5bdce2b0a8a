"""Liveness and readiness."""

import msgspec
import sqlalchemy as sa
from litestar import Controller, get
from litestar.datastructures import State
from litestar.response import Response

from backend.api.disk import DiskGuard
from backend.api.opts import PUBLIC
from backend.db.migrate import current_revision, newest_revision
from backend.db.tenancy import Database


class Readiness(msgspec.Struct, frozen=True):
    """Whether the service can work now, and what each part says."""

    is_ready: bool
    database: str
    schema: str
    disk: str


class HealthController(Controller):
    """Probes for a supervisor: no sign-in, no data."""

    tags = ["health"]
    opt = PUBLIC

    @get("/livez", operation_id="liveness", sync_to_thread=False)
    def live(self) -> dict[str, str]:
        """Answer as long as the process serves requests at all."""
        return {"status": "alive"}

    @get("/readyz", operation_id="readiness", sync_to_thread=True)
    def ready(self, state: State) -> Response[Readiness]:
        """Answer 200 when database, schema and disk are fit for work, else 503."""
        database, schema = _check_database(state.database)
        disk: DiskGuard = state.disk
        is_roomy = disk.has_room()
        is_ready = database == "reachable" and schema == "current" and is_roomy
        body = Readiness(is_ready, database, schema, "enough room" if is_roomy else "almost full")
        return Response(body, status_code=200 if is_ready else 503)


def _check_database(db: Database) -> tuple[str, str]:
    try:
        with db.without_org() as connection:
            revision = current_revision(connection)
    except (sa.exc.SQLAlchemyError, OSError):
        return "unreachable", "unknown"
    wanted = newest_revision()
    return "reachable", "current" if revision == wanted else f"at {revision}, wanted {wanted}"
