"""What all table modules share: one set of tables, and columns and rules that recur.

Units are NUMERIC in steps of 0.0001, before the spatial risk multiplier; money is GBP or pence as
the column's name says; times are UTC.
"""

from collections.abc import Iterable

from sqlalchemy import CheckConstraint, Column, DateTime, MetaData, Numeric, func, text

metadata = MetaData()
"""Every table of the store; bng_core.store.schema has them all, whatever was imported before."""


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A rule that a column holds one of these words."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def instant(name: str, *, nullable: bool = True) -> Column:
    """A moment, in UTC."""
    return Column(name, DateTime(timezone=True), nullable=nullable)


def written_at(name: str) -> Column:
    """The moment at which the row was written, by the clock of Postgres."""
    return Column(name, DateTime(timezone=True), nullable=False, server_default=func.now())


def units(name: str) -> Column:
    """Biodiversity units in steps of 0.0001, 0 until moved."""
    return Column(name, Numeric(14, 4), nullable=False, server_default=text("0"))
