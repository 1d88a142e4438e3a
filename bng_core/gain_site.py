"""What a gain site supplies: parcels by habitat, size and condition -> units by habitat (§7.9).

What a parcel is now and what becomes of it (create, enhance, retain) are worked out as rows of the
off-site sheets of the statutory metric, before the SRM. It supplies its units afterwards less its
units now, as the habitat that it becomes.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bng_core.csv_table import read_csv
from bng_core.errors import Fault, GainSiteError
from bng_core.gain_site_table import Parcel, parcels_of
from bng_core.metric.cell_values import Value
from bng_core.metric.finding_texts import message_of
from bng_core.metric.input_tables import Inputs, scenario_inputs
from bng_core.metric.row_checks import findings_of
from bng_core.metric.unit_tables import unit_tables
from bng_core.metric.units import UnitRow, work_out
from bng_core.reference import load_habitats
from bng_core.terms import Habitat, Module

_REFERENCE = "SITE"
_SIZES = {"area": "area_ha", "hedge": "length_km", "watercourse": "length_km"}


@dataclass(frozen=True)
class ParcelValue:
    """A parcel's units before the SRM: now, afterwards, and what it supplies."""

    parcel: str
    module: Module
    habitat: str
    baseline_units: float
    units: float
    supplied_units: float


@dataclass(frozen=True)
class StockRow:
    """Units of one habitat for sale, as a row of stock.csv (§4.1)."""

    stock_id: str
    bank_id: str
    habitat: str
    units_available: float


@dataclass(frozen=True)
class GainSiteValue:
    """What a gain site supplies, by parcel and as stock."""

    parcels: list[ParcelValue]
    stock: list[StockRow]

    def to_json(self) -> dict[str, Any]:
        """The JSON object of `bng value`."""
        return {
            "parcels": [asdict(parcel) for parcel in self.parcels],
            "stock": [asdict(row) for row in self.stock],
        }


def value_site(path: Path, bank_id: str = "") -> GainSiteValue:
    """The units of every parcel of a SITE.csv; raises GainSiteError with every fault."""
    faults: list[Fault] = []
    table = read_csv(path, faults)
    parcels = [] if table is None else parcels_of(path.name, table, faults)
    if faults:
        raise GainSiteError(f"The gain site in {path.name} cannot be valued", faults)
    rows = _worked_out(parcels)
    values = [_value(path.name, parcel, rows[parcel.number], faults) for parcel in parcels]
    if faults:
        raise GainSiteError(f"The gain site in {path.name} cannot be valued", faults)
    return GainSiteValue(values, _stock(values, bank_id or path.stem))


def _worked_out(parcels: Iterable[Parcel]) -> dict[int, list[UnitRow]]:
    """The rows of every parcel, each parcel worked out as a gain site of its own."""
    return {
        parcel.number: [row for rows in work_out(_inputs(parcel)).values() for row in rows]
        for parcel in parcels
    }


def _inputs(parcel: Parcel) -> Inputs:
    kind, cells = parcel.kind, parcel.cells
    place = {"spatial_risk_category": "provider", "offsite_reference": _REFERENCE}
    lists: dict[str, list[dict[str, Any]]] = {}
    if parcel.before is not None:
        row = _row(parcel, parcel.before, "baseline_") | place
        part = "area" if kind == "area" else "length"
        kept = {"enhance": "enhanced", "retain": "retained"}.get(parcel.intervention)
        row |= {f"{part}_{kept}": parcel.size} if kept else {}
        lists[f"{kind}_baseline"] = [row | _irreplaceable(parcel)]
    if parcel.after is not None and parcel.intervention != "retain":
        row = _row(parcel, parcel.after, "") | place
        row |= {
            field: _years(cells[field])
            for field in ("advance_years", "delay_years")
            if cells[field]
        }
        table = "creation" if parcel.intervention == "create" else "enhancement"
        if table == "enhancement":
            given = ("area_ha", "length_km", "spatial_risk_category")
            row = {k: v for k, v in row.items() if k not in given} | {"baseline_ref": 1}
        lists[f"{kind}_{table}"] = [row]
    return scenario_inputs({"offsite": lists})


def _row(parcel: Parcel, habitat: Habitat, prefix: str) -> dict[str, Any]:
    cells = parcel.cells
    significance = "baseline_significance" if prefix else "strategic_significance"
    row: dict[str, Any] = {
        "habitat": habitat.habitat_type,
        _SIZES[parcel.kind]: parcel.size,
        "condition": cells[f"{prefix}condition"] or None,
        "strategic_significance": cells[significance] or None,
    }
    if parcel.module is Module.AREA:
        row["broad_habitat"] = habitat.broad_habitat
    if parcel.module is Module.WATERCOURSE:
        for name in ("watercourse_encroachment", "riparian_encroachment"):
            row[name] = cells[f"{prefix}{name}"] or None
    return row


def _irreplaceable(parcel: Parcel) -> dict[str, str]:
    if parcel.module is not Module.AREA or parcel.before is None:
        return {}
    habitat = unit_tables().area_by_label[parcel.before.label.casefold()]
    return {"irreplaceable": "Yes" if habitat.irreplaceable == "Yes" else "No"}


def _years(text: str) -> Value:
    try:
        return float(text)
    except ValueError:
        return text


def _value(file: str, parcel: Parcel, rows: list[UnitRow], faults: list[Fault]) -> ParcelValue:
    for row in rows:
        for kind, field, _ in findings_of(row):
            if kind != "irreplaceable_loss":
                shown = row.cells.get(field, row.result.get(field))
                words = message_of(kind).replace("{found}", str(shown)).rstrip(".")
                found = f"“{shown}”" if shown not in (None, "") else "blank"
                message = f"{_column(row, field)} is {found}: {words[:1].lower()}{words[1:]}"
                faults.append(Fault(file, parcel.line, message))
    before = sum(_units(row, "units") for row in rows if row.key[1].endswith("_baseline"))
    after = sum(
        _units(row, "units_retained" if row.key[1].endswith("_baseline") else "units")
        for row in rows
    )
    becomes = parcel.after if parcel.intervention != "retain" else parcel.before
    label = becomes.label if becomes else ""
    name = parcel.cells["parcel"] or f"line {parcel.line}"
    return ParcelValue(name, parcel.module, label, before, after, after - before)


def _column(row: UnitRow, field: str) -> str:
    """The column of SITE.csv behind a field of the metric."""
    names = {"area_ha": "size", "length_km": "size", "strategic_significance": "significance"}
    name = names.get(field, field)
    return f"baseline {name}" if row.key[1].endswith("_baseline") else name


def _units(row: UnitRow, field: str) -> float:
    value = row.result.get(field)
    return value if isinstance(value, float | int) else 0.0


def _stock(values: list[ParcelValue], bank_id: str) -> list[StockRow]:
    """Units by habitat, those that are above 0, in the official order."""
    supplied: dict[str, float] = {}
    for value in values:
        supplied[value.habitat] = supplied.get(value.habitat, 0.0) + value.supplied_units
    return [
        StockRow(f"{bank_id}-{number}", bank_id, label, round(supplied[label], 4))
        for number, label in enumerate(
            (label for label in load_habitats().by_label if supplied.get(label, 0.0) >= 0.0001),
            start=1,
        )
    ]
