"""Every notebook in notebooks/: written as house style asks, and true on the sample data."""

import ast
import json
import re
from datetime import date
from pathlib import Path

import pandas as pd
import papermill
import pytest

from bng_core.demand import demand_of_file
from bng_core.market import read_market
from bng_core.metric import metric_json, read_metric
from bng_core.metric.requirement import requirement_json
from bng_core.optimise import optimise
from bng_core.portfolio.answer import solve_portfolio
from bng_core.portfolio.folder import read_portfolio
from bng_core.portfolio.question import PortfolioQuestion
from bng_core.question import Question
from bng_core.settings import PROJECT_ROOT
from tests.metric_builders import a_metric

FOLDER = PROJECT_ROOT / "notebooks"
INDEX = FOLDER / "index.ipynb"
NOTEBOOKS = sorted(path for path in FOLDER.glob("*.ipynb") if path != INDEX)
ALLOWED_IMPORTS = {"bng_core", "pandas", "pathlib", "datetime", "IPython"}
FORBIDDEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While)
FORBIDDEN += (ast.If, ast.Try, ast.With)
SAMPLE = PROJECT_ROOT / "sample"


def cells(notebook: Path, kind: str = "code") -> list[dict]:
    found = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in found if cell["cell_type"] == kind]


def source(cell: dict) -> str:
    return "".join(cell["source"])


def parameters_cell(notebook: Path) -> dict:
    (tagged,) = [c for c in cells(notebook) if "parameters" in c["metadata"].get("tags", [])]
    return tagged


every_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.name)


def test_there_are_notebooks():
    assert [notebook.name for notebook in NOTEBOOKS] == [
        "analytics.ipynb",
        "explore.ipynb",
        "ingest.ipynb",
        "market.ipynb",
        "market_map.ipynb",
        "optimise.ipynb",
        "portfolio.ipynb",
        "price_sensitivity.ipynb",
        "quote.ipynb",
        "requirement.ipynb",
    ]


def test_the_index_is_text_alone_and_links_each_notebook_once():
    content = json.loads(INDEX.read_text(encoding="utf-8"))
    text = "".join(source(cell) for cell in content["cells"])

    assert {cell["cell_type"] for cell in content["cells"]} == {"markdown"}
    linked = re.findall(r"\]\(([^)]+)\)", text)
    assert sorted(linked) == [notebook.name for notebook in NOTEBOOKS]


def test_every_link_between_notebooks_leads_somewhere():
    for notebook in NOTEBOOKS:
        for text in map(source, cells(notebook, "markdown")):
            for name in re.findall(r"\]\(([^)]+\.ipynb)\)", text):
                assert (FOLDER / name).exists(), f"{notebook.name} links {name}"


@every_notebook
def test_it_is_stored_without_outputs_counts_or_machine_noise(notebook):
    content = json.loads(notebook.read_text(encoding="utf-8"))

    assert all(not c["outputs"] and c["execution_count"] is None for c in cells(notebook))
    assert content["metadata"]["kernelspec"]["name"] == "python3"
    assert set(content["metadata"]) <= {"kernelspec", "language_info"}


@every_notebook
def test_its_parameters_are_literals_with_a_type_and_a_comment(notebook):
    cell = source(parameters_cell(notebook))

    for line, node in zip(cell.splitlines(), ast.parse(cell).body, strict=True):
        assert isinstance(node, ast.AnnAssign), line
        ast.literal_eval(node.value)
        assert "  # " in line
    known = papermill.inspect_notebook(str(notebook))
    assert all(
        p["inferred_type_name"] in ("str", "int", "float", "bool", "dict") for p in known.values()
    )
    assert all(p["help"] for p in known.values())


@every_notebook
def test_its_cells_are_thin(notebook):
    for cell in cells(notebook):
        if cell == parameters_cell(notebook):
            continue
        tree = ast.parse(source(cell))
        assert len(source(cell).splitlines()) <= 12
        assert not [node for node in ast.walk(tree) if isinstance(node, FORBIDDEN)]


