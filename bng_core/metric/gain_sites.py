"""Off-site gain sites: units by gain site reference (sheet "Off-site gain site summary")."""

from dataclasses import dataclass

from bng_core.metric.cell_values import Value, equal, minus
from bng_core.metric.units import MODULES, UnitRow, Units
from bng_core.terms import Module

ERROR_TEXT = "Error - gain sites must be postive ▲"
MESSAGE_MODULES = (Module.AREA, Module.WATERCOURSE)
"""Modules whose losing gain sites Headline Results!B19 sees; hedgerows it misses (§7.6)."""


@dataclass(frozen=True)
class GainSite:
    """One module's units at one gain site; `change` before SRM, `change_after_srm` after it."""

    module: Module
    reference: str
    baseline: float
    retained: float
    enhanced: float
    created: float
    change: float
    change_after_srm: float

    @property
    def loses(self) -> bool:
        """Whether the gain site has fewer units than before, which the tool refuses."""
        return self.change < 0


def gain_sites(units: Units) -> list[GainSite]:
    """The gain sites named in baseline rows, per module, in the order of the sheets."""
    found = []
    for kind, module in MODULES.items():
        base = units["offsite", f"{kind}_baseline"]
        references = dict.fromkeys(
            str(reference)
            for row in base
            if (reference := row.cells.get("offsite_reference")) is not None
        )
        found += [_gain_site(units, kind, module, reference) for reference in references]
    return found


def _gain_site(units: Units, kind: str, module: Module, reference: str) -> GainSite:
    def added(table: str, field: str) -> float:
        rows = units["offsite", f"{kind}_{table}"]
        return sum(_number(row, field) for row in rows if _at(row, reference))

    baseline, retained = added("baseline", "units"), added("baseline", "units_retained")
    enhanced, created = added("enhancement", "units"), added("creation", "units")
    after_srm = (
        added("creation", "units_x_srm")
        + added("enhancement", "units_x_srm")
        + added("baseline", "units_retained_x_srm")
    )
    return GainSite(
        module,
        reference,
        baseline,
        retained,
        enhanced,
        created,
        minus(retained + enhanced + created, baseline),
        minus(after_srm, added("baseline", "units_x_srm")),
    )


def _at(row: UnitRow, reference: str) -> bool:
    value: Value = row.cells.get("offsite_reference")
    return value is not None and equal(str(value), reference)


def _number(row: UnitRow, field: str) -> float:
    value = row.result.get(field)
    return value if isinstance(value, float | int) else 0.0
