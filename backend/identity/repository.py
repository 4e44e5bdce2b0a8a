"""The queries about organisations, people, teams and devices."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from backend.identity.actor import Actor
from backend.identity.models import app_user, device, organisation, team
from backend.ids import DeviceId, OrgId, TeamId, UserId

_USER_COLUMNS = (
    app_user.c.id,
    app_user.c.email,
    app_user.c.full_name,
    app_user.c.role,
    app_user.c.team_id,
    app_user.c.locale,
    app_user.c.is_active,
    sa.case(
        (
            app_user.c.home_location.is_not(None),
            sa.func.json_build_array(
                sa.func.ST_X(app_user.c.home_location), sa.func.ST_Y(app_user.c.home_location)
            ),
        )
    ).label("home_location"),
    app_user.c.rv,
    app_user.c.created_at,
    app_user.c.updated_at,
)

type Row = sa.RowMapping


def insert_organisation(connection: sa.Connection, values: Mapping[str, object]) -> None:
    """Insert an organisation; only the owner's role may."""
    connection.execute(sa.insert(organisation).values(**values))


def find_organisations(connection: sa.Connection, name_or_id: str) -> list[tuple[OrgId, str]]:
    """Return id and name of the organisations that are called so."""
    named = (organisation.c.name == name_or_id) | (
        sa.cast(organisation.c.id, sa.Text) == name_or_id
    )
    rows = connection.execute(sa.select(organisation.c.id, organisation.c.name).where(named))
    return [(OrgId(row.id), str(row.name)) for row in rows]


def get_organisation_locale(connection: sa.Connection, org_id: OrgId) -> str:
    """Return the language of an organisation."""
    found = connection.execute(
        sa.select(organisation.c.locale).where(organisation.c.id == org_id)
    ).scalar_one()
    return str(found)


def insert_user(connection: sa.Connection, values: Mapping[str, object]) -> None:
    """Insert a person; `home_location` is [lon, lat] or None."""
    connection.execute(sa.insert(app_user).values(**_with_point(values)))


def update_user(
    connection: sa.Connection, org_id: OrgId, user_id: UserId, values: Mapping[str, object]
) -> None:
    """Change a person's columns; `home_location` is [lon, lat] or None."""
    connection.execute(
        sa.update(app_user).where(*_is(org_id, user_id)).values(**_with_point(values))
    )


