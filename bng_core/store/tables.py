"""The tables of the store; constraints do the guarding.

banks, stock and prices hold the market as it is now, in the columns of §4.1. market_versions keeps
a copy of every market that a run has used, so that a run can be repeated after prices have moved.
inputs keeps what was uploaded, once per content. runs is the truth about every run.
Units are before the spatial risk multiplier; money is GBP; times are UTC.
"""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from bng_core.store.columns import instant, metadata, one_of, written_at
from bng_core.terms import Basis, ContractSize, Relation

market_versions = Table(
    "market_versions",
    metadata,
    Column("version", Text, primary_key=True),
    written_at("saved_at"),
    Column("tables", JSONB, nullable=False, comment="banks, stock and prices, each as CSV text"),
)

banks = Table(
    "banks",
    metadata,
    Column("bank_id", Text, primary_key=True),
    Column("bank_name", Text, nullable=False),
    Column("lpa", Text, nullable=False),
    Column("nca", Text, nullable=False),
    Column("lat", Double),
    Column("lon", Double),
    Column("lnrs", Text),
    Column("waterbody_id", Text),
    Column("operational_catchment", Text),
    Column("marine_plan_area", Text),
    Column("register_reference", Text),
    Column("status", Text),
    CheckConstraint("lat BETWEEN -90 AND 90", name="lat_on_earth"),
    CheckConstraint("lon BETWEEN -180 AND 180", name="lon_on_earth"),
)

stock = Table(
    "stock",
    metadata,
    Column("stock_id", Text, primary_key=True),
    Column("bank_id", Text, ForeignKey("banks.bank_id"), nullable=False, index=True),
    Column("habitat", Text, nullable=False),
    Column("units_available", Numeric(14, 4), nullable=False),
    CheckConstraint("units_available >= 0", name="units_available_not_negative"),
)

prices = Table(
    "prices",
    metadata,
    Column("price_id", Integer, Identity(), primary_key=True),
    Column("bank_id", Text, ForeignKey("banks.bank_id"), nullable=False, index=True),
    Column("habitat", Text, nullable=False),
    Column("contract_size", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("unit_price", Numeric(12, 2), nullable=False),
    Column("basis", Text),
    Column("valid_from", Date),
    Column("valid_to", Date),
    CheckConstraint("unit_price > 0", name="unit_price_above_0"),
    CheckConstraint("valid_to >= valid_from", name="validity_in_order"),
    one_of("contract_size", [*ContractSize]),
    one_of("tier", ["any", *Relation]),
    one_of("basis", [*Basis]),
)

MARKET_TABLES = {"banks": banks, "stock": stock, "prices": prices}

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
    written_at("created_at"),
    instant("started_at"),
    instant("finished_at"),
    one_of("status", ["queued", "running", "done", "failed", "cancelled", "lost"]),
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
    # Identical requests in flight compute once, whatever happens to Redis.
    Index(
        "runs_one_in_flight",
        "run_key",
        unique=True,
        postgresql_where=text("status IN ('queued', 'running')"),
    ),
)
