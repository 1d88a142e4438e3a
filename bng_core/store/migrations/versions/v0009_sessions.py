"""Sessions of the pages."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the table; nobody is signed in."""
    op.execute(
        "CREATE TABLE sessions (session_id text PRIMARY KEY, login text NOT NULL REFERENCES users,"
        " created_at timestamptz NOT NULL DEFAULT now(), expires_at timestamptz NOT NULL)"
    )
    op.execute("CREATE INDEX ix_sessions_login ON sessions (login)")


def downgrade() -> None:
    """Sign everybody out; the earlier release has no sessions."""
    op.execute("DROP TABLE sessions")
