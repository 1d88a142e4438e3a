"""`bng audit-log verify | show`: whether the log is whole, and what it says."""

import argparse

from bng_core.commands.grouping import AddCommand, columns, group, note, open_store, operator, show

BROKEN = 1


def add_audit_log_commands(command: AddCommand) -> None:
    """Add `bng audit-log`."""
    add = group(command, "audit-log", "Who did what, when and why: check it, show it.")
    check = add("verify", run_verify, "Check every entry against the chain of seals.")
    check.add_argument(
        "--head", metavar="POSITION:SEAL", help="what an earlier check printed, kept elsewhere"
    )
    listed = add("show", run_show, "The last entries, newest first.")
    listed.add_argument("--subject", help="of one thing only, such as “user ann”")
    listed.add_argument("--limit", type=int, default=20, metavar="N", help="how many (20)")


def run_verify(options: argparse.Namespace) -> int:
    """`bng audit-log verify`: 0 where the log is whole, else 1 with every fault."""
    from bng_core.store.audit_log import verify
    from bng_core.store.postgres import transaction
    from bng_core.store.rights import may_change_log

    store = open_store()
    verdict = verify(store, operator(), options.head)
    with transaction(store) as connection:
        unguarded = may_change_log(connection)
    if unguarded:
        note(
            "The application's role owns the log and could switch its guard off: give the tables "
            "to another role and name it in BNG_OWNER_DATABASE_URL."
        )
    content = {
        "whole": not verdict.faults,
        "entries": verdict.entries,
        "head": verdict.head,
        "faults": verdict.faults,
        "application_may_change_it": unguarded,
    }
    lines = [f"{verdict.entries:,} entries; head {verdict.head}", *verdict.faults]
    lines.append("The log has been tampered with." if verdict.faults else "The log is whole.")
    return show(options, content, "\n".join(lines), BROKEN if verdict.faults else 0)


def run_show(options: argparse.Namespace) -> int:
    """`bng audit-log show`."""
    from bng_core.store.audit_log import entries

    found = entries(open_store(), operator(), options.subject, options.limit)
    content = {"entries": [vars(entry) for entry in found]}
    rows = [
        (e.entry_id, f"{e.at:%Y-%m-%d %H:%M:%S} UTC", e.who, e.action, e.subject, e.why)
        for e in found
    ]
    return show(options, content, columns(("No.", "When", "Who", "What", "To", "Why"), rows))
