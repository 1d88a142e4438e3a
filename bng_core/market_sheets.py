"""The sheets of a market workbook: their headings, and what the law says of four of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from bng_core.csv_table import parse_number
from bng_core.reference import load_habitats, load_spatial_risk
from bng_core.terms import Distinctiveness, Relation, SpatialRoute

MOST_EXAMPLES = 5


@dataclass(frozen=True)
class Sheet:
    """A sheet's name, and for each column of §4.1 the headings under which it is found there."""

    title: str
    columns: dict[str, tuple[str, ...]]

    def headings(self, found: Iterable[str]) -> dict[str, str]:
        """Columns of §4.1 to the headings that this workbook has for them."""
        there = list(found)
        chosen = {}
        for column, names in self.columns.items():
            heading = next((name for name in (*names, column) if name in there), None)
            if heading is not None:
                chosen[column] = heading
        return chosen


SHEETS = {
    "banks": Sheet("Banks", {"lpa": ("lpa_name",), "nca": ("nca_name",)}),
    "stock": Sheet(
        "Stock", {"habitat": ("habitat_name",), "units_available": ("quantity_available",)}
    ),
    "prices": Sheet(
        "Pricing", {"habitat": ("habitat_name",), "unit_price": ("price", "Unit Price")}
    ),
}
"""Only headings that differ from the columns of §4.1 are listed."""

LAW_SHEETS = ("HabitatCatalog", "DistinctivenessLevels", "SRM", "TradingRules")

_BANDS = {"v.low": "Very Low", "v.high": "Very High"}


def law_notes(sheets: Mapping[str, pd.DataFrame]) -> list[str]:
    """What these sheets say against the rulebook, which is followed; nothing where they agree."""
    notes = []
    for check in (_catalogue_notes, _multiplier_notes, _rule_notes):
        notes += check(sheets)
    return notes


def law_sheets(habitats: Iterable[str]) -> dict[str, pd.DataFrame]:
    """The four sheets as the rulebook has them, for these habitats."""
    known = load_habitats()
    catalogue = [
        (habitat.label, habitat.broad_habitat, habitat.distinctiveness.value, habitat.module.value)
        for habitat in (known.find(label) for label in sorted(set(habitats)))
    ]
    scores = {h.distinctiveness: h.score for h in known.by_label.values()}
    levels = [(band.value, scores[band]) for band in reversed(Distinctiveness) if band in scores]
    values = load_spatial_risk()
    multipliers = [(tier.value, values[SpatialRoute.PLANNING, tier]) for tier in Relation]
    headings = ["habitat_name", "broader_type", "distinctiveness_name", "UmbrellaType"]
    return {
        "HabitatCatalog": pd.DataFrame(catalogue, columns=headings),
        "DistinctivenessLevels": pd.DataFrame(
            levels, columns=["distinctiveness_name", "level_value"]
        ),
        "SRM": pd.DataFrame(multipliers, columns=["tier", "multiplier"]),
        "TradingRules": pd.DataFrame(columns=["demand_habitat", "allowed_supply_habitat"]),
    }


def _catalogue_notes(sheets: Mapping[str, pd.DataFrame]) -> list[str]:
    frame = sheets.get("HabitatCatalog")
    if frame is None or not {"habitat_name", "distinctiveness_name"} <= set(frame.columns):
        return []
    known = load_habitats()
    notes = []
    for name, stated in frame[["habitat_name", "distinctiveness_name"]].itertuples(index=False):
        try:
            band = known.find(name).distinctiveness.value
        except KeyError:
            continue  # a name that the market uses is reported where it uses it
        if stated and _BANDS.get(stated.casefold(), stated).casefold() != band.casefold():
            notes.append(f"HabitatCatalog: {name} is {band} in the metric, not {stated}.")
    return _shortened(notes, "HabitatCatalog")


def _multiplier_notes(sheets: Mapping[str, pd.DataFrame]) -> list[str]:
    """A multiplier may be stated as it is, or as what it makes of the price (4/3 for 0.75)."""
    frame = sheets.get("SRM")
    if frame is None or not {"tier", "multiplier"} <= set(frame.columns):
        return []
    values = load_spatial_risk()
    notes = []
    for tier, stated in frame[["tier", "multiplier"]].itertuples(index=False):
        if tier.casefold() not in list(Relation):
            continue
        value = values[SpatialRoute.PLANNING, Relation(tier.casefold())]
        number = parse_number(stated) or Decimal(0)
        near = (number - value, number * value - 1)
        if min(abs(difference) for difference in near) > Decimal("0.01"):
            notes.append(f"SRM: {tier} is {value} by the rulebook, not {stated or 'blank'}.")
    return notes


def _rule_notes(sheets: Mapping[str, pd.DataFrame]) -> list[str]:
    rules = len(sheets.get("TradingRules", ()))
    if not rules:
        return []
    return [f"TradingRules: {rules:,} rows are not imported; the metric's rules are followed."]


def _shortened(notes: list[str], sheet: str) -> list[str]:
    more = len(notes) - MOST_EXAMPLES
    if more <= 0:
        return notes
    return [*notes[:MOST_EXAMPLES], f"{sheet}: {more:,} more habitats differ from the metric."]
