"""The tables of accounts and contacts; triggers keep territory, version, tiles and sync right."""

import sqlalchemy as sa
from geoalchemy2 import Geometry
from sqlalchemy.dialects.postgresql import ARRAY

from backend.db.tables import METADATA

_POINT = Geometry("POINT", srid=4326, spatial_index=False)

ACCOUNT = sa.Table(
    "account",
    METADATA,
    sa.Column("org_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("name_folded", sa.Text),
    sa.Column("life_stage", sa.Text, nullable=False),
    sa.Column("category", sa.Text),
    sa.Column("address", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("website", sa.Text),
    sa.Column("channel", sa.Text),
    sa.Column("tags", ARRAY(sa.Text), nullable=False),
    sa.Column("opening_hours", sa.Text),
    sa.Column("preferred_hours", sa.Text),
    sa.Column("preferred_hours_are_firm", sa.Boolean, nullable=False),
    sa.Column("location", _POINT),
    sa.Column("location_source", sa.Text),
    sa.Column("territory_id", sa.Uuid),
    sa.Column("territory_is_manual", sa.Boolean, nullable=False),
    sa.Column("owner_id", sa.Uuid),
    sa.Column("visit_minutes", sa.Integer, nullable=False),
    sa.Column("visit_every_days", sa.Integer, nullable=False),
    sa.Column("visit_frequency", sa.Text),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("empties_owed", sa.Integer, nullable=False),
    sa.Column("last_visit_at", sa.DateTime(timezone=True)),
    sa.Column("source", sa.Text),
    sa.Column("source_ref", sa.Text),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("deleted_at", sa.DateTime(timezone=True)),
    sa.Column("rv", sa.BigInteger, nullable=False),
)

CONTACT = sa.Table(
    "contact",
    METADATA,
    sa.Column("org_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("account_id", sa.Uuid, nullable=False),
    sa.Column("full_name", sa.Text, nullable=False),
    sa.Column("job_title", sa.Text),
    sa.Column("phone", sa.Text),
    sa.Column("email", sa.Text),
    sa.Column("channels", ARRAY(sa.Text), nullable=False),
    sa.Column("tags", ARRAY(sa.Text), nullable=False),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("deleted_at", sa.DateTime(timezone=True)),
    sa.Column("rv", sa.BigInteger, nullable=False),
)
