"""The audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table of the audit log."""
    op.create_table(
        "audit_log",
        sa.Column("entry_id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")
        ),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "action", sa.Text(), nullable=False, comment="a verb and its object: quote.accept"
        ),
        sa.Column(
            "subject", sa.Text(), nullable=False, comment="what it was done to: quote BNG-00001"
        ),
        sa.Column("before", JSONB()),
        sa.Column("after", JSONB()),
        sa.Column("why", sa.Text(), nullable=False, server_default=""),
    )
    op.create_index("audit_log_subject", "audit_log", ["subject", "entry_id"])


def downgrade() -> None:
    """Remove the log with all its entries."""
    op.drop_table("audit_log")
