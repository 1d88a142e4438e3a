"""The tables of the market: banks, gain sites, habitats, prices, lots of stock, and every version.

The columns of §4.1 are those of banks, stock and prices; triggers keep their earlier rows in
market_rows. Units are before the spatial risk multiplier; prices are GBP per unit.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Numeric,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint

from bng_core.store.columns import metadata, one_of, units, written_at
from bng_core.terms import Basis, ContractSize, Distinctiveness, Module, Relation

market_versions = Table(
    "market_versions",
    metadata,
    Column("version", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False, unique=True, comment="in the order of the changes"),
    written_at("saved_at"),
    Column("tables", JSONB, comment="banks, stock and prices as CSV; of releases before rows"),
    Index("market_versions_saved_at", "saved_at"),
)

market_rows = Table(
    "market_rows",
    metadata,
    Column("relation", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("from_seq", BigInteger, ForeignKey("market_versions.seq"), primary_key=True),
    Column("to_seq", BigInteger),
    Column("content", JSONB, nullable=False),
    one_of("relation", ["banks", "stock", "prices"]),
    CheckConstraint("to_seq > from_seq", name="versions_in_order"),
    Index(
        "market_rows_now", "relation", "key", unique=True, postgresql_where=text("to_seq IS NULL")
    ),
)

habitats = Table(
    "habitats",
    metadata,
    Column("habitat", Text, primary_key=True),
    Column("module", Text),
    Column("broad_habitat", Text),
    Column("distinctiveness", Text),
    one_of("module", Module),
    one_of("distinctiveness", Distinctiveness),
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
    Column("listed", Boolean, nullable=False, server_default=text("true")),
    CheckConstraint("lat BETWEEN -90 AND 90", name="lat_on_earth"),
    CheckConstraint("lon BETWEEN -180 AND 180", name="lon_on_earth"),
)

gain_sites = Table(
    "gain_sites",
    metadata,
    Column("register_reference", Text, primary_key=True),
    Column("bank_id", Text, ForeignKey("banks.bank_id"), nullable=False, index=True),
    Column("site_name", Text, nullable=False),
    Column("lpa", Text),
    Column("register_entry", JSONB, comment="as the gain-site register has it"),
    written_at("as_at"),
)

stock = Table(
    "stock",
    metadata,
    Column("stock_id", Text, primary_key=True),
    Column("bank_id", Text, ForeignKey("banks.bank_id"), nullable=False, index=True),
    Column("habitat", Text, ForeignKey("habitats.habitat"), nullable=False),
    Column("listed", Boolean, nullable=False, server_default=text("true")),
    Column("gain_site", Text, ForeignKey("gain_sites.register_reference")),
    units("received"),
    units("held"),
    units("sold"),
    units("allocated"),
    Column(
        "units_available",
        Numeric(14, 4),
        Computed("received - held - sold", persisted=True),
        nullable=False,
    ),
    CheckConstraint("units_available >= 0", name="units_available_not_negative"),
    CheckConstraint("held >= 0", name="held_not_negative"),
    CheckConstraint("allocated >= 0 AND allocated <= sold", name="allocated_was_sold"),
)

prices = Table(
    "prices",
    metadata,
    Column("price_id", Integer, Identity(), primary_key=True),
    Column("bank_id", Text, ForeignKey("banks.bank_id"), nullable=False, index=True),
    Column("habitat", Text, ForeignKey("habitats.habitat"), nullable=False),
    Column("contract_size", Text, nullable=False),
    Column("tier", Text, nullable=False),
    Column("unit_price", Numeric(12, 2), nullable=False),
    Column("basis", Text),
    Column("valid_from", Date),
    Column("valid_to", Date),
    CheckConstraint("unit_price > 0", name="unit_price_above_0"),
    CheckConstraint("unit_price <> 'NaN'", name="unit_price_is_a_number"),
    CheckConstraint("valid_to >= valid_from", name="validity_in_order"),
    one_of("contract_size", ContractSize),
    one_of("tier", ["any", *Relation]),
    one_of("basis", Basis),
)
prices.append_constraint(
    ExcludeConstraint(
        (prices.c.bank_id, "="),
        (prices.c.habitat, "="),
        (prices.c.contract_size, "="),
        (prices.c.tier, "="),
        (func.daterange(prices.c.valid_from, prices.c.valid_to, text("'[]'")), "&&"),
        name="one_price_a_day",
    )
)

MARKET_COLUMNS = {
    banks: [column.name for column in banks.columns if column.name != "listed"],
    stock: ["stock_id", "bank_id", "habitat", "units_available"],
    prices: [column.name for column in prices.columns if column.name != "price_id"],
}
"""The columns of §4.1, by table; banks before what refers to them."""
