"""The audit log, sealed by Postgres as a chain that nobody may change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables of the audit log and what seals and guards them."""
    _create_log()
    op.create_table(
        "audit_seals",
        sa.Column("position", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column(
            "entry_id",
            sa.BigInteger(),
            sa.ForeignKey("audit_log.entry_id"),
            nullable=False,
            unique=True,
        ),
        sa.Column("seal", sa.Text(), nullable=False),
    )
    op.get_bind().exec_driver_sql(SEAL)
    op.get_bind().exec_driver_sql(GUARD)


def downgrade() -> None:
    """Remove the log with all its entries."""
    op.drop_table("audit_seals")
    op.drop_table("audit_log")
    op.execute("DROP FUNCTION seal_audit_entry, refuse_change_of_audit_log")


def _create_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("entry_id", sa.BigInteger(), sa.Identity(), primary_key=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")
        ),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "action", sa.Text(), nullable=False, comment="a verb and its object: quote.accept"
        ),
        sa.Column(
            "subject", sa.Text(), nullable=False, comment="what it was done to: quote BNG-00001"
        ),
        sa.Column("before", JSONB()),
        sa.Column("after", JSONB()),
        sa.Column("why", sa.Text(), nullable=False, server_default=""),
    )
    op.create_index("audit_log_subject", "audit_log", ["subject", "entry_id"])


# At the end of the transaction, so that those who write take turns for an instant only and none
# waits for a row while others wait for the chain. With the owner's rights: the application has
# none on the seals.
SEAL = """
CREATE FUNCTION seal_audit_entry() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    last record;
BEGIN
    PERFORM pg_advisory_xact_lock(7402613);
    SELECT * INTO last FROM audit_seals ORDER BY position DESC LIMIT 1;
    INSERT INTO audit_seals
    SELECT coalesce(last.position, 0) + 1, entry_id,
        encode(sha256(convert_to(coalesce(last.seal, '') || jsonb_build_array(entry_id,
    to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
    who, role, action, subject, before, after, why)::text, 'UTF8')), 'hex')
    FROM audit_log WHERE entry_id = NEW.entry_id;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER seal_audit_entry AFTER INSERT ON audit_log
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION seal_audit_entry();
"""

GUARD = """
CREATE FUNCTION refuse_change_of_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit log can only be added to'
    USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_log();
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_audit_log();
"""
