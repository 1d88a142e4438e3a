"""The tables of the stock: holds, the policy of holding, and the ledger that moves all units.

A trigger books every movement of stock_ledger into its lot (stock) and its hold (hold_lines);
nothing else may change them. Free are received - held - sold, which is a column that the database
computes and keeps from falling below 0.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from bng_core.stock_words import HoldState, Movement, Policy
from bng_core.store.columns import instant, metadata, one_of, units, written_at

holds = Table(
    "holds",
    metadata,
    Column("hold_id", Uuid, primary_key=True),
    Column("state", Text, nullable=False),
    instant("expires_at", nullable=False),
    written_at("created_at"),
    Column("created_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("version_id", BigInteger, ForeignKey("quote_versions.version_id")),
    one_of("state", HoldState),
    Index("holds_that_expire", "expires_at", postgresql_where=text("state = 'open'")),
    Index(
        "holds_one_open_a_quote",
        "version_id",
        unique=True,
        postgresql_where=text("state = 'open'"),
    ),
    Index("holds_of_a_quote", "version_id"),
)

hold_lines = Table(
    "hold_lines",
    metadata,
    Column("hold_id", Uuid, ForeignKey("holds.hold_id"), primary_key=True),
    Column("stock_id", Text, ForeignKey("stock.stock_id"), primary_key=True, index=True),
    units("held"),
    units("sold"),
    units("allocated"),
    CheckConstraint("held >= 0", name="held_not_negative"),
    CheckConstraint("allocated >= 0 AND allocated <= sold", name="allocated_was_sold"),
)


def _change(name: str, rule: str) -> Column:
    return Column(name, Numeric(14, 4), Computed(rule, persisted=True), nullable=False)


stock_ledger = Table(
    "stock_ledger",
    metadata,
    Column("entry_id", BigInteger, Identity(), primary_key=True),
    Column("stock_id", Text, ForeignKey("stock.stock_id"), nullable=False),
    Column("hold_id", Uuid),
    Column("kind", Text, nullable=False),
    Column("units", Numeric(14, 4), nullable=False),
    Column(
        "at",
        DateTime(timezone=True),
        nullable=False,
        server_default=func.clock_timestamp(),
    ),
    Column("who", Text, nullable=False),
    Column("why", Text, nullable=False, server_default=""),
    _change("received_change", "CASE WHEN kind IN ('receive', 'correct') THEN units ELSE 0 END"),
    _change(
        "held_change",
        "CASE WHEN kind = 'hold' THEN units "
        "WHEN kind IN ('release', 'expire', 'convert') THEN -units ELSE 0 END",
    ),
    _change(
        "sold_change",
        "CASE kind WHEN 'convert' THEN units WHEN 'return' THEN -units ELSE 0 END",
    ),
    _change("allocated_change", "CASE WHEN kind = 'allocate' THEN units ELSE 0 END"),
    one_of("kind", Movement),
    CheckConstraint(
        "units <> 'NaN' AND units <> 0 AND (units > 0 OR kind = 'correct')", name="units_are_moved"
    ),
    CheckConstraint(
        "(kind IN ('receive', 'correct')) = (hold_id IS NULL)", name="movements_of_a_hold"
    ),
    ForeignKeyConstraint(["hold_id", "stock_id"], ["hold_lines.hold_id", "hold_lines.stock_id"]),
    Index("stock_ledger_of_a_lot", "stock_id", "entry_id"),
    Index("stock_ledger_of_a_hold", "hold_id"),
)

stock_policies = Table(
    "stock_policies",
    metadata,
    Column("policy_id", Integer, Identity(), primary_key=True),
    Column("policy", Text, nullable=False),
    Column("share", Numeric(5, 4), nullable=False),
    Column("hold_days", Integer, nullable=False),
    written_at("set_at"),
    Column("set_by", Text, nullable=False),
    Column("why", Text, nullable=False),
    one_of("policy", Policy),
    CheckConstraint("hold_days BETWEEN 1 AND 3650", name="hold_days_above_0"),
    CheckConstraint(
        "CASE policy WHEN 'ignore_quotes' THEN share = 0 WHEN 'hold_all' THEN share = 1 "
        "ELSE share > 0 AND share < 1 END",
        name="share_of_its_policy",
    ),
)
