"""Commands of `bng` that work on the store: its market, stock, quotes, people, log and runs.

Each module adds its commands to the parser and imports what it needs when one is run, so that the
other commands start as fast as before.
"""

from bng_core.commands.accounts import add_key_commands, add_user_commands
from bng_core.commands.analytics import add_analytics_commands
from bng_core.commands.audit_log import add_audit_log_commands
from bng_core.commands.backups import add_backup_commands
from bng_core.commands.grouping import AddCommand
from bng_core.commands.market import add_market_commands
from bng_core.commands.quotes import add_quote_commands
from bng_core.commands.register import add_register_commands
from bng_core.commands.runs import add_runs_commands
from bng_core.commands.stock import add_stock_commands


def add_store_commands(command: AddCommand) -> None:
    """Add all of them."""
    add_market_commands(command)
    add_register_commands(command)
    add_stock_commands(command)
    add_quote_commands(command)
    add_user_commands(command)
    add_key_commands(command)
    add_audit_log_commands(command)
    add_analytics_commands(command)
    add_backup_commands(command)
    add_runs_commands(command)
