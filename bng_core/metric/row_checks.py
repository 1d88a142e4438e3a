"""What is wrong with a row of the input sheets, by the cell that shows it.

A check looks at one row and yields the kind of finding, the field of its cell, and the words that
its text needs. A row without a known habitat is told as that alone.
"""

import difflib
from collections.abc import Callable, Iterator

from bng_core.metric.area_baseline import LOSS_LISTED, PENDING
from bng_core.metric.area_rows import BROAD_SEPARATOR
from bng_core.metric.cell_values import Value, above, equal, one_of
from bng_core.metric.timing import IN_TARGET, OVER_30
from bng_core.metric.unit_tables import unit_tables
from bng_core.metric.units import UnitRow
from bng_core.metric.watercourse_rows import NOT_POSSIBLE, SPLIT
from bng_core.reference import squeeze
from bng_core.terms import Module

Found = tuple[str, str, dict[str, object]]
"""Kind of finding, field of the cell, further words of its text."""

_SIZES = ("area_ha", "length_km")
_UNITS = {"area_ha": "hectares", "length_km": "kilometres"}
_LARGEST = {"area_ha": 1000, "length_km": 30}
"""Beyond these, square metres or metres were probably entered; no row of a site is so large."""
_PARTS = ("area_retained", "area_enhanced", "length_retained", "length_enhanced")
_YEARS = ("advance_years", "delay_years")
_ENCROACHMENTS = ("watercourse_encroachment", "riparian_encroachment")


def size_field(row: UnitRow) -> str:
    """The field of a row's hectares or kilometres."""
    return "area_ha" if row.module is Module.AREA else "length_km"


def is_baseline(row: UnitRow) -> bool:
    """Whether the row is on a baseline sheet."""
    return row.key[1].endswith("_baseline")


def is_enhancement(row: UnitRow) -> bool:
    """Whether the row is on an enhancement sheet."""
    return row.key[1].endswith("_enhancement")


def findings_of(row: UnitRow) -> Iterator[Found]:
    """Everything that is wrong with a row, or worth knowing; a row without faults gives none."""
    faults = [found for check in (_baseline_reference, _habitat) for found in check(row)]
    faults = faults or [found for check in _FAULTS for found in check(row)]
    yield from faults
    yield from _notes(row)
    if not faults and not _has_units(row):
        yield "no_units", "units", {}


def _has_units(row: UnitRow) -> bool:
    return isinstance(row.result.get("units"), float | int) or bool(_loss(row))


def _loss(row: UnitRow) -> list[Found]:
    lost = row.result.get("units_lost")
    return [("irreplaceable_loss", "units_lost", {})] if lost == LOSS_LISTED else []


def _baseline_reference(row: UnitRow) -> Iterator[Found]:
    if is_enhancement(row) and row.result["baseline_ref"] == "":
        yield "enhancement_without_baseline", "habitat", {}
    elif is_enhancement(row) and row.cells.get("habitat") is None:
        water = row.module is Module.WATERCOURSE
        yield ("watercourse_missing" if water else "enhancement_missing"), "habitat", {}


def _known_habitats(row: UnitRow) -> dict[Module, list[str]]:
    tables = unit_tables()
    return {
        Module.AREA: [label.label.split(BROAD_SEPARATOR, 1)[1] for label in tables.area.values()],
        Module.HEDGEROW: list(tables.hedgerow_type_names),
        Module.WATERCOURSE: list(tables.watercourse_type_names),
    }


def _habitat(row: UnitRow) -> Iterator[Found]:
    name = row.cells.get("habitat")
    if name is None:
        if not is_enhancement(row):
            yield "habitat_missing", "habitat", {}
        return
    tables = unit_tables()
    known = {
        Module.AREA: tables.area,
        Module.HEDGEROW: tables.hedgerow,
        Module.WATERCOURSE: tables.watercourse,
    }[row.module]
    if str(name).casefold() not in known:
        names = _known_habitats(row)[row.module]
        close = difflib.get_close_matches(str(name), names, n=2, cutoff=0.6)
        nearest = f" Nearest: {' or '.join(close)}." if close else ""
        yield "habitat_unknown", "habitat", {"nearest": nearest}


def _broad_habitat(row: UnitRow) -> Iterator[Found]:
    given, label = row.cells.get("broad_habitat"), str(row.result.get("label") or "")
    if row.module is not Module.AREA or BROAD_SEPARATOR not in label:
        return
    broad = label.split(BROAD_SEPARATOR, 1)[0]
    if given is not None and squeeze(str(given)) != squeeze(broad):
        yield "broad_habitat_differs", "broad_habitat", {"expected": broad}


def _numbers(row: UnitRow) -> Iterator[Found]:
    size = size_field(row)
    if not is_enhancement(row) and row.cells.get(size) is None:
        yield "number_blank", size, {}
    for field in (*_SIZES, *_PARTS):
        value = row.cells.get(field)
        if isinstance(value, str):
            yield "number_text", field, {}
        elif value is not None and value < 0:
            yield "number_negative", field, {}
        elif field in _LARGEST and value is not None and value > _LARGEST[field]:
            yield "size_implausible", field, {"expected": f"{_LARGEST[field]:,} {_UNITS[field]}"}


