"""What the application's role may do with each table; it owns none and can make none.

Stock movements, market versions and the audit log are only ever added to. A table that is not
named here may be read, added to and updated; rows are deleted only where it says so.
"""

from sqlalchemy import Connection, text

from bng_core.store.schema import metadata

USUAL = "SELECT, INSERT, UPDATE"
RIGHTS = {
    "banks": USUAL,
    "stock": USUAL,
    "prices": f"{USUAL}, DELETE",
    "habitats": "SELECT",
    "market_versions": "SELECT",
    "market_rows": "SELECT",
    "stock_ledger": "SELECT, INSERT",
    "stock_policies": "SELECT, INSERT",
    "hold_lines": "SELECT, INSERT",
    "quote_lines": f"{USUAL}, DELETE",
    "documents": "SELECT, INSERT",
    "inputs": "SELECT, INSERT",
    "sessions": "SELECT, INSERT, DELETE",
    "idempotency_keys": "SELECT, INSERT, DELETE",
    "audit_log": "SELECT, INSERT (who, role, action, subject, before, after, why)",
    "audit_seals": "SELECT",
}


def grant_rights(connection: Connection, role: str) -> None:
    """Give a role these rights and take all others; asked of the tables' owner.

    Does nothing where that role owns the tables itself.
    """
    if connection.scalar(text("SELECT current_user")) == role:
        return
    name = connection.dialect.identifier_preparer.quote(role)
    statements = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {name}",
        f"GRANT USAGE ON SCHEMA public TO {name}",
        f"GRANT SELECT ON alembic_version TO {name}",
        f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {name}",  # for the nightly backup
        *(f"GRANT {RIGHTS.get(table, USUAL)} ON {table} TO {name}" for table in metadata.tables),
    ]
    for statement in statements:
        connection.exec_driver_sql(statement)


def may_change_log(connection: Connection) -> bool:
    """Whether the present role could update or delete entries of the audit log."""
    asked = "SELECT has_table_privilege('audit_log', 'UPDATE, DELETE, TRUNCATE')"
    return bool(connection.scalar(text(asked)))
