"""Users, their set-password links and their API keys."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"

_SQL = Path(__file__).with_suffix(".up.sql"), Path(__file__).with_suffix(".down.sql")


def upgrade() -> None:
    """Run the SQL beside this file; no user is made, and so no password."""
    op.execute(_SQL[0].read_text(encoding="utf-8"))


def downgrade() -> None:
    """Remove users and keys; the earlier release knows none."""
    op.execute(_SQL[1].read_text(encoding="utf-8"))
