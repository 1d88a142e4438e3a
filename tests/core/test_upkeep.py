"""What is past its time is let go; what a quote or a reader still needs stays."""

from sqlalchemy import text

from bng_core.actor import SYSTEM
from bng_core.store import Store, load_notebook, load_run, save_market
from bng_core.store.idempotency import answered_before, forget_old, remember
from bng_core.store.upkeep import let_go_notebooks
from tests.builders import ORCHARD, a_market, an_offer
from tests.quote_builders import a_draft, a_run

YEAR = 365


def executed(store: Store, run_id: object, days_ago: int) -> None:
    """Give a run a record, and let it have ended so many days ago."""
    record = (
        "UPDATE runs SET notebook = '\\x7b7d', finished_at = now() - make_interval(days => :days) "
        "WHERE run_id = :run"
    )
    with store.begin() as connection:
        connection.execute(text(record), {"days": days_ago, "run": run_id})


def test_executed_notebooks_go_after_a_year_and_their_results_and_quotes_stay(store):
    save_market(store, a_market(an_offer(ORCHARD, 40_000, 9)))
    old, recent = a_run(store, **{ORCHARD: 1}), a_run(store, **{ORCHARD: 1})
    quoted = a_draft(store, SYSTEM, **{ORCHARD: 1}).run_id
    for run_id, days in ((old, YEAR + 1), (recent, YEAR - 1), (quoted, YEAR + 1)):
        executed(store, run_id, days)
    result = load_run(store, old).result

    assert let_go_notebooks(store, YEAR) == 1

    assert load_notebook(store, old) is None
    assert load_run(store, old).result == result
    assert load_notebook(store, recent) == load_notebook(store, quoted) == b"{}"


def test_keys_of_requests_go_after_a_day(store):
    save_market(store, a_market(an_offer(ORCHARD, 40_000, 9)))
    run_id = a_run(store, **{ORCHARD: 1})
    for key in ("of yesterday", "of today"):
        remember(store, "ann", key, "digest", run_id)
    with store.begin() as connection:
        connection.execute(
            text(
                "DELETE FROM idempotency_keys WHERE idempotency_key = 'of yesterday';"
                "INSERT INTO idempotency_keys (asked_by, idempotency_key, request_sha256, run_id, "
                "asked_at) VALUES ('ann', 'of yesterday', 'digest', :run, now() - interval '25 h')"
            ),
            {"run": run_id},
        )

    assert forget_old(store) == 1

    assert answered_before(store, "ann", "of yesterday", "digest") is None
    assert answered_before(store, "ann", "of today", "digest") == run_id
