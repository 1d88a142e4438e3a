"""The tables of the store; constraints do the guarding.

banks, stock and prices hold the market as it is now, in the columns of §4.1. market_versions keeps
a copy of every market that a run has used, so that a run can be repeated after prices have moved.
inputs keeps what was uploaded, once per content. runs is the truth about every run;
idempotency_keys says which of them a request, sent again under the same key, was answered with.
Units are before the spatial risk multiplier; money is GBP; times are UTC.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from bng_core.store.columns import instant, metadata, one_of, written_at

inputs = Table(
    "inputs",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    written_at("saved_at"),
    CheckConstraint("size = octet_length(content)", name="size_is_true"),
)

runs = Table(
    "runs",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("run_key", Text, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("queue", Text, nullable=False, server_default="interactive"),
    Column("status", Text, nullable=False),
    Column("stage", Text, nullable=False, server_default=""),
    Column("progress", Integer, nullable=False, server_default="0"),
    Column("parameters", JSONB, nullable=False),
    Column("input_name", Text, nullable=False),
    Column("input_sha256", Text, ForeignKey("inputs.sha256"), nullable=False),
    Column("market_version", Text, ForeignKey("market_versions.version"), nullable=False),
    Column("rulebook_version", Text, nullable=False),
    Column("code_version", Text, nullable=False),
    Column("result", JSONB(none_as_null=True)),
    Column("notebook", LargeBinary),
    Column("error", Text),
    Column("executor", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("lease_owner", Uuid),
    instant("lease_until"),
    Column("answered_from_cache_of", Uuid, ForeignKey("runs.run_id")),
    Column("asked_by", Text, nullable=False, server_default=""),
    written_at("created_at"),
    instant("started_at"),
    instant("finished_at"),
    one_of("status", ["queued", "running", "done", "failed", "cancelled", "lost"]),
    one_of("queue", ["interactive", "batch"]),
    CheckConstraint("progress BETWEEN 0 AND 100", name="progress_is_a_percentage"),
    CheckConstraint(
        "status <> 'done' OR result IS NOT NULL OR answered_from_cache_of IS NOT NULL",
        name="done_has_a_result",
    ),
    CheckConstraint(
        "status NOT IN ('queued', 'running') OR lease_until IS NOT NULL", name="open_has_a_lease"
    ),
    CheckConstraint("status NOT IN ('failed', 'lost') OR error <> ''", name="failure_has_a_reason"),
    Index("runs_created_at", "created_at"),
    Index("runs_waiting", "queue", "created_at", postgresql_where=text("status = 'queued'")),
    # Identical requests in flight compute once, whatever happens to Redis.
    Index(
        "runs_one_in_flight",
        "run_key",
        unique=True,
        postgresql_where=text("status IN ('queued', 'running')"),
    ),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("asked_by", Text, primary_key=True),
    Column("idempotency_key", Text, primary_key=True),
    Column("request_sha256", Text, nullable=False),
    Column("run_id", Uuid, ForeignKey("runs.run_id"), nullable=False, index=True),
    written_at("asked_at"),
)