@every_notebook
def test_it_imports_only_what_is_allowed(notebook):
    imported = set()
    for cell in cells(notebook):
        for node in ast.walk(ast.parse(source(cell))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(str(node.module).split(".")[0])

    assert imported <= ALLOWED_IMPORTS


@every_notebook
def test_each_step_begins_with_a_heading_and_says_what_it_is(notebook):
    all_cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    headings = [source(cell) for cell in cells(notebook, "markdown")]

    assert all_cells[0]["cell_type"] == "markdown"
    assert headings[0].startswith("# ")
    assert all(text.startswith("## ") for text in headings[1:])
    assert len(headings) >= 6


@every_notebook
def test_its_last_cell_saves_and_says_where(notebook):
    last = source(cells(notebook)[-1])

    assert "save_" in last
    assert "print(" in last


def execute(folder: Path, name: str = "optimise", **parameters: object) -> tuple[dict, str]:
    """Run a notebook as papermill does; return the saved answer and the text of all outputs."""
    result = folder / "result.json"
    executed = papermill.execute_notebook(
        str(PROJECT_ROOT / "notebooks" / f"{name}.ipynb"),
        str(folder / "executed.ipynb"),
        parameters={"result_path": str(result), **parameters},
        cwd=str(PROJECT_ROOT / "notebooks"),
        kernel_name="python3",
        progress_bar=False,
    )
    return json.loads(result.read_text()), json.dumps(executed, ensure_ascii=False)


def without_seconds(answer: dict) -> dict:
    return {name: value for name, value in answer.items() if name != "seconds"}


def test_the_notebook_and_the_function_give_the_same_answer(tmp_path):
    question = Question("South Oxfordshire", "Upper Thames Clay Vales", date.today())

    answer, shown = execute(tmp_path)

    demand, market = demand_of_file(SAMPLE / "metric.xlsx"), read_market(SAMPLE / "market")
    direct = optimise(demand, market, question.request()).to_json()
    assert without_seconds(answer) == without_seconds(json.loads(json.dumps(direct)))
    assert answer["audit"]["passed"]
    assert f"£{answer['cost']['total_gbp']:,.2f}" in shown
    assert "data:image/png;base64" in shown


def test_a_demand_that_nobody_can_meet_is_told_in_the_notebook(tmp_path):
    demand = tmp_path / "demand.csv"
    demand.write_text("module,habitat,units\narea,Grassland - Modified grassland,9999\n")

    answer, shown = execute(tmp_path, metric_path=str(demand))

    assert answer["status"] == "infeasible"
    assert "No lawful answer." in shown


def test_what_stands_around_the_answer_is_told_in_the_notebook(tmp_path):
    found, shown = execute(tmp_path, "explore")

    assert found["total_gbp"] == min(point["total_gbp"] for point in found["fewer_banks"])
    assert found["next_best"][0]["message"] in shown
    assert f"£{found['total_gbp']:,.2f}" in shown
    assert "What fewer banks and nearer units cost. " in shown


def test_the_portfolio_notebook_and_the_function_give_the_same_answer(tmp_path):
    question = PortfolioQuestion(date.today())

    answer, shown = execute(tmp_path, "portfolio")

    sites = read_portfolio(SAMPLE / "portfolio", question.day())
    direct = solve_portfolio(sites, read_market(SAMPLE / "market"), question.terms())
    assert without_seconds(answer) == without_seconds(json.loads(json.dumps(direct)))
    assert answer["status"] == "optimal"
    assert f"£{answer['cost']['joint_gbp']:,.2f}" in shown


def test_the_requirement_notebook_tells_the_chain_of_the_sample(tmp_path):
    saved, shown = execute(tmp_path, "requirement")

    metric = read_metric(SAMPLE / "metric.xlsx", "metric.xlsx")
    assert saved == json.loads(json.dumps(requirement_json(metric)))
    assert "Trading Summary Area Habitats!G7" in shown
    assert "figures: workbook, cells that differ: 0" in shown


def test_the_ingest_notebook_tells_what_is_wrong_with_a_workbook(tmp_path):
    faulty = tmp_path / "metric.xlsx"
    faulty.write_bytes(a_metric(target=0.05))

    saved, shown = execute(tmp_path, "ingest", metric_path=str(faulty))

    assert "The net gain target is below the statutory 10 %." in shown
    assert saved == json.loads(json.dumps(metric_json(read_metric(faulty, "metric.xlsx"))))


def test_the_ingest_notebook_shows_what_the_sample_development_does(tmp_path):
    _, shown = execute(tmp_path, "ingest")

    assert "0 findings" in shown
    assert "Units by habitat. Grassland - Modified grassland: 6.00 before, 1.44 after" in shown


def test_the_market_notebook_tells_prices_and_what_has_none(tmp_path):
    saved, shown = execute(tmp_path, "market")

    stock = pd.to_numeric(read_market(SAMPLE / "market").stock["units_available"])
    assert sum(row["units"] for row in saved["banks"]) == pytest.approx(stock.sum())
    assert {row["bank_id"] for row in saved["on_request"]} == {"S020", "S040", "S060"}
    assert "Prices per unit. " in shown


def test_the_market_map_says_how_much_is_how_near(tmp_path):
    saved, shown = execute(tmp_path, "market_map")

    local = [row["units"] for row in saved["banks"] if row["near"] == "local"]
    assert f"local: {len(local)} banks with {sum(local):,.2f} units" in shown


def test_the_quote_notebook_makes_up_the_price_and_a_workbook_that_is_accepted(tmp_path):
    workbook = tmp_path / "off_site.xlsx"

    answer, shown = execute(tmp_path, "quote", workbook_path=str(workbook))

    banks = {line["bank_id"] for line in answer["purchases"]}
    assert answer["cost"]["fees_gbp"] == 750 + 350 * len(banks)
    assert f"To pay: £{answer['cost']['total_gbp']:,.2f}" in shown
    assert "the trading rules are met and no unit is short" in shown
    headline = read_metric(workbook, workbook.name).headline.values()
    assert max(float(module.deficit) for module in headline) == pytest.approx(0, abs=1e-9)


def test_the_price_notebook_and_the_optimiser_agree_on_what_is_paid_now(tmp_path):
    question = Question("South Oxfordshire", "Upper Thames Clay Vales", date.today())

    found, shown = execute(tmp_path, "price_sensitivity")

    demand, market = demand_of_file(SAMPLE / "metric.xlsx"), read_market(SAMPLE / "market")
    now = optimise(demand, market, question.request())
    assert found["total_gbp"] == now.to_json()["cost"]["total_gbp"]
    assert found["banks"][0]["message"] in shown
    assert "What changed prices do. " in shown


def test_the_analytics_notebook_tells_the_figures_of_the_sample(tmp_path):
    saved, shown = execute(tmp_path, "analytics")

    months = saved["quotes_by_month"]
    assert sum(month["quotes"] for month in months) == len(saved["thread"]) == 1200
    revenue = sum(quote["total_gbp"] for quote in saved["thread"] if quote["sold"])
    assert sum(month["revenue_gbp"] for month in months) == pytest.approx(revenue, abs=0.01)
    assert "linear-gradient" in shown
    assert f"{len(saved)} tables saved" in shown
