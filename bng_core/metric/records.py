"""What a read workbook is: the records that `read_metric` returns."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from bng_core.terms import Distinctiveness, Module

if TYPE_CHECKING:
    from bng_core.metric.recompute import Recomputed

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
    """Something in the workbook that its user should know, with the cell that shows it.

    `consequence` is what it does to the requirement; `sentence` may be pasted to the applicant.
    """

    severity: Severity
    sheet: str
    cell: str
    found: str
    expected: str
    message: str
    remedy: str
    consequence: str = ""
    sentence: str = ""


@dataclass(frozen=True)
class Difference:
    """A cell whose saved value is not what the input cells give."""

    sheet: str
    cell: str
    saved: Figure | None
    recomputed: Figure

    @property
    def by(self) -> float | None:
        """By how much the saved number is above the recomputed one; None where one is a text."""
        if isinstance(self.saved, float | int) and isinstance(self.recomputed, float | int):
            return self.saved - self.recomputed
        return None


class Source(StrEnum):
    """Whose figures the results are: those saved in the workbook, or the recomputed ones."""

    WORKBOOK = "workbook"
    RECOMPUTED = "recomputed"


@dataclass(frozen=True)
class Metric:
    """A statutory metric workbook's results, and the recomputation that checks them.

    `source` says whose figures these are; `recomputed` is None where no input row is filled.
    """

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
    source: Source = Source.WORKBOOK
    recomputed: "Recomputed | None" = None
    differences: tuple[Difference, ...] = ()
