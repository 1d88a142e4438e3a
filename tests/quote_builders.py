"""Runs, customers and quotes of a real store, made by the program's own functions."""

import uuid
from typing import Any

from bng_core.actor import SYSTEM, Actor, Role
from bng_core.optimise import optimise
from bng_core.question import Question
from bng_core.reference import rulebook_version
from bng_core.run_key import code_version
from bng_core.store import NewRun, Store, enqueue, load_market, market_version, save_input
from bng_core.store.leases import Outcome, claim_run, close_run
from bng_core.store.parties import add_customer, load_promoter
from bng_core.store.quote_rows import Quote
from bng_core.store.quotes import NewQuote, save_quote
from bng_core.store.run_rows import RunStatus
from tests.builders import HERE, TODAY, a_demand

HANDLER = Actor("hannah", Role.HANDLER)
OTHER_HANDLER = Actor("otto", Role.HANDLER)
ADMIN = Actor("ada", Role.ADMIN)


def a_run(store: Store, asked: dict[str, Any] | None = None, **losses: float) -> uuid.UUID:
    """A run that is done: the answer of the optimiser on the market of the store."""
    version = market_version(store)
    question = Question(HERE.lpa, HERE.nca, TODAY, **asked or {})
    answer = optimise(a_demand(**losses), load_market(store, version), question.request())
    return a_stored_run(store, version, answer.to_json(), question.parameters())


def a_stored_run(
    store: Store, version: str, answer: dict[str, Any], parameters: dict[str, Any]
) -> uuid.UUID:
    """A run with this answer."""
    sha256 = save_input(store, "demand.csv", b"synthetic")
    new = NewRun(
        run_key=uuid.uuid4().hex,
        kind="optimise",
        parameters=parameters,
        input_name="demand.csv",
        input_sha256=sha256,
        market_version=version,
        rulebook_version=rulebook_version(),
        code_version=code_version(),
    )
    run, _ = enqueue(store, new)
    claim = claim_run(store, run.run_id, "test")
    assert claim is not None
    assert close_run(store, claim, Outcome(RunStatus.DONE, result=answer))
    return run.run_id


def a_draft(store: Store, actor: Actor = HANDLER, **losses: float) -> Quote:
    """A draft for a development at HERE that loses these units."""
    customer = add_customer(store, SYSTEM, "Acorn Homes").customer_id
    asked = load_promoter(store, actor, actor.promoter).asked() if actor.promoter else {}
    return save_quote(store, actor, NewQuote(a_run(store, asked, **losses), customer, "Field"))
