"""The one catalogue of tables: each room declares its own on it."""

import sqlalchemy as sa

METADATA = sa.MetaData()