def find_user(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> Row | None:
    """Return a person's columns as UserRead has them, or None."""
    query = sa.select(*_USER_COLUMNS).where(*_is(org_id, user_id))
    return connection.execute(query).mappings().one_or_none()


def lock_user(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> bool:
    """Hold a person's row until the end of the transaction; False when there is none."""
    query = sa.select(app_user.c.id).where(*_is(org_id, user_id)).with_for_update(key_share=True)
    return connection.execute(query).one_or_none() is not None


def select_users(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    only: UserId | None,
    after: tuple[str, UUID] | None,
    limit: int,
) -> Sequence[Row]:
    """Return people by name, from behind the key (name, id) on."""
    query = sa.select(*_USER_COLUMNS).where(app_user.c.org_id == org_id)
    if only is not None:
        query = query.where(app_user.c.id == only)
    if after is not None:
        query = query.where(_behind(app_user.c.full_name, app_user.c.id, after))
    query = query.order_by(app_user.c.full_name, app_user.c.id).limit(limit)
    return connection.execute(query).mappings().all()


def find_users_by_email(connection: sa.Connection, email: str) -> list[tuple[OrgId, UserId]]:
    """Return whose email it is in any organisation; the application's role sees only its own."""
    query = sa.select(app_user.c.org_id, app_user.c.id).where(
        sa.func.lower(app_user.c.email) == email.lower()
    )
    return [(OrgId(row.org_id), UserId(row.id)) for row in connection.execute(query)]


def select_everybody(connection: sa.Connection, org_id: OrgId | None) -> Sequence[Row]:
    """Return people with their organisation's name, for the owner's role."""
    query = sa.select(*_USER_COLUMNS, organisation.c.name.label("org_name")).join(
        organisation, organisation.c.id == app_user.c.org_id
    )
    if org_id is not None:
        query = query.where(app_user.c.org_id == org_id)
    query = query.order_by(organisation.c.name, app_user.c.full_name, app_user.c.id)
    return connection.execute(query).mappings().all()


def find_standing(connection: sa.Connection, actor: Actor) -> Row | None:
    """Return how a person on a device stands, None when there is no such pair."""
    query = (
        sa.select(
            app_user.c.role,
            app_user.c.is_active,
            app_user.c.token_version,
            (device.c.status == "active").label("is_device_active"),
        )
        .join(
            device,
            (device.c.org_id == app_user.c.org_id)
            & (device.c.user_id == app_user.c.id)
            & (device.c.id == actor.device_id),
        )
        .where(*_is(actor.org_id, actor.user_id))
    )
    return connection.execute(query).mappings().one_or_none()


def insert_team(connection: sa.Connection, org_id: OrgId, team_id: TeamId, name: str) -> None:
    """Insert a team."""
    connection.execute(sa.insert(team).values(org_id=org_id, id=team_id, name=name))


def has_team(connection: sa.Connection, org_id: OrgId, team_id: UUID) -> bool:
    """Tell whether the organisation has the team."""
    query = sa.select(team.c.id).where(team.c.org_id == org_id, team.c.id == team_id)
    return connection.execute(query).one_or_none() is not None


def select_teams(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    only: TeamId | None = None,
    after: tuple[str, UUID] | None = None,
    limit: int = 1,
) -> Sequence[Row]:
    """Return teams by name with their active members counted, from behind (name, id) on."""
    members = (
        sa.select(sa.func.count())
        .where(app_user.c.org_id == team.c.org_id, app_user.c.team_id == team.c.id)
        .where(app_user.c.is_active)
        .scalar_subquery()
    )
    query = sa.select(team.c.id, team.c.name, team.c.created_at, members.label("member_count"))
    query = query.where(team.c.org_id == org_id)
    if only is not None:
        query = query.where(team.c.id == only)
    if after is not None:
        query = query.where(_behind(team.c.name, team.c.id, after))
    query = query.order_by(team.c.name, team.c.id).limit(limit)
    return connection.execute(query).mappings().all()


def select_devices(
    connection: sa.Connection,
    org_id: OrgId,
    *,
    owner: UserId | None,
    after: UUID | None = None,
    only: DeviceId | None = None,
    limit: int = 1,
) -> Sequence[Row]:
    """Return devices by id, of one person or of everybody, from behind an id on."""
    query = (
        sa.select(
            *(column for column in device.c if column.name != "org_id"),
            app_user.c.full_name.label("user_name"),
        )
        .join(
            app_user, (app_user.c.org_id == device.c.org_id) & (app_user.c.id == device.c.user_id)
        )
        .where(device.c.org_id == org_id)
    )
    if owner is not None:
        query = query.where(device.c.user_id == owner)
    if only is not None:
        query = query.where(device.c.id == only)
    if after is not None:
        query = query.where(device.c.id > after)
    return connection.execute(query.order_by(device.c.id).limit(limit)).mappings().all()


def find_device_owners(connection: sa.Connection, device_id: DeviceId) -> set[tuple[OrgId, UserId]]:
    """Return who signed in with the device id, in any organisation."""
    rows = connection.execute(
        sa.text("SELECT org_id, user_id FROM tuyen_find_device(:id)"), {"id": device_id}
    )
    return {(OrgId(row.org_id), UserId(row.user_id)) for row in rows}


def insert_device(connection: sa.Connection, values: Mapping[str, object]) -> None:
    """Insert a device unless its id is taken."""
    # The owner of a taken id is looked at afterwards, under a lock.
    statement = insert(device).values(**values)
    connection.execute(statement.on_conflict_do_nothing())


def lock_device(
    connection: sa.Connection, org_id: OrgId, device_id: DeviceId
) -> tuple[UserId, str] | None:
    """Hold a device's row until the end of the transaction; return its owner and status."""
    query = (
        sa.select(device.c.user_id, device.c.status)
        .where(device.c.org_id == org_id, device.c.id == device_id)
        .with_for_update(key_share=True)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else (UserId(row.user_id), str(row.status))


def update_device(
    connection: sa.Connection, org_id: OrgId, device_id: DeviceId, values: Mapping[str, object]
) -> None:
    """Change a device's columns."""
    connection.execute(
        sa.update(device)
        .where(device.c.org_id == org_id, device.c.id == device_id)
        .values(**values)
    )


def raise_token_version(connection: sa.Connection, org_id: OrgId, user_id: UserId) -> None:
    """Make every access token that a person has void."""
    connection.execute(
        sa.update(app_user)
        .where(*_is(org_id, user_id))
        .values(token_version=app_user.c.token_version + 1)
    )


def _is(org_id: OrgId, user_id: UserId) -> tuple[sa.ColumnElement[bool], ...]:
    return app_user.c.org_id == org_id, app_user.c.id == user_id


def _behind(
    name: sa.Column[str], key: sa.Column[UUID], after: tuple[str, UUID]
) -> sa.ColumnElement[bool]:
    return sa.tuple_(name, key) > sa.tuple_(sa.literal(after[0]), sa.literal(after[1]))


def _with_point(values: Mapping[str, object]) -> dict[str, object]:
    point = values.get("home_location")
    if not isinstance(point, list):
        return dict(values)
    return {**values, "home_location": sa.func.ST_SetSRID(sa.func.ST_MakePoint(*point), 4326)}


def get_currency(connection: sa.Connection, org_id: OrgId) -> str:
    """Return the currency of the organisation's sums, ISO 4217."""
    statement = sa.text("SELECT currency FROM organisation WHERE id = :org_id")
    return str(connection.execute(statement, {"org_id": org_id}).scalar_one())
