"""Where the statutory metric workbook (Start!D8 = 4.1) keeps everything that is read or written.

Addresses are data: a workbook whose labels do not stand where this file says is refused, never
misread. Source: the published calculation tool, macro-free edition, Crown copyright, Open
Government Licence v3; the .xlsm edition has the same cells.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bng_core.terms import Distinctiveness, Module

VERSION = 4.1
"""The metric version (Start!D8) whose layout this is."""

VERSION_CELL = "D8"
TARGET_CELL = "F22"
DEVIATIONS_CELL = "F27"
AUTHORITY_CELL = "F11"
PROJECT_CELL = "F12"


@dataclass(frozen=True, eq=False)
class Sheet:
    """A sheet by its official name, the names it also goes by, and the labels that prove it.

    A label is one text, or several separated by "|" where editions differ; a cell agrees when its
    text begins with one of them (case, line breaks and repeated blanks do not count).
    """

    name: str
    aliases: tuple[str, ...]
    labels: dict[str, str]


def _bands(column: str, first: int, bands: list[Distinctiveness]) -> dict[str, str]:
    return {f"{column}{first + i}": str(band) for i, band in enumerate(bands)}


BANDS: dict[Module, list[Distinctiveness]] = {
    Module.AREA: list(Distinctiveness)[:4],
    Module.HEDGEROW: list(Distinctiveness),
    Module.WATERCOURSE: list(Distinctiveness)[:4],
}
"""The bands that a trading summary judges, best first; the others do not trade."""

_UNITS = ["Habitat units|Area habitat units", "Hedgerow units", "Watercourse units"]

START = Sheet("Start", (), {"D11": "Planning authority", "D12": "Project name", "D22": "Target %"})
HEADLINE = Sheet(
    "Headline Results",
    (),
    {
        "B8": "On-site baseline",
        "B12": "On-site post-intervention",
        "B16": "On-site net change",
        "B20": "Off-site baseline",
        "B24": "Off-site post-intervention",
        "B28": "Off-site net change",
        "B32": "Off-site unit change",
        **{f"F{row + i}": _UNITS[i] for row in (8, 12, 16, 20, 24, 28, 32) for i in range(3)},
        "B55": "Trading rules satisfied",
        "D60": "Target",
        "E60": "Baseline units",
        "F60": "Units required",
        "H60": "Unit deficit",
        **{f"B{61 + i}": _UNITS[i] for i in range(3)},
    },
)
AREA_TRADING = Sheet(
    "Trading Summary Area Habitats",
    ("Area Habitat Trading Summary", "Area Habitats Trading Summary"),
    {
        "G3": "Trading satisfied",
        **_bands("B", 5, BANDS[Module.AREA]),
        "B11": "Very High Distinctiveness",
        "D12": "On-site unit change",
        "E12": "Off-site unit change",
        "F12": "Project-wide unit change",
        "B39": "High Distinctiveness",
        "B87": "Medium Distinctiveness",
        "B123": "Low Distinctiveness",
    },
)
HEDGEROW_TRADING = Sheet(
    "Trading Summary Hedgerows",
    (),
    {
        "F3": "Trading satisfied",
        **_bands("B", 5, BANDS[Module.HEDGEROW]),
        "B12": "Very High Distinctiveness",
        "C13": "On-site unit change",
        "D13": "Off-site unit change",
        "E13": "Project-wide unit change",
        "B20": "High Distinctiveness",
        "B30": "Medium Distinctiveness",
        "B42": "Low Distinctiveness",
        "B52": "Very Low Distinctiveness",
    },
)
WATERCOURSE_TRADING = Sheet(
    "Trading Summary WaterC's",
    ("Trading Summary Watercourses", "Trading Summary WaterC"),
    {
        "G3": "Trading satisfied",
        **_bands("B", 5, BANDS[Module.WATERCOURSE]),
        "B11": "Very High Distinctiveness",
        "C12": "On-site unit change",
        "D12": "Off-site unit change",
        "E12": "Project-wide unit change",
        "B20": "High Distinctiveness",
        "B28": "Medium Distinctiveness",
        "B40": "Low Distinctiveness",
    },
)
TIER_CELLS = {tier: f"F{9 + i}" for i, tier in enumerate(("A1", "A2", "A3", "A4", "A5", "H", "W"))}
TIERS = Sheet(
    "Unit shortfall calculations",
    ("Credits calculations", "Credit calculations", "Credits calculation"),
    {
        "E8": "Tier",
        "F8": "Unit shortfall by tier|Credits",
        **{cell.replace("F", "E"): tier for tier, cell in TIER_CELLS.items()},
    },
)
TIER_SUMMARY = Sheet("Unit shortfall summary", ("Credits summary", "Credit summary", "Credits"), {})
GAIN_SITES = Sheet(
    "Off-site gain site summary",
    (),
    dict.fromkeys(("B5", "O5", "AB5"), "Gain site reference"),
)
ON_SITE_CREATION = Sheet("A-2 On-Site Habitat Creation", (), {"H6": "Area check"})
OFF_SITE_CREATION = Sheet("D-2 Off-Site Habitat Creation", (), {"H6": "Area check"})

TRADING_SHEETS = {
    Module.AREA: AREA_TRADING,
    Module.HEDGEROW: HEDGEROW_TRADING,
    Module.WATERCOURSE: WATERCOURSE_TRADING,
}
REQUIRED_SHEETS = (START, HEADLINE, *TRADING_SHEETS.values())
OPTIONAL_SHEETS = (TIERS, ON_SITE_CREATION, OFF_SITE_CREATION)

AREA_CHECKS = ((ON_SITE_CREATION, "K6"), (OFF_SITE_CREATION, "L6"))

HEADLINE_CELLS = {
    "baseline": ("H", 8),
    "post": ("H", 12),
    "net": ("H", 16),
    "offsite_baseline": ("H", 20),
    "offsite_baseline_x_srm": ("L", 20),
    "offsite_post": ("H", 24),
    "offsite_post_x_srm": ("L", 24),
    "offsite_net_before_srm": ("H", 28),
    "offsite_net_after_srm": ("H", 32),
    "required": ("F", 61),
    "deficit": ("H", 61),
}
"""Column and row of the area figure on Headline Results; hedgerow and watercourse follow below."""

TRADING_SATISFIED_CELL = "F55"
GAIN_SITE_CELL = "B19"
BESPOKE_CELL = "B44"
DEVIATIONS_MESSAGE_CELL = "B56"
IRREPLACEABLE_UNSTATED_CELL = "B57"
IRREPLACEABLE_LOSS_CELL = "B58"
AREA_CHECK_MESSAGE_CELL = "B59"

SATISFIED_COLUMNS = {Module.AREA: "G", Module.HEDGEROW: "F", Module.WATERCOURSE: "G"}
FIRST_SATISFIED_ROW = 5
NAME_COLUMN = "B"
CHANGE_COLUMNS = {
    Module.AREA: ("D", "E", "F"),
    Module.HEDGEROW: ("C", "D", "E"),
    Module.WATERCOURSE: ("C", "D", "E"),
}
"""Columns of the on-site, off-site and project-wide change on each trading summary."""


def headline_cell(figure: str, module: Module) -> str:
    """The cell on Headline Results that holds a figure of a module."""
    column, row = HEADLINE_CELLS[figure]
    return f"{column}{row + list(Module).index(module)}"


def headline_cells() -> list[str]:
    """Every headline figure that is read, and whether the trading rules are satisfied."""
    figures = [headline_cell(figure, module) for figure in HEADLINE_CELLS for module in Module]
    return [*figures, TRADING_SATISFIED_CELL]


def satisfied_cells(module: Module) -> dict[Distinctiveness, str]:
    """Per band, the cell of the module's trading summary that says Yes or No."""
    column = SATISFIED_COLUMNS[module]
    return {band: f"{column}{FIRST_SATISFIED_ROW + i}" for i, band in enumerate(BANDS[module])}


