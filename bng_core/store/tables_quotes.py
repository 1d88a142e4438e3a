"""The tables of the quotes: customers, promoters, quotes with versions and lines, documents.

A quote is a thread of versions; each requote is a version of its own. Triggers keep versions that
went out as they are, and let a state only move on. Money is pence; units are before the spatial
risk multiplier (srm).
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from bng_core.quote_words import Discount, LineChange, QuoteState
from bng_core.store.columns import instant, metadata, one_of, written_at
from bng_core.terms import Module

customers = Table(
    "customers",
    metadata,
    Column("customer_id", BigInteger, Identity(), primary_key=True),
    Column("customer_name", Text, nullable=False),
    Column("email", Text),
    Column("phone", Text),
    written_at("created_at"),
    CheckConstraint("customer_name <> ''", name="customer_is_named"),
)
Index("customers_by_name", customers.c.customer_name, customers.c.customer_id)
Index("customers_email", func.lower(customers.c.email), unique=True)
Index(
    "customers_search",
    func.lower(customers.c.customer_name).label("words"),
    postgresql_using="gin",
    postgresql_ops={"words": "gin_trgm_ops"},
)

promoters = Table(
    "promoters",
    metadata,
    Column("promoter", Text, primary_key=True),
    Column("discount", Text, nullable=False),
    Column("percent", Numeric(5, 2), nullable=False, server_default=text("0")),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    Column("quote_fee_pence", BigInteger, nullable=False, server_default=text("0")),
    Column("bank_fee_pence", BigInteger, nullable=False, server_default=text("0")),
    CheckConstraint("promoter <> ''", name="promoter_is_named"),
    CheckConstraint("quote_fee_pence >= 0 AND bank_fee_pence >= 0", name="fees_not_negative"),
    one_of("discount", Discount),
    CheckConstraint(
        "CASE discount WHEN 'percentage' THEN percent > 0 AND percent < 100 ELSE percent = 0 END",
        name="percent_of_its_discount",
    ),
)

quote_numbers = Table(
    "quote_numbers",
    metadata,
    Column("only_row", Boolean, primary_key=True, server_default=text("true")),
    Column("last_number", BigInteger, nullable=False),
    CheckConstraint("only_row", name="only_one_row"),
)

quotes = Table(
    "quotes",
    metadata,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("customer_id", BigInteger, ForeignKey("customers.customer_id"), nullable=False),
    Column("promoter", Text, ForeignKey("promoters.promoter")),
    Column("owner", Text, nullable=False),
    Column("site", Text, nullable=False),
    Column("lpa", Text, nullable=False),
    Column("nca", Text, nullable=False),
    written_at("created_at"),
    Index("quotes_of_a_customer", "customer_id"),
    Index("quotes_of_a_promoter", "promoter", "number"),
    Index("quotes_of_an_owner", "owner", "number"),
    Index("quotes_of_an_lpa", "lpa", "number"),
)
Index(
    "quotes_search",
    func.lower(quotes.c.site).label("words"),
    postgresql_using="gin",
    postgresql_ops={"words": "gin_trgm_ops"},
)

quote_versions = Table(
    "quote_versions",
    metadata,
    Column("version_id", BigInteger, Identity(), primary_key=True),
    Column("number", BigInteger, ForeignKey("quotes.number"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("reference", Text, nullable=False, unique=True),
    Column("latest", Boolean, nullable=False, server_default=text("true")),
    Column("state", Text, nullable=False),
    Column("run_id", Uuid, ForeignKey("runs.run_id"), nullable=False),
    Column("market_version", Text, ForeignKey("market_versions.version"), nullable=False),
    Column("rulebook_version", Text, nullable=False),
    Column("code_version", Text, nullable=False),
    Column("answer", JSONB, nullable=False),
    Column("contract_size", Text, nullable=False),
    Column("units_pence", BigInteger, nullable=False),
    Column("fees_pence", BigInteger, nullable=False),
    Column("total_pence", BigInteger, nullable=False),
    Column("created_by", Text, nullable=False),
    written_at("created_at"),
    instant("quoted_at"),
    instant("valid_until"),
    instant("accepted_at"),
    instant("allocated_at"),
    instant("closed_at"),
    Column("register_reference", Text),
    UniqueConstraint("number", "version"),
    CheckConstraint("version >= 0", name="versions_count_from_0"),
    one_of("state", QuoteState),
    CheckConstraint("total_pence = units_pence + fees_pence", name="total_is_the_sum"),
    CheckConstraint("units_pence >= 0 AND fees_pence >= 0", name="money_not_negative"),
    CheckConstraint(
        "(quoted_at IS NULL) = (valid_until IS NULL) "
        "AND (quoted_at IS NOT NULL OR state IN ('draft', 'withdrawn'))",
        name="quoted_until",
    ),
    CheckConstraint(
        "accepted_at IS NOT NULL OR state NOT IN ('accepted', 'allocated')", name="accepted_when"
    ),
    CheckConstraint(
        "state <> 'allocated' OR (allocated_at IS NOT NULL AND register_reference <> '')",
        name="allocated_where",
    ),
    CheckConstraint(
        "(closed_at IS NOT NULL) = (state IN ('expired', 'withdrawn', 'superseded'))",
        name="closed_when",
    ),
    Index("quote_versions_that_end", "valid_until", postgresql_where=text("state = 'quoted'")),
    Index("quote_versions_of_a_run", "run_id"),
)
_newest = (quote_versions.c.created_at.desc(), quote_versions.c.version_id.desc())
_latest = text("latest")
Index("quote_versions_latest", quote_versions.c.number, unique=True, postgresql_where=_latest)
Index("quote_versions_by_day", *_newest, postgresql_where=_latest)
Index("quote_versions_by_state", quote_versions.c.state, *_newest, postgresql_where=_latest)

quote_lines = Table(
    "quote_lines",
    metadata,
    Column(
        "version_id", BigInteger, ForeignKey("quote_versions.version_id"), primary_key=True,
        autoincrement=False,
    ),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("module", Text, nullable=False),
    Column("habitat", Text, ForeignKey("habitats.habitat"), nullable=False),
    Column("bank_id", Text, ForeignKey("banks.bank_id"), nullable=False),
    Column("stock_id", Text, ForeignKey("stock.stock_id"), nullable=False),
    Column("units", Numeric(14, 4), nullable=False),
    Column("srm", Numeric(5, 4), nullable=False),
    Column("unit_price_pence", Numeric(16, 4), nullable=False),
    Column("cost_pence", BigInteger, nullable=False),
    Column("change", Text, nullable=False),
    Column("pair", Integer, comment="lines of one number are bought together"),
    Column("who", Text, nullable=False, server_default=""),
    Column("why", Text, nullable=False, server_default=""),
    written_at("changed_at"),
    CheckConstraint("line >= 1", name="lines_count_from_1"),
    one_of("module", Module),
    CheckConstraint("units > 0 AND units <> 'NaN'", name="units_are_bought"),
    CheckConstraint("srm > 0 AND srm <= 1", name="srm_is_a_share"),
    CheckConstraint(
        "unit_price_pence >= 0 AND unit_price_pence <> 'NaN'", name="unit_price_not_negative"
    ),
    CheckConstraint("cost_pence >= 0", name="cost_not_negative"),
    one_of("change", LineChange),
    CheckConstraint(
        "change = 'computed' OR (who <> '' AND why <> '')", name="changes_say_who_and_why"
    ),
    CheckConstraint("(change = 'paired') <= (pair IS NOT NULL)", name="pairs_are_paired"),
    Index("quote_lines_of_a_lot", "stock_id"),
    Index("quote_lines_of_a_bank", "bank_id"),
)  # fmt: skip

documents = Table(
    "documents",
    metadata,
    Column("document_id", Uuid, primary_key=True),
    Column("version_id", BigInteger, ForeignKey("quote_versions.version_id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    written_at("made_at"),
    Column("made_by", Text, nullable=False),
    CheckConstraint("kind <> ''", name="document_has_a_kind"),
    CheckConstraint("sha256 = encode(sha256(content), 'hex')", name="content_is_true"),
    Index("documents_of_a_quote", "version_id", "made_at"),
)
