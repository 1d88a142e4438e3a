"""What is shown of a finished run beside its answer: where every figure comes from."""

from typing import Any

from bng_core.demand import Demand
from bng_core.explain import line_reasons, module_accounts
from bng_core.explore import credits_only
from bng_core.question import Question
from bng_core.runs import RunService, Upload
from bng_core.store import Run, load_input, load_market, load_notebook
from dashboards.ui.downloads import downloads_of
from dashboards.ui.quote.asked import asked_facts
from dashboards.ui.quote.demand_step import demand_of_upload
from dashboards.ui.quote.found import Explanation, Result
from dashboards.ui.quote.purchase_map import points_of


def question_of(run: Run) -> Question:
    """The question that a run was asked."""
    return Question(**run.parameters)


def upload_of(service: RunService, run: Run) -> Upload:
    """The file that a run was asked with. Raises StoreError."""
    return Upload(run.input_name, load_input(service.store, run.input_sha256))


def gather(service: RunService, run: Run, demand: Demand | None = None) -> Result:
    """Everything that is shown of a run that is done; its demand is read again where not given.

    Raises StoreError; MetricError or DemandError cannot be, as the run has read the file before.
    """
    answer: dict[str, Any] = run.result or {}
    market = load_market(service.store, run.market_version)
    notebook = load_notebook(service.store, run.run_id)
    if demand is None:
        demand = demand_of_upload(upload_of(service, run), str(run.parameters.get("use", "")))
    explanation = Explanation(
        module_accounts(demand, answer),
        line_reasons(market, question_of(run).request(), answer),
        credits_only(demand),
    )
    names = market.bank_names()
    files = downloads_of(run, names, asked_facts(run), notebook)
    relations = {r.offer.bank_id: r.offer.relation for r in explanation.reasons.values()}
    points = points_of(market, str(run.parameters["lpa"]), answer, relations)
    return Result(run, names, files, explanation, demand, points)
