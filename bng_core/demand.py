"""What one development must buy: for trading, and for the headline (§2.4, §2.5)."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from bng_core.errors import DemandError, Fault, MetricError
from bng_core.metric.results import Headline, Metric, read_metric
from bng_core.reference import load_contract_sizes, load_habitats
from bng_core.terms import NET_GAIN, ContractSize, Module
from bng_core.trading import ZERO, trading_tests


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
            if need.deficit > 0
            or any(test.deficit() > 0 for test in trading_tests(self.changes, module))
        ]

    @property
    def contract_size(self) -> ContractSize:
        """The contract size that the units required fall into (§2.10)."""
        for size, below_units in load_contract_sizes():
            if below_units is None or self.units_required < below_units:
                return size
        raise AssertionError("the last contract size has no upper bound")


def demand_of_file(path: Path) -> Demand:
    """The demand of a metric workbook or of a demand.csv, told apart by the file's ending.

    Raises MetricError or DemandError.
    """
    if path.suffix.casefold() == ".csv":
        return read_demand(path)
    return demand_of_metric(read_metric(path, path.name))


def demand_of_metric(metric: Metric) -> Demand:
    """The demand of a workbook.

    Raises MetricError where the workbook carries a finding that stops a quote.
    """
    for finding in metric.findings:
        if finding.severity == "stops a quote":
            raise MetricError(f"{finding.message} {finding.remedy}")
    changes = {change.label: _exact(change.project) for change in metric.changes if change.project}
    headline = {module: _headline_need(h) for module, h in metric.headline.items()}
    required = sum(
        (_units_required(changes, module, need) for module, need in headline.items()), ZERO
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


def _units_required(changes: Mapping[str, Decimal], module: Module, need: HeadlineNeed) -> Decimal:
    """The larger of the headline deficit and the sum of the trading losses (§2.10)."""
    losses = sum((test.deficit() for test in trading_tests(changes, module)), ZERO)
    return max(need.deficit, losses)


def read_demand(path: Path) -> Demand:
    """The demand of a demand.csv: module, habitat, units (§4.2).

    Raises DemandError with every fault.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            rows = [(reader.line_num, row) for row in reader]
            header = [str(name).strip() for name in reader.fieldnames or []]
    except OSError as error:
        fault = Fault(path.name, None, f"cannot be opened: {error.strerror}")
        raise DemandError("The demand cannot be read", [fault]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        fault = Fault(path.name, None, f"is not a readable CSV UTF-8 table: {error}")
        raise DemandError("The demand cannot be read", [fault]) from error
    if header != ["module", "habitat", "units"]:
        message = f"expected the columns module, habitat, units; found {', '.join(header)}"
        raise DemandError("The demand cannot be used", [Fault(path.name, 1, message)])
    return _demand_of_rows(path.name, rows)


def _demand_of_rows(file: str, rows: list[tuple[int, dict[str, str]]]) -> Demand:
    faults: list[Fault] = []
    changes: dict[str, Decimal] = {}
    needed: dict[Module, Decimal] = {}
    net_gain: dict[Module, Decimal] = {}
    for line, row in rows:
        if not any((value or "").strip() for key, value in row.items() if key is not None):
            continue
        try:
            module, label, units = _demand_line(row)
        except ValueError as error:
            faults.append(Fault(file, line, str(error)))
            continue
        needed[module] = needed.get(module, ZERO) + units
        if label == NET_GAIN:
            net_gain[module] = net_gain.get(module, ZERO) + units
        else:
            changes[label] = changes.get(label, ZERO) - units
    if not rows or (not needed and not faults):
        faults.append(Fault(file, None, "has no lines; give at least one loss or “Net gain”"))
    if faults:
        raise DemandError(f"The demand in {file} cannot be used", faults)
    headline = {
        module: HeadlineNeed(units, net_gain=net_gain.get(module, ZERO))
        for module, units in needed.items()
    }
    return Demand(changes, headline, sum(needed.values(), ZERO))


def _demand_line(row: dict[str, str]) -> tuple[Module, str, Decimal]:
    """Module, label and units of one line. Raises ValueError with the fault in words."""
    cells = {key: (value or "").strip() for key, value in row.items() if isinstance(value, str)}
    if None in row or len(cells) < 3:
        raise ValueError(f"expected 3 values; found {len(cells)}{' or more' * (None in row)}")
    module_name = cells["module"].casefold()
    if module_name not in list(Module):
        raise ValueError(f"module “{cells['module']}”: expected one of {', '.join(Module)}")
    module, label = Module(module_name), NET_GAIN
    if cells["habitat"].casefold() != NET_GAIN.casefold():
        try:
            label = load_habitats().find(cells["habitat"], module).label
        except KeyError:
            raise ValueError(
                f"habitat “{cells['habitat']}” is not a {module} habitat of the statutory metric;"
                " expected an official name or “Net gain”"
            ) from None
    return module, label, _positive(cells["units"])


def _positive(text: str) -> Decimal:
    try:
        units = Decimal(text)
    except InvalidOperation:
        units = Decimal("NaN")
    if not units.is_finite() or units < 0:
        raise ValueError(f"units are {f'“{text}”' if text else 'blank'}: expected 0 or more")
    return units
