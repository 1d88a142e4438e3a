"""Who asked for a run, what a promoter's quotes carry as fees, and indexes of the pages' lists."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_FEES = ("quote_fee_pence", "bank_fee_pence")


def upgrade() -> None:
    """Earlier runs were asked by nobody who is known; earlier promoters have no fees."""
    op.add_column("runs", sa.Column("asked_by", sa.Text(), nullable=False, server_default=""))
    for name in _FEES:
        column = sa.Column(name, sa.BigInteger(), nullable=False, server_default=sa.text("0"))
        op.add_column("promoters", column)
    op.create_check_constraint(
        "fees_not_negative", "promoters", "quote_fee_pence >= 0 AND bank_fee_pence >= 0"
    )
    op.create_index("customers_by_name", "customers", ["customer_name", "customer_id"])
    op.create_index("audit_log_who", "audit_log", ["who", "entry_id"])
    op.create_index("audit_log_action", "audit_log", ["action", "entry_id"])


def downgrade() -> None:
    """Forget who asked, and the fees; quotes that were made keep theirs."""
    op.drop_index("audit_log_action", "audit_log")
    op.drop_index("audit_log_who", "audit_log")
    op.drop_index("customers_by_name", "customers")
    op.drop_constraint("fees_not_negative", "promoters")
    for name in _FEES:
        op.drop_column("promoters", name)
    op.drop_column("runs", "asked_by")