def _kept(row: UnitRow) -> Iterator[Found]:
    size = size_field(row)
    parts = [row.cells.get(field) for field in _PARTS if field.startswith(size[:4])]
    numbers = [part for part in parts if isinstance(part, float | int)]
    if row.result.get("units") == SPLIT:
        yield "split_row", size, {}
    elif is_baseline(row) and numbers and _above_size(sum(numbers), row.cells.get(size)):
        yield "kept_above_baseline", size, {}


def _above_size(parts: float, size: Value) -> bool:
    """Whether the parts exceed a size; one that is blank or negative is told as that alone."""
    return isinstance(size, float | int) and size >= 0 and above(parts, size)


def _condition(row: UnitRow) -> Iterator[Found]:
    if "condition_score" not in row.result or row.cells.get("habitat") is None:
        return
    score = row.result["condition_score"]
    if isinstance(score, float | int):
        return
    known = row.cells.get("condition") is not None and "possible" in str(score).casefold()
    yield ("condition_not_possible" if known else "condition_missing"), "condition", {}


def _significance(row: UnitRow) -> Iterator[Found]:
    factor = row.result.get("significance", 1.0)
    if not isinstance(factor, float | int) and row.cells.get("habitat") is not None:
        yield "significance_missing", "strategic_significance", {}


def _encroachment(row: UnitRow) -> Iterator[Found]:
    if row.module is not Module.WATERCOURSE or row.cells.get("habitat") is None:
        return
    for field in _ENCROACHMENTS:
        factor = row.result.get(field.replace("encroachment", "multiplier"), 1.0)
        if factor == NOT_POSSIBLE:
            yield "encroachment_not_possible", field, {}
        elif not isinstance(factor, float | int):
            yield "encroachment_missing", field, {}


def _years(row: UnitRow) -> Iterator[Found]:
    given = [row.cells.get(field) for field in _YEARS]
    if all(above(value, 0.0) for value in given):
        yield "advance_and_delay", "delay_years", {}
        return
    for field, value in zip(_YEARS, given, strict=True):
        if value is not None and not _whole(value):
            yield "years_not_whole", field, {}


def _whole(value: Value) -> bool:
    if isinstance(value, str):
        return one_of(value, (OVER_30, IN_TARGET))
    return value is not None and value == int(value) and 0 <= value <= 30


def _place(row: UnitRow) -> Iterator[Found]:
    if not row.off_site:
        return
    if not is_enhancement(row):
        if row.cells.get("spatial_risk_category") is None:
            yield "spatial_missing", "spatial_risk_category", {}
        elif not isinstance(row.result.get("srm"), float | int):
            yield "spatial_unknown", "spatial_risk_category", {}
    if row.cells.get("habitat") is not None and row.cells.get("offsite_reference") is None:
        yield "reference_missing", "offsite_reference", {}


def _irreplaceable(row: UnitRow) -> Iterator[Found]:
    if not (is_baseline(row) and row.module is Module.AREA):
        return
    habitat = unit_tables().area.get(str(row.cells.get("habitat")).casefold())
    stated = row.cells.get("irreplaceable")
    if habitat is None:
        return
    if stated is None:
        yield "irreplaceable_unstated", "irreplaceable", {}
    elif habitat.irreplaceable in ("Yes", "No") and not equal(stated, habitat.irreplaceable):
        yield "irreplaceable_wrong", "irreplaceable", {"expected": habitat.irreplaceable}
    else:
        yield from _loss(row)


def _refusal(row: UnitRow) -> Iterator[Found]:
    if not is_enhancement(row) or row.cells.get("habitat") is None:
        return
    for field in ("condition_change", "distinctiveness_change"):
        text = str(row.result.get(field) or "")
        if text.casefold().startswith("error") and not isinstance(row.result["units"], float | int):
            yield "enhancement_refused", field, {}
            return


def _notes(row: UnitRow) -> Iterator[Found]:
    """What is no fault of the row: bespoke compensation, stated or pending (§7.5)."""
    stated = row.cells.get("bespoke_compensation")
    very_high = row.result.get("distinctiveness") == "V.High"
    applies = very_high or row.result.get("trading_rule") in PENDING
    if not is_baseline(row) or not applies:
        return
    if equal(stated, "Pending"):
        yield "bespoke_pending", "bespoke_compensation", {}
    elif equal(stated, "Yes"):
        yield "bespoke_agreed", "bespoke_compensation", {}


_FAULTS: tuple[Callable[[UnitRow], Iterator[Found]], ...] = (
    _broad_habitat,
    _numbers,
    _kept,
    _condition,
    _significance,
    _encroachment,
    _years,
    _place,
    _irreplaceable,
    _refusal,
)
