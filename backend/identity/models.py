"""The tables of organisations, people, teams, devices, refresh tokens and the audit trail."""

import sqlalchemy as sa
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import JSONB

from backend.db.tables import METADATA

_Moment = sa.DateTime(timezone=True)

organisation = sa.Table(
    "organisation",
    METADATA,
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("country", sa.CHAR(2), nullable=False),
    sa.Column("time_zone", sa.Text, nullable=False),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("currency", sa.Text, nullable=False),
    sa.Column("created_at", _Moment, nullable=False),
)

team = sa.Table(
    "team",
    METADATA,
    sa.Column("org_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", _Moment, nullable=False),
)

app_user = sa.Table(
    "app_user",
    METADATA,
    sa.Column("org_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("email", sa.Text, nullable=False),
    sa.Column("full_name", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("team_id", sa.Uuid),
    sa.Column("locale", sa.Text, nullable=False),
    sa.Column("password_hash", sa.Text, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("token_version", sa.Integer, nullable=False),
    sa.Column("failed_logins", sa.Integer, nullable=False),
    sa.Column("locked_until", _Moment),
    sa.Column("home_location", Geometry("POINT", srid=4326, spatial_index=False)),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("updated_at", _Moment, nullable=False),
    sa.Column("rv", sa.BigInteger, nullable=False),
)

device = sa.Table(
    "device",
    METADATA,
    sa.Column("org_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("user_id", sa.Uuid, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("platform", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("last_seen_at", _Moment, nullable=False),
)

refresh_token = sa.Table(
    "refresh_token",
    METADATA,
    sa.Column("org_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("family_id", sa.Uuid, nullable=False),
    sa.Column("device_id", sa.Uuid, nullable=False),
    sa.Column("user_id", sa.Uuid, nullable=False),
    sa.Column("token_hash", sa.LargeBinary, nullable=False),
    sa.Column("successor_sealed", sa.LargeBinary),
    sa.Column("used_at", _Moment),
    sa.Column("revoked_at", _Moment),
    sa.Column("created_at", _Moment, nullable=False),
    sa.Column("expires_at", _Moment, nullable=False),
    sa.Column("family_expires_at", _Moment, nullable=False),
)

audit_entry = sa.Table(
    "audit_entry",
    METADATA,
    sa.Column("org_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("at", _Moment, nullable=False),
    sa.Column("actor_id", sa.Uuid),
    sa.Column("device_id", sa.Uuid),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("subject_id", sa.Uuid),
    sa.Column("detail", JSONB, nullable=False),
)
