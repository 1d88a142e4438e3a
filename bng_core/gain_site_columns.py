"""The columns of SITE.csv and the options of `bng value`; light, for the command line's help."""

import argparse
from pathlib import Path

COLUMNS = {
    "parcel": "name of the parcel",
    "module": "area, hedgerow or watercourse",
    "size": "hectares, or kilometres of hedgerow or watercourse",
    "baseline_habitat": "official name of what is there now; blank where nothing of the module is",
    "baseline_condition": "its condition, such as Moderate",
    "baseline_significance": "its strategic significance: low, medium or high",
    "intervention": "create, enhance or retain",
    "habitat": "official name of what it becomes",
    "condition": "the condition aimed at",
    "strategic_significance": "low, medium or high, of what it becomes",
    "advance_years": "years in advance; blank = 0",
    "delay_years": "years of delay; blank = 0",
    "baseline_watercourse_encroachment": "watercourses only",
    "baseline_riparian_encroachment": "watercourses only",
    "watercourse_encroachment": "watercourses only",
    "riparian_encroachment": "watercourses only",
    "tree_size": "individual trees only: Small, Medium, Large or Very large",
    "trees": "individual trees only: their number, instead of a size",
}
"""Columns of SITE.csv with what they hold; those of watercourses and trees may be left out."""


def add_value_options(command: argparse.ArgumentParser) -> None:
    """The file, the template, and every column in the help."""
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    width = max(map(len, COLUMNS)) + 2
    lines = [f"  {name:<{width}}{words}" for name, words in COLUMNS.items()]
    command.epilog = "\n".join(["columns of SITE.csv, one parcel a line:", *lines])
    command.add_argument("file", type=Path, nargs="?", metavar="SITE.csv", help="the parcels")
    command.add_argument("--template", action="store_true", help="print a SITE.csv to fill in")
    command.add_argument("--bank", default="", metavar="ID", help="bank_id of the stock rows")
