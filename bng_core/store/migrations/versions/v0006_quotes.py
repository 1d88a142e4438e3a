"""Customers, promoters, quotes with their versions and lines, documents."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"

_SQL = Path(__file__).with_suffix(".up.sql"), Path(__file__).with_suffix(".down.sql")


def upgrade() -> None:
    """Run the SQL beside this file."""
    op.execute(_SQL[0].read_text(encoding="utf-8"))


def downgrade() -> None:
    """Undo it; what the earlier release can hold is kept."""
    op.execute(_SQL[1].read_text(encoding="utf-8"))