@dataclass(frozen=True)
class TradingRow:
    """A habitat's row on its module's trading summary.

    `offset_group` is the broad group in which the tool nets the habitat: Medium habitats among
    themselves (column G), and a High or Very High surplus against that group's Medium loss
    (Unit shortfall calculations!D122:D131). `tier` is the statutory credit tier of a loss.
    """

    module: Module
    row: int
    distinctiveness: Distinctiveness
    habitat: str
    group: str
    offset_group: str
    tier: str


@cache
def trading_rows() -> tuple[TradingRow, ...]:
    """All rows of the three trading summaries, in the order of the sheets."""
    with (Path(__file__).parent / "trading_rows.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            TradingRow(
                module=Module(line["module"]),
                row=int(line["row"]),
                distinctiveness=Distinctiveness(line["distinctiveness"]),
                habitat=line["habitat"],
                group=line["group"],
                offset_group=line["offset_group"],
                tier=line["tier"],
            )
            for line in csv.DictReader(file)
        )


@dataclass(frozen=True)
class InputTable:
    """One input table (`onsite area_baseline`, ...): its sheet, its rows, its columns by field."""

    sheet: str
    first_row: int
    last_row: int
    columns: dict[str, str]


@cache
def input_tables() -> dict[tuple[str, str], InputTable]:
    """The eighteen input tables by scope ("onsite", "offsite") and name ("area_baseline", ...)."""
    tables: dict[tuple[str, str], InputTable] = {}
    with (Path(__file__).parent / "input_columns.csv").open(encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            table = tables.setdefault(
                (line["scope"], line["list"]),
                InputTable(line["sheet"], int(line["first_row"]), int(line["last_row"]), {}),
            )
            table.columns[line["field"]] = line["column"]
    return tables


OFFICIAL_LINKS = (
    "Master metric with RS amendments with new G7 layout.xlsm",
    "Latest Tool with updated hedgerows 06 11 2020.xlsm",
)
"""Files that the published tool itself still refers to (C-3!AJ258, F-3!AJ258); harmless."""

LAST_TRADED_ROWS = {("offsite", "area_creation"): 255, ("onsite", "watercourse_creation"): 257}
"""Where the trading sums end before the sheet does (G-2 Habitat groups, columns X and L; §7.6)."""


OFFSET_GROUPS = (
    ("Cropland", "A1"),
    ("Grassland", "A1"),
    ("Heathland and shrub", "A1"),
    ("Urban", "A1"),
    ("Individual trees", "A1"),
    ("Woodland and forest", "A2"),
    ("Intertidal sediment", "A2"),
    ("Lakes", "A4"),
    ("Sparsely vegetated land", "A4"),
    ("Wetland", "A4"),
)
"""Broad groups of Medium losses with their tier (Unit shortfall calculations!D122:D131)."""
