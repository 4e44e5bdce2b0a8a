"""The whole sync protocol: issues that travel, aliases, expiry, anchors, pokes; realignment."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    for path in sorted(_SQL.glob("0002_*.sql")):
        # The driver's cursor: these files hold percent signs and colons that are not parameters.
        cursor = op.get_bind().connection.cursor()
        cursor.execute(path.read_text())
        cursor.close()


def downgrade() -> None:
    raise RuntimeError("There is no way back: restore the dump that was made before the migration.")
