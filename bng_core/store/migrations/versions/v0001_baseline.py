"""The tables as they were made before there were migrations: market, inputs, runs."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables of market, inputs and runs."""
    _create_market()
    _create_inputs()
    op.create_table("runs", *_asked(), *_answered(), *_rules_of_runs())
    op.create_index("ix_runs_run_key", "runs", ["run_key"])
    op.create_index("runs_created_at", "runs", ["created_at"])
    op.create_index(
        "runs_one_in_flight",
        "runs",
        ["run_key"],
        unique=True,
        postgresql_where=sa.text("status IN ('queued', 'running')"),
    )


def downgrade() -> None:
    """Remove them with all that they hold."""
    for table in ("runs", "inputs", "prices", "stock", "banks", "market_versions"):
        op.drop_table(table)


def _text(name: str) -> sa.Column:
    return sa.Column(name, sa.Text(), nullable=False)


def _now(name: str) -> sa.Column:
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")
    )


def _create_market() -> None:
    op.create_table(
        "market_versions",
        sa.Column("version", sa.Text(), primary_key=True),
        _now("saved_at"),
        sa.Column(
            "tables", JSONB(), nullable=False, comment="banks, stock and prices, each as CSV text"
        ),
    )
    op.create_table(
        "banks",
        sa.Column("bank_id", sa.Text(), primary_key=True),
        *(_text(name) for name in ("bank_name", "lpa", "nca")),
        sa.Column("lat", sa.Double()),
        sa.Column("lon", sa.Double()),
        *(sa.Column(name, sa.Text()) for name in ("lnrs", "waterbody_id")),
        *(sa.Column(name, sa.Text()) for name in ("operational_catchment", "marine_plan_area")),
        *(sa.Column(name, sa.Text()) for name in ("register_reference", "status")),
        sa.CheckConstraint("lat BETWEEN -90 AND 90", name="lat_on_earth"),
        sa.CheckConstraint("lon BETWEEN -180 AND 180", name="lon_on_earth"),
    )
    op.create_table(
        "stock",
        sa.Column("stock_id", sa.Text(), primary_key=True),
        sa.Column("bank_id", sa.Text(), sa.ForeignKey("banks.bank_id"), nullable=False),
        _text("habitat"),
        sa.Column("units_available", sa.Numeric(14, 4), nullable=False),
        sa.CheckConstraint("units_available >= 0", name="units_available_not_negative"),
    )
    op.create_index("ix_stock_bank_id", "stock", ["bank_id"])
    _create_prices()


def _create_prices() -> None:
    op.create_table(
        "prices",
        sa.Column("price_id", sa.Integer(), sa.Identity(), primary_key=True),
        sa.Column("bank_id", sa.Text(), sa.ForeignKey("banks.bank_id"), nullable=False),
        *(_text(name) for name in ("habitat", "contract_size", "tier")),
        sa.Column("unit_price", sa.Numeric(12, 2), nullable=False),
        sa.Column("basis", sa.Text()),
        sa.Column("valid_from", sa.Date()),
        sa.Column("valid_to", sa.Date()),
        sa.CheckConstraint("unit_price > 0", name="unit_price_above_0"),
        sa.CheckConstraint("valid_to >= valid_from", name="validity_in_order"),
        sa.CheckConstraint(
            "contract_size IN ('fractional', 'small', 'medium', 'large')",
            name="contract_size_known",
        ),
        sa.CheckConstraint("tier IN ('any', 'local', 'adjacent', 'far')", name="tier_known"),
        sa.CheckConstraint("basis IN ('bought', 'effective')", name="basis_known"),
    )
    op.create_index("ix_prices_bank_id", "prices", ["bank_id"])


def _create_inputs() -> None:
    op.create_table(
        "inputs",
        sa.Column("sha256", sa.Text(), primary_key=True),
        _text("name"),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        _now("saved_at"),
        sa.CheckConstraint("size = octet_length(content)", name="size_is_true"),
    )


def _asked() -> list[sa.Column]:
    return [
        sa.Column("run_id", sa.Uuid(), primary_key=True),
        _text("run_key"),
        _text("kind"),
        _text("status"),
        sa.Column("stage", sa.Text(), nullable=False, server_default=""),
        sa.Column("progress", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("parameters", JSONB(), nullable=False),
        _text("input_name"),
        sa.Column("input_sha256", sa.Text(), sa.ForeignKey("inputs.sha256"), nullable=False),
        sa.Column(
            "market_version",
            sa.Text(),
            sa.ForeignKey("market_versions.version"),
            nullable=False,
        ),
        _text("rulebook_version"),
        _text("code_version"),
    ]


def _answered() -> list[sa.Column]:
    return [
        sa.Column("result", JSONB()),
        sa.Column("notebook", sa.LargeBinary()),
        sa.Column("error", sa.Text()),
        sa.Column("executor", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("lease_owner", sa.Uuid()),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("answered_from_cache_of", sa.Uuid(), sa.ForeignKey("runs.run_id")),
        _now("created_at"),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
    ]


def _rules_of_runs() -> list[sa.CheckConstraint]:
    rules = {
        "status_known": "status IN ('queued', 'running', 'done', 'failed', 'cancelled', 'lost')",
        "progress_is_a_percentage": "progress BETWEEN 0 AND 100",
        "done_has_a_result": "status <> 'done' OR result IS NOT NULL "
        "OR answered_from_cache_of IS NOT NULL",
        "open_has_a_lease": "status NOT IN ('queued', 'running') OR lease_until IS NOT NULL",
        "failure_has_a_reason": "status NOT IN ('failed', 'lost') OR error <> ''",
    }
    return [sa.CheckConstraint(rule, name=name) for name, rule in rules.items()]
