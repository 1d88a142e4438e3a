"""Queues of runs, and requests that may be sent twice."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Let a run wait in a queue; remember by whom and under which key it was asked."""
    op.add_column(
        "runs", sa.Column("queue", sa.Text(), nullable=False, server_default="interactive")
    )
    op.create_check_constraint("queue_known", "runs", "queue IN ('interactive', 'batch')")
    op.create_index(
        "runs_waiting",
        "runs",
        ["queue", "created_at"],
        postgresql_where=sa.text("status = 'queued'"),
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("asked_by", sa.Text(), primary_key=True),
        sa.Column("idempotency_key", sa.Text(), primary_key=True),
        sa.Column("request_sha256", sa.Text(), nullable=False),
        sa.Column("run_id", sa.Uuid(), sa.ForeignKey("runs.run_id"), nullable=False),
        sa.Column(
            "asked_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")
        ),
    )
    op.create_index("ix_idempotency_keys_run_id", "idempotency_keys", ["run_id"])


def downgrade() -> None:
    """Forget the queues and the keys."""
    op.drop_table("idempotency_keys")
    op.drop_index("runs_waiting", "runs")
    op.drop_constraint("queue_known", "runs")
    op.drop_column("runs", "queue")
