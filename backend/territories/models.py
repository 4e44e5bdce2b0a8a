"""The tables of territories and of who holds them when."""

import sqlalchemy as sa
from geoalchemy2 import Geometry

from backend.db.tables import METADATA

TERRITORY = sa.Table(
    "territory",
    METADATA,
    sa.Column("org_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("parent_id", sa.Uuid),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("code", sa.Text),
    sa.Column("color", sa.Text, nullable=False),
    sa.Column("area", Geometry("MULTIPOLYGON", srid=4326, spatial_index=False)),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    sa.Column("deleted_at", sa.DateTime(timezone=True)),
    sa.Column("rv", sa.BigInteger, nullable=False),
)

ASSIGNMENT = sa.Table(
    "territory_assignment",
    METADATA,
    sa.Column("org_id", sa.Uuid, primary_key=True),
    sa.Column("id", sa.Uuid, primary_key=True),
    sa.Column("territory_id", sa.Uuid, nullable=False),
    sa.Column("user_id", sa.Uuid, nullable=False),
    sa.Column("valid_from", sa.Date, nullable=False),
    sa.Column("valid_to", sa.Date),
    sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
)
