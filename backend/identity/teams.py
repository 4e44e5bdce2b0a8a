"""The rules about teams."""

import msgspec
import sqlalchemy as sa

from backend.api.paging import encode_cursor
from backend.api.payloads import Page
from backend.identity import audit, repository
from backend.identity.actor import Actor
from backend.identity.cursors import after_name
from backend.identity.schemas import TeamCreate, TeamRead
from backend.ids import OrgId, TeamId, new_id


def create_team(
    connection: sa.Connection, org_id: OrgId, data: TeamCreate, *, by: Actor | None = None
) -> TeamId:
    """Create a team; `by` is None for the command line."""
    team_id = TeamId(new_id())
    repository.insert_team(connection, org_id, team_id, " ".join(data.name.split()))
    audit.record_event(
        connection, org_id, "team.created", by=by, subject="team", subject_id=team_id
    )
    return team_id


def list_teams(
    connection: sa.Connection, actor: Actor, *, limit: int, cursor: str | None
) -> Page[TeamRead]:
    """Return the teams of the organisation by name."""
    rows = repository.select_teams(
        connection, actor.org_id, after=after_name(cursor), limit=limit + 1
    )
    teams = msgspec.convert(rows[:limit], list[TeamRead])
    more = len(rows) > limit
    return Page(teams, encode_cursor(teams[-1].name, str(teams[-1].id)) if more else None)


def add_team(connection: sa.Connection, actor: Actor, data: TeamCreate) -> TeamRead:
    """Create a team in the actor's organisation."""
    team_id = create_team(connection, actor.org_id, data, by=actor)
    rows = repository.select_teams(connection, actor.org_id, only=team_id)
    return msgspec.convert(rows[0], TeamRead)
