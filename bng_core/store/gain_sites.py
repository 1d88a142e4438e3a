"""Gain sites as the register has them, beside the banks that sell from them and our ledger."""

from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal

from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from bng_core.actor import Action, Actor, require
from bng_core.register import GainSite, Register
from bng_core.store.audit_log import record
from bng_core.store.postgres import Store, transaction
from bng_core.store.tables_market import banks, gain_sites, stock


@dataclass(frozen=True)
class Reconciliation:
    """The register against the store: which sites belong to a bank, and what disagrees.

    `differences` are sentences on units; `unknown` are sites of no bank of ours, `unlisted` banks
    that name a reference which the register does not have.
    """

    matched: list[str]
    unknown: list[str]
    unlisted: list[str]
    differences: list[str]


def reconcile(store: Store, actor: Actor, register: Register) -> Reconciliation:
    """Compare the register with banks and ledger; nothing is written. Raises NotAllowed."""
    require(actor, Action.SEE_MARKET)
    with transaction(store) as connection:
        return _compare(connection, register)


def import_register(store: Store, actor: Actor, register: Register, why: str) -> Reconciliation:
    """Keep the entries of sites that our banks sell from, and compare. Raises NotAllowed."""
    require(actor, Action.CHANGE_MARKET)
    with transaction(store) as connection:
        found = _compare(connection, register)
        owners = _banks_by_reference(connection)
        for site in register.sites:
            if site.reference in owners:
                _keep(connection, site, owners[site.reference][0], register)
        after = {"as_at": register.as_at.isoformat(), "sites": len(found.matched)}
        record(connection, actor, "register.import", "gain sites", None, after, why)
    return found


def _compare(connection: Connection, register: Register) -> Reconciliation:
    owners = _banks_by_reference(connection)
    listed = {site.reference: site for site in register.sites}
    matched = sorted(listed.keys() & owners.keys())
    differences = [
        sentence
        for reference in matched
        for sentence in _differences(connection, listed[reference], owners[reference])
    ]
    return Reconciliation(
        matched=matched,
        unknown=sorted(listed.keys() - owners.keys()),
        unlisted=[
            f"{bank_id} ({reference})"
            for reference in sorted(owners.keys() - listed.keys())
            for bank_id in owners[reference]
        ],
        differences=differences,
    )


def _banks_by_reference(connection: Connection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    named = select(banks.c.register_reference, banks.c.bank_id).where(
        banks.c.register_reference != "", banks.c.listed
    )
    for reference, bank_id in connection.execute(named.order_by(banks.c.bank_id)):
        found.setdefault(reference, []).append(bank_id)
    return found


def _differences(connection: Connection, site: GainSite, bank_ids: list[str]) -> list[str]:
    """Where our ledger has more than the register: more units, or more of them allocated."""
    sums = (
        select(stock.c.habitat, func.sum(stock.c.received), func.sum(stock.c.allocated))
        .where(stock.c.bank_id.in_(bank_ids))
        .group_by(stock.c.habitat)
        .order_by(stock.c.habitat)
    )
    registered: dict[str, tuple[Decimal, Decimal]] = {}
    for entry in site.habitats:
        units, allocated = registered.get(entry.habitat, (Decimal(0), Decimal(0)))
        registered[entry.habitat] = units + entry.units, allocated + entry.allocated
    sentences = []
    for habitat, received, allocated in connection.execute(sums):
        units, known = registered.get(habitat, (Decimal(0), Decimal(0)))
        if received > units:
            sentences.append(
                f"{site.reference}: {habitat}: {received:f} units in stock, {units:f} registered"
            )
        if allocated > known:
            sentences.append(
                f"{site.reference}: {habitat}: {allocated:f} units allocated here, "
                f"{known:f} on the register"
            )
    return sentences


def _keep(connection: Connection, site: GainSite, bank_id: str, register: Register) -> None:
    values = {
        "bank_id": bank_id,
        "site_name": site.name,
        "lpa": site.lpa,
        "register_entry": site.entry,
        "as_at": datetime.combine(register.as_at, time(), UTC),
    }
    statement = insert(gain_sites).values(register_reference=site.reference, **values)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["register_reference"], set_=values)
    )
