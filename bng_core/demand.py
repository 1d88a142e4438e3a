"""What one development must buy: for trading, and for the headline (§2.4, §2.5)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from bng_core.csv_table import LARGEST, parse_number, read_csv
from bng_core.errors import DemandError, Fault, MetricError
from bng_core.metric import Headline, Metric, Source, read_metric
from bng_core.reference import load_contract_sizes, load_habitats, squeeze
from bng_core.terms import NET_GAIN, ContractSize, Module
from bng_core.trading import ZERO, in_pool, trading_deficit, trading_tests

_COLUMNS = ("module", "habitat", "units")

DemandLine = tuple[Module, str, Decimal]
"""Module, official label or “Net gain”, and units of one line of a demand.csv."""


@dataclass(frozen=True)
class HeadlineNeed:
    """What off-site units must give one module (§2.5).

    `needed` is the units required less the units on site after the development, after SRM.
    `before_srm` and `after_srm` are the off-site change that the workbook holds already, without
    and with every row's own multiplier; the tool uses the first where it is not above 0.
    `net_gain` is the units required beyond the baseline.
    """

    needed: Decimal
    before_srm: Decimal = ZERO
    after_srm: Decimal = ZERO
    net_gain: Decimal = ZERO

    @property
    def deficit(self) -> Decimal:
        """Units still short if nothing is bought, as Headline Results!H61:H63 shows it."""
        off_site = self.after_srm if self.before_srm > 0 else self.before_srm
        return max(ZERO, self.needed - off_site)


@dataclass(frozen=True)
class Demand:
    """The requirement of one development.

    `changes`: units gained (above 0) or lost (below 0) by official label, before SRM, without the
    purchases to be found. `units_required`: the total that decides the contract size (§2.10).
    """

    changes: Mapping[str, Decimal]
    headline: Mapping[Module, HeadlineNeed]
    units_required: Decimal

    @property
    def modules(self) -> list[Module]:
        """Modules in which something must be bought."""
        return [
            module
            for module, need in self.headline.items()
            if need.deficit > 0 or trading_deficit(self.changes, module) > 0
        ]

    @property
    def contract_size(self) -> ContractSize:
        """The contract size that the units required fall into (§2.10)."""
        units = round(self.units_required, 9)  # a workbook's 2.4999999999999996 is 2.5
        for size, below_units in load_contract_sizes():
            if below_units is None or units < below_units:
                return size
        raise AssertionError("the last contract size has no upper bound")


def demand_of_file(path: Path, use: Source | None = None) -> Demand:
    """The demand of a metric workbook or of a demand.csv, told apart by the file's ending.

    `use` settles whose figures of the workbook count. Raises MetricError or DemandError.
    """
    if path.suffix.casefold() == ".csv":
        return read_demand(path)
    return demand_of_metric(read_metric(path, path.name, use))


def demand_of_metric(metric: Metric) -> Demand:
    """The demand of a workbook.

    A module requires the larger of its headline deficit and its trading deficit (§2.10).
    Raises MetricError where the workbook carries a finding that stops a quote.
    """
    for finding in metric.findings:
        if finding.severity == "stops a quote":
            where = f"{metric.name} ({finding.sheet}!{finding.cell}: {finding.found})"
            raise MetricError(f"{where}: {finding.message} {finding.remedy}")
    changes = {change.label: _exact(change.project) for change in metric.changes if change.project}
    headline = {module: _headline_need(h) for module, h in metric.headline.items()}
    required = sum(
        (max(need.deficit, trading_deficit(changes, module)) for module, need in headline.items()),
        ZERO,
    )
    return Demand(changes, headline, required)


def _headline_need(headline: Headline) -> HeadlineNeed:
    return HeadlineNeed(
        needed=_exact(headline.required) - _exact(headline.post),
        before_srm=_exact(headline.offsite_net_before_srm),
        after_srm=_exact(headline.offsite_change_x_srm),
        net_gain=_exact(headline.required) - _exact(headline.baseline),
    )


def _exact(number: float | str) -> Decimal:
    """The decimal a cell shows; the reader has refused text where a figure must be."""
    return Decimal(str(number))


def read_demand(path: Path) -> Demand:
    """The demand of a demand.csv: module, habitat, units (§4.2).

    Raises DemandError with every fault.
    """
    faults: list[Fault] = []
    lines: list[DemandLine] = []
    for line, *cells in _demand_lines(path, faults):
        try:
            lines.append(read_demand_line(*cells))
        except ValueError as error:
            faults.append(Fault(path.name, line, str(error)))
    if not lines and not faults:
        message = "has no lines; give at least one loss or “Net gain”"
        faults.append(Fault(path.name, None, message))
    if faults:
        raise DemandError(f"The demand in {path.name} cannot be used", faults)
    return demand_of_lines(lines)


def demand_of_lines(lines: Iterable[DemandLine]) -> Demand:
    """The demand of the lines of one development; lines of one habitat add up."""
    changes: dict[str, Decimal] = {}
    needed: dict[Module, Decimal] = {}
    net_gain: dict[Module, Decimal] = {}
    for module, label, units in lines:
        needed[module] = needed.get(module, ZERO) + units
        if label == NET_GAIN:
            net_gain[module] = net_gain.get(module, ZERO) + units
        else:
            changes[label] = changes.get(label, ZERO) - units
    headline = {
        module: HeadlineNeed(units, net_gain=net_gain.get(module, ZERO))
        for module, units in needed.items()
    }
    return Demand(changes, headline, sum(needed.values(), ZERO))


def lines_of_demand(demand: Demand) -> list[DemandLine]:
    """The lines of a demand.csv that asks for no less: what trading leaves short, then net gain.

    Losses are netted band by band as in `trading_deficit`. Where trading asks for more than the
    headline does, the lines ask the headline for as much, since a line counts for both.
    """
    lines: list[DemandLine] = []
    for module, need in demand.headline.items():
        short = list(_short_losses(demand.changes, module))
        net_gain = need.deficit - sum((units for _, _, units in short), ZERO)
        lines += short
        lines += [(module, NET_GAIN, net_gain)] if net_gain > 0 else []
    return lines


def _short_losses(changes: Mapping[str, Decimal], module: Module) -> Iterator[DemandLine]:
    habitats, carried = load_habitats().by_label, ZERO
    for test in trading_tests(changes, module):
        for pool, lost in test.lost().items():
            answered = min(lost, carried) if test.rule.or_better else ZERO
            carried, short = carried - answered, lost - answered
            for label, change in changes.items():
                part = min(short, -change)
                if part > 0 and in_pool(habitats[label], test.rule, pool):
                    short -= part
                    yield module, label, part
        carried += sum(test.gained().values(), ZERO)


def _demand_lines(path: Path, faults: list[Fault]) -> Iterator[tuple[int, str, str, str]]:
    """Line number, module, habitat and units of every line."""
    table = read_csv(path, faults)
    if table is None:
        return
    if missing := [column for column in _COLUMNS if column not in table.columns]:
        message = f"has no column {', '.join(missing)}; found {', '.join(table.columns)}"
        faults.append(Fault(path.name, 1, message))
        return
    module, habitat, units = (table.columns.index(column) for column in _COLUMNS)
    for line, row in zip(table.lines, table.rows, strict=True):
        yield line, row[module], row[habitat], row[units]


def read_demand_line(module_name: str, habitat: str, units: str) -> DemandLine:
    """Module, label and units of one line. Raises ValueError with the fault in words."""
    if module_name.casefold() not in list(Module):
        raise ValueError(f"module “{module_name}”: expected one of {', '.join(Module)}")
    module, label = Module(module_name.casefold()), NET_GAIN
    if squeeze(habitat) != squeeze(NET_GAIN):
        try:
            label = load_habitats().find(habitat, module).label
        except KeyError:
            raise ValueError(
                f"habitat “{habitat}” is not among the {module} habitats of the statutory metric;"
                " expected an official name or “Net gain”"
            ) from None
    number = parse_number(units)
    if number is None or number < 0:
        found = f"“{units}”" if units else "blank"
        raise ValueError(f"units are {found}: expected units, 0 to {LARGEST:,}")
    return module, label, number
