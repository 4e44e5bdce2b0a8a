"""Alembic's environment: the caller hands over its connection."""

import sqlalchemy as sa
from alembic import context

connection: sa.Connection = context.config.attributes["connection"]
# A migration that waits for a lock makes everybody behind it wait as well.
connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
context.configure(connection=connection, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
