"""A finished portfolio run: cost and proof, who gets what, what is short, what is scarce, files."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape
from typing import Any

import ipywidgets as widgets

from bng_core.portfolio.words import proof
from bng_core.store import Run
from dashboards.ui import portfolio_tables as tables
from dashboards.ui.charts import Chart, bars
from dashboards.ui.downloads import Download, as_csv
from dashboards.ui.fields import html
from dashboards.ui.origin import origin
from dashboards.ui.paged_table import PagedTable
from dashboards.ui.text import Figure, counted, day, pounds, problem, units

CSV = "text/csv;charset=utf-8"
PURCHASES = (
    "site_id", "module", "habitat", "bank_id", "stock_id", "units", "srm", "units_after_srm",
    "unit_price_gbp", "cost_gbp",
)  # fmt: skip
STOCK = (
    "stock_id", "bank_id", "habitat", "lpa", "nca", "units_available", "price_of_scarcity_gbp",
    "one_more_unit_saves_gbp",
)  # fmt: skip
HABITATS = (
    "module", "habitat", "units_lost", "units_in_stock", "units_sold", "developments",
    "units_short", "price_of_scarcity_gbp",
)  # fmt: skip
CREATE = ("habitat", "lpa", "nca", "site_id", "worth_gbp", "usual_price_gbp", "above_usual_gbp")


@dataclass(frozen=True)
class PortfolioResult:
    """A finished run with what is needed to show it; bank names by id."""

    run: Run
    bank_names: Mapping[str, str]
    notebook: bytes | None

    @property
    def answer(self) -> Mapping[str, Any]:
        """The JSON of `bng portfolio`."""
        return self.run.result or {}


def portfolio_result(found: PortfolioResult) -> list[widgets.Widget]:
    """Everything that is shown of a finished run, in order; the files are apart."""
    answer, names = found.answer, found.bank_names
    if not answer["audit"]["passed"]:
        return [
            html(
                problem(
                    "The independent audit refuses this answer, so it is not shown. Give the "
                    f"reference {found.run.run_id} to whoever runs this site."
                )
            )
        ]
    return [
        html(f'<div id="result">{origin(found.run)}{_cost(answer)}{_verdict(answer)}</div>'),
        *_short(answer),
        html(
            "<h3>Who gets what</h3><p>A development that saves less than nothing leaves cheap or "
            "near stock to others, whom it saves more.</p>"
        ),
        PagedTable(tables.by_development(answer)).widget,
        PagedTable(tables.by_purchase(answer, names)).widget,
        PagedTable(tables.by_bank(answer, names)).widget,
        html(_scarcity(answer)),
        PagedTable(tables.scarce_stock(answer, names)).widget,
        PagedTable(tables.create_next(answer)).widget,
        PagedTable(tables.habitats(answer)).widget,
        html(_record(found.run)),
    ]


def _cost(answer: Mapping[str, Any]) -> str:
    cost = answer["cost"]
    saved = cost["saving_gbp"]
    facts = {
        "Developments": str(answer["developments"]),
        "In order of arrival": pounds(cost["order_of_arrival_gbp"]).html,
        "Saved by dividing the stock together": (
            "cannot be compared: more is short one way than the other"
            if saved is None
            else f"{pounds(saved).html} ({_share(saved, cost['order_of_arrival_gbp'])})"
        ),
    }
    rows = "".join(f"<div><dt>{escape(k)}</dt><dd>{v}</dd></div>" for k, v in facts.items())
    return (
        "<h3>Cost of all developments together</h3>"
        f'<p class="bng-total">{pounds(cost["joint_gbp"]).html}</p>'
        f'<dl class="bng-facts">{rows}</dl>'
        "<p>In order of arrival, each development buys its own cheapest purchase from what those "
        "of earlier days have left.</p>"
    )


def _share(part: Figure, whole: Figure) -> str:
    if not whole:
        return "0.0 %"
    return f"{Decimal(str(part)) / Decimal(str(whole)) * 100:.1f} %"


def _verdict(answer: Mapping[str, Any]) -> str:
    return (
        f'<div class="bng-good"><p><strong>{escape(proof(answer))}</strong></p>'
        "<p>A second program that shares no code with the first checked each development’s stock, "
        "trading rules, net gain, prices and lots again, in exact figures, and that no unit is "
        "sold twice.</p></div>"
    )


def _short(answer: Mapping[str, Any]) -> Sequence[widgets.Widget]:
    short = [site for site in answer["sites"] if site["units_short"]]
    if not short:
        return ()
    missing = units(answer["units_short"]["joint"]).html
    text = html(
        f"<h3>What is short</h3><p>The stock cannot meet all: {missing} units are short at "
        f"{counted(len(short), 'development')}, the fewest possible. All else is bought at least "
        "cost.</p>"
    )
    return text, PagedTable(tables.short_developments(answer)).widget


def _scarcity(answer: Mapping[str, Any]) -> str:
    return (
        "<h3>The price of scarcity</h3>"
        "<p>What one more unit in stock would save all developments together, beyond its own "
        "price; nothing wherever something is left over. A bank that creates such a unit and asks "
        "less than it is worth would sell it. The saving of one whole unit is worked out anew for "
        "the scarcest lots of each module; elsewhere it is at most the price of scarcity.</p>"
        f"{bars(_scarce(answer))}{bars(_worth_creating(answer))}"
    )


def _scarce(answer: Mapping[str, Any]) -> Chart:
    stock = answer["scarcity"]["stock"]
    rows = sorted(stock, key=lambda row: (-row["price_of_scarcity_gbp"], row["stock_id"]))
    return Chart(
        "Price of scarcity by lot",
        "Habitat and bank",
        [f"{row['habitat']}, {row['bank_id']}" for row in rows],
        {"GBP a unit": [row["price_of_scarcity_gbp"] for row in rows]},
        lambda gbp: pounds(gbp).text,
        "What one more unit of a lot that is sold out would save.",
    )


def _worth_creating(answer: Mapping[str, Any]) -> Chart:
    rows = [row for row in answer["scarcity"]["create_next"] if row["above_usual_gbp"] > 0]
    return Chart(
        "Worth of a new unit above its usual price",
        "Habitat and place",
        [f"{row['habitat']}, near {row['lpa']}" for row in rows],
        {"GBP a unit": [row["above_usual_gbp"] for row in rows]},
        lambda gbp: pounds(gbp).text,
        "What the first unit of a new bank nearby is worth to the development that needs it most.",
    )


def portfolio_files(found: PortfolioResult) -> str:
    """The files to take away; some megabytes for a thousand developments."""
    items = "".join(f"<li>{download.html}</li>" for download in portfolio_downloads(found))
    return f'<h3>Take it away</h3><ul class="bng-downloads">{items}</ul>'


def portfolio_downloads(found: PortfolioResult) -> list[Download]:
    """The tables as CSV, the whole answer as JSON, the notebook that computed it."""
    stem, answer = f"bng-{found.run.run_id}", found.answer
    scarcity = answer["scarcity"]
    lines = {
        ("Purchases as CSV", "purchases"): ([*tables.purchase_lines(answer)], PURCHASES),
        ("Price of scarcity as CSV", "scarcity"): (scarcity["stock"], STOCK),
        ("Habitats to create next as CSV", "create-next"): (scarcity["create_next"], CREATE),
        ("Demand and supply as CSV", "habitats"): (scarcity["habitats"], HABITATS),
    }
    files = [
        Download(label, f"{stem}-{name}.csv", CSV, as_csv(rows, columns))
        for (label, name), (rows, columns) in lines.items()
    ]
    whole = json.dumps(answer, ensure_ascii=False).encode()
    files.append(Download("Whole answer as JSON", f"{stem}.json", "application/json", whole))
    if found.notebook:
        mime = "application/x-ipynb+json"
        files.append(Download("Executed notebook", f"{stem}.ipynb", mime, found.notebook))
    return files


def _record(run: Run) -> str:
    asked = run.parameters
    facts = {
        "Portfolio": run.input_name,
        "Day, for developments without a date": day(date.fromisoformat(str(asked["on_date"]))),
        "Units are sold in steps of": "any size" if asked["lot"] == "0" else str(asked["lot"]),
        "Computed": day(run.created_at.date()),
        "Reference": str(run.run_id),
    }
    rows = "".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts.items())
    link = f'<a class="bng-run-link" href="?run={run.run_id}">Link to this result</a>'
    return f'<h3>What was asked</h3><dl class="bng-facts">{rows}</dl><p>{link}</p>'
