"""What a read workbook is: the records that `read_metric` returns."""

from dataclasses import dataclass
from enum import StrEnum

from bng_core.terms import Distinctiveness, Module

Figure = float | str
"""A number cell as it stands: a number, or the tool's own text such as "N/A" or "Error ▲"."""


@dataclass(frozen=True)
class Headline:
    """A module's headline units; `offsite_change_x_srm` is L24 - L20 (§2.5).

    It is every off-site row times its own spatial risk multiplier, also where the tool shows
    "N/A" because the off-site change is not positive; not a number (nan) where the tool has text.
    """

    baseline: Figure
    post: Figure
    net: Figure
    offsite_net_before_srm: Figure
    offsite_net_after_srm: Figure
    required: Figure
    deficit: Figure
    offsite_change_x_srm: float


@dataclass(frozen=True)
class Change:
    """A habitat's unit change before the SRM, as the trading summary lists it (§2.4).

    `habitat` is the sheet's spelling, `label` the key of the reference tables.
    """

    module: Module
    distinctiveness: Distinctiveness
    habitat: str
    label: str
    broad_habitat: str
    on_site: float
    off_site: float
    project: float


class Severity(StrEnum):
    """How much a finding matters to a quote."""

    STOPS = "stops a quote"
    CONFIRM = "needs confirmation"
    INFORMATION = "for information"


@dataclass(frozen=True)
class Finding:
    """Something in the workbook that its user should know, with the cell that shows it."""

    severity: Severity
    sheet: str
    cell: str
    found: str
    expected: str
    message: str
    remedy: str


@dataclass(frozen=True)
class Metric:
    """A statutory metric workbook's results, as calculated and saved by its author."""

    name: str
    metric_version: float
    target: float | None
    headline: dict[Module, Headline]
    trading_satisfied: bool
    bands: dict[Module, dict[Distinctiveness, bool]]
    changes: list[Change]
    credits: dict[str, float | None]
    planning_authority: str | None
    project_name: str | None
    findings: list[Finding]
