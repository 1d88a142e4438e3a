"""The official tool, today: kept figures, a lawful random development, off-site rows of a quote.

About a minute for each development that LibreOffice calculates.
"""

import json
from datetime import date
from pathlib import Path

import pytest

from bng_core.case import Request
from bng_core.demand import demand_of_metric
from bng_core.market import read_market
from bng_core.metric import read_metric
from bng_core.metric.input_tables import scenario_inputs
from bng_core.metric.off_site_workbook import filled_scenario
from bng_core.metric.recompute import recompute
from bng_core.off_site import purchases_of
from bng_core.optimise import optimise
from bng_core.places import place
from bng_core.settings import PROJECT_ROOT
from tests.core.test_metric_units import differing, figure_cells, row_cells
from tests.oracle.legal_developments import legal
from tests.oracle.metric_expected import DATA, all_scenarios, figures_of, oracle_module
from tests.oracle.metric_scenarios import Scenario
from tests.oracle.official import results, shortcomings, why_not

REASON = why_not()
pytestmark = [pytest.mark.oracle, pytest.mark.skipif(bool(REASON), reason=str(REASON))]
SAMPLE = PROJECT_ROOT / "sample"


def quoted() -> Scenario:
    """The sample development with its cheapest purchase in the off-site sheets."""
    metric = read_metric(SAMPLE / "metric.xlsx", "metric.xlsx")
    market = read_market(SAMPLE / "market")
    site = place("South Oxfordshire", "Upper Thames Clay Vales")
    answer = optimise(demand_of_metric(metric), market, Request(site, date(2026, 11, 24)))
    return filled_scenario(metric, purchases_of(answer.content, market))


@pytest.fixture(scope="module")
def scenarios() -> dict[str, Scenario]:
    return {"hedgerows": all_scenarios()["hedgerows"], "legal": legal(12, 6), "quoted": quoted()}


@pytest.fixture(scope="module")
def official(
    scenarios: dict[str, Scenario], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The official workbooks, calculated in one session of LibreOffice."""
    folder = tmp_path_factory.mktemp("official")
    for name, scenario in scenarios.items():
        (folder / f"{name}.json").write_text(json.dumps(scenario), encoding="utf-8")
    workbooks = {name: folder / f"{name}.xlsx" for name in scenarios}
    oracle_module().build_many(
        [(str(folder / f"{name}.json"), str(workbooks[name])) for name in scenarios]
    )
    return workbooks


def test_the_official_tool_gives_the_kept_figures(
    scenarios: dict[str, Scenario], official: dict[str, Path]
) -> None:
    kept = json.loads((DATA / "hedgerows.json").read_text(encoding="utf-8"))

    assert figures_of(official["hedgerows"], scenarios["hedgerows"]) == kept


def test_a_random_lawful_development_is_recomputed_in_every_cell(
    scenarios: dict[str, Scenario], official: dict[str, Path]
) -> None:
    """More of them by hand: python -m tests.oracle.legal_developments SEED..."""
    development = scenarios["legal"]
    figures = figures_of(official["legal"], development)

    result = recompute(scenario_inputs(development), development["target"])

    assert differing(figures, row_cells(result) | figure_cells(result)) == []


def test_the_official_tool_accepts_a_quote_written_as_off_site_rows(
    official: dict[str, Path],
) -> None:
    assert shortcomings(results(official["quoted"])) == []
    assert read_metric(official["quoted"], "quoted.xlsx").findings == []
