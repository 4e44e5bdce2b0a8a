"""The first house: identity, accounts, territories, visits, routes, media and sync."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

_SQL = Path(__file__).parents[1] / "sql"


def upgrade() -> None:
    for path in sorted(_SQL.glob("0001_*.sql")):
        # The driver's cursor: these files hold percent signs and colons that are not parameters.
        cursor = op.get_bind().connection.cursor()
        cursor.execute(path.read_text())
        cursor.close()


def downgrade() -> None:
    raise RuntimeError("The first migration has nothing below it: drop the database instead.")
