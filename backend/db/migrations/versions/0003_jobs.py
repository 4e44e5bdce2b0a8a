"""Jobs in a schema of their own; uploads that expire; files that are missed.

The queue's tables are the library's: its schema is applied as the installed version ships it, and
that version is noted on the schema. A later version that changes them ships its steps
(`procrastinate/sql/migrations`): a migration of ours then applies those beyond the version noted.
"""

from importlib.metadata import version
from pathlib import Path

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0003"
down_revision = "0002"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    # The driver's cursor: these texts hold percent signs and colons that are not parameters.
    cursor = op.get_bind().connection.cursor()
    cursor.execute("CREATE SCHEMA jobs; SET LOCAL search_path = jobs")
    cursor.execute(SchemaManager.get_schema())
    cursor.execute("SET LOCAL search_path TO DEFAULT")
    cursor.execute(f"COMMENT ON SCHEMA jobs IS 'procrastinate {version('procrastinate')}'")
    for path in sorted(_SQL.glob("0003_*.sql")):
        cursor.execute(path.read_text())
    cursor.close()


def downgrade() -> None:
    raise RuntimeError("There is no way back: restore the dump that was made before the migration.")
