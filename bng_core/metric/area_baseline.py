"""Baseline rows of area habitats (A-1 and D-1): kept, enhanced, lost, irreplaceable (§7.2)."""

from dataclasses import dataclass

from bng_core.metric.area_rows import (
    NO_REFERENCE,
    TREE_ERROR,
    VERY_HIGH_RULE,
    Result,
    Row,
    condition_score,
    distinctiveness_score,
    habitat_of,
    significance,
    spatial_risk,
)
from bng_core.metric.cell_values import (
    CellError,
    Value,
    above,
    as_shown,
    equal,
    if_error,
    minus,
    number,
    one_of,
    product,
)
from bng_core.metric.timing import CHECK
from bng_core.metric.unit_tables import AreaHabitat

BESPOKE_RULE = "Bespoke compensation likely to be required"
NO_UNITS = "Irreplaceable habitat - no units generated ⚠"
UNSTATED = "Confirm irreplaceable habitat status ▲"
LOSS = "Any Loss Unacceptable ⚠"
LOSS_LISTED = "Any Loss Unacceptable ▲"
TREES = "Individual trees"
TREE_LOSS_ERROR = "Error - you cannot enhance an irreplaceable tree ▲"
AREA_ERROR = "Error in Areas ▲"
AGREED = "Alternative Compensation ✓"
PENDING = {
    VERY_HIGH_RULE: "Bespoke compensation must be agreed ▲",
    BESPOKE_RULE: "Bespoke compensation must be agreed  ▲",
}


def _band(habitat: AreaHabitat | None, irreplaceable: Value) -> Value:
    if habitat is None:
        return ""
    if habitat.irreplaceable == "Yes" and equal(irreplaceable, "No"):
        return "Irreplaceable habitat ▲"
    if habitat.irreplaceable == "No" and equal(irreplaceable, "Yes"):
        return "Cannot be Irreplaceable ▲"
    return habitat.distinctiveness


@dataclass(frozen=True)
class _Baseline:
    """A baseline row with its factors looked up."""

    row: Row
    rule: str
    factors: tuple[Value, Value, Value]
    off_site: bool

    @property
    def irreplaceable(self) -> bool:
        return equal(self.row.get("irreplaceable"), "Yes")

    def cell(self, field: str) -> Value:
        return self.row.get(field)

    def units_of(self, field: str) -> Value:
        return product(self.cell(field), *self.factors)

    @property
    def enhanced_tree(self) -> bool:
        """An irreplaceable tree that is said to be enhanced, which the tool refuses."""
        return (
            equal(self.cell("broad_habitat"), TREES)
            and above(self.cell("area_enhanced"), 0.0)
            and self.irreplaceable
        )

    @property
    def not_agreed(self) -> bool:
        return one_of(self.cell("bespoke_compensation"), ("No", ""))

    def kept_ha(self) -> float:
        return number(self.cell("area_retained")) + number(self.cell("area_enhanced"))


def baseline(row: Row, off_site: bool) -> Result:
    """A baseline row of A-1 or D-1."""
    habitat = habitat_of(row)
    label = habitat.label if habitat else ""
    band = _band(habitat, row.get("irreplaceable"))
    rule = habitat.trading_rule if habitat else ""
    if equal(row.get("irreplaceable"), "Yes"):
        rule = BESPOKE_RULE
    factors = (
        distinctiveness_score(band),
        condition_score(label, row.get("condition")),
        significance(row),
    )
    each = _Baseline(row, rule, factors, off_site)
    units = if_error("Check Data ▲", _baseline_units, each)
    retained = NO_UNITS if each.irreplaceable else if_error("", each.units_of, "area_retained")
    enhanced = "Error - ▲" if each.enhanced_tree else if_error("", each.units_of, "area_enhanced")
    lost_ha = as_shown(_lost_ha, each)
    result: Result = {
        "label": label,
        "distinctiveness": band,
        "score": factors[0],
        "condition_score": factors[1],
        "significance": factors[2],
        "trading_rule": rule,
        "units": units,
        "units_retained": retained,
        "units_enhanced": enhanced,
        "size_lost": lost_ha,
        "units_lost": as_shown(_units_lost, each, (units, retained, enhanced), lost_ha),
        "bespoke_units": as_shown(_bespoke_units, each, (units, retained, enhanced)),
    }
    return result | (_baseline_x_srm(each, result) if off_site else {})


def _baseline_units(each: _Baseline) -> Value:
    row = each.row
    if row.get("habitat") is not None and equal(row.get("irreplaceable"), ""):
        return UNSTATED
    if (
        each.off_site
        and row.get("spatial_risk_category")
        and equal(row.get("offsite_reference"), "")
    ):
        return NO_REFERENCE
    if each.enhanced_tree:
        return TREE_ERROR
    if each.irreplaceable:
        if above(row.get("area_ha"), each.kept_ha()) and each.not_agreed:
            return LOSS
        return each.units_of("area_enhanced")
    if each.rule == "" or (each.off_site and equal(row.get("spatial_risk_category"), "")):
        return ""
    return each.units_of("area_ha")


def _lost_ha(each: _Baseline) -> Value:
    if equal(each.cell("broad_habitat"), ""):
        return ""
    if above(each.kept_ha(), each.cell("area_ha")):
        return AREA_ERROR
    retained, enhanced = each.cell("area_retained"), each.cell("area_enhanced")
    return minus(minus(each.cell("area_ha"), retained), enhanced)


def _units_lost(each: _Baseline, shares: tuple[Value, Value, Value], lost_ha: Value) -> Value:
    if each.off_site and each.enhanced_tree:
        return TREE_LOSS_ERROR
    try:
        return _units_lost_or_error(each, shares, lost_ha)
    except CellError:
        return CHECK if each.off_site else "Check Data ▲"


def _units_lost_or_error(
    each: _Baseline, shares: tuple[Value, Value, Value], lost_ha: Value
) -> Value:
    area, agreed = each.cell("area_ha"), each.cell("bespoke_compensation")
    if equal(area, ""):
        return ""
    number(area)
    if above(each.kept_ha(), area):
        return AREA_ERROR
    if each.rule in PENDING and equal(agreed, "Yes"):
        return AGREED
    if each.rule in PENDING and equal(agreed, "Pending"):
        return PENDING[each.rule]
    if equal(lost_ha, 0.0):
        return 0.0
    if each.rule == BESPOKE_RULE:
        return LOSS_LISTED
    return _rest(shares)


def _rest(shares: tuple[Value, Value, Value]) -> float:
    return minus(minus(shares[0], shares[1]), shares[2])


def _bespoke_units(each: _Baseline, shares: tuple[Value, Value, Value]) -> Value:
    """Units of a Very High loss with bespoke compensation, agreed or pending: left out (§7.5)."""
    stated = one_of(each.cell("bespoke_compensation"), ("Yes", "Pending"))
    if stated and each.rule == VERY_HIGH_RULE:
        return _rest(shares)
    return "0" if each.off_site else ""


def _baseline_x_srm(each: _Baseline, result: Result) -> Result:
    srm = spatial_risk(each.row)

    def units() -> Value:
        if each.rule == "":
            return ""
        if each.enhanced_tree:
            return TREE_ERROR
        if each.rule == BESPOKE_RULE:
            return product(result["units"], srm)
        return product(each.units_of("area_ha"), srm)

    def retained() -> Value:
        if each.irreplaceable:
            return "0"
        return product(each.units_of("area_retained"), srm) + product(result["bespoke_units"], srm)

    return {
        "srm": srm,
        "units_x_srm": if_error(CHECK, units),
        "units_retained_x_srm": if_error("", retained),
    }
