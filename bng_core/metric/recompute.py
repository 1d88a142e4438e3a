"""A development's results from its input cells alone: the whole tool, recomputed (§7)."""

from dataclasses import dataclass
from functools import cached_property

from bng_core.metric import layout
from bng_core.metric.cell_values import CellError, Value, number
from bng_core.metric.gain_sites import MESSAGE_MODULES, GainSite, gain_sites
from bng_core.metric.headline_cells import UnitResults, headline_cells, needs
from bng_core.metric.input_tables import Inputs
from bng_core.metric.records import Change, Figure, Headline
from bng_core.metric.tier_cells import tier_cells
from bng_core.metric.trading_cells import YES, Cells, TradingCells, trading_cells
from bng_core.metric.unit_totals import module_units, trading_changes
from bng_core.metric.units import Units, work_out
from bng_core.reference import load_habitats
from bng_core.terms import Distinctiveness, Module

PRINTED_FIGURES = (
    "baseline",
    "post",
    "net",
    "offsite_net_before_srm",
    "offsite_net_after_srm",
    "required",
    "deficit",
)


@dataclass(frozen=True)
class Recomputed:
    """Everything that follows from the input rows; cells by official address."""

    inputs: Inputs
    units: Units
    results: UnitResults
    gain_sites: list[GainSite]

    @cached_property
    def trading(self) -> TradingCells:
        """The cells of the three trading summaries."""
        return trading_cells(self.results.all_changes())

    @cached_property
    def headline_cells(self) -> Cells:
        """The cells of Headline Results."""
        return headline_cells(self.results, self.trading)

    @cached_property
    def tier_cells(self) -> Cells:
        """The cells of Unit shortfall calculations."""
        changes = self.results.all_changes()
        return tier_cells(changes, self.trading, needs(self.headline_cells))

    @cached_property
    def headline(self) -> dict[Module, Headline]:
        """The headline of each module, as the reader gives it."""
        return {module: self._headline(module) for module in Module}

    def _headline(self, module: Module) -> Headline:
        def figure(name: str) -> Figure:
            return self.headline_cells[layout.headline_cell(name, module)]

        post, before = figure("offsite_post_x_srm"), figure("offsite_baseline_x_srm")
        numbers = not isinstance(post, str) and not isinstance(before, str)
        return Headline(
            **{name: figure(name) for name in PRINTED_FIGURES},
            offsite_change_x_srm=float(post) - float(before) if numbers else float("nan"),
        )

    @cached_property
    def bands(self) -> dict[Module, dict[Distinctiveness, bool]]:
        """Per module and band, whether the trading rule is met."""
        return {
            module: {
                band: self.trading.by_module[module][cell] == YES
                for band, cell in layout.satisfied_cells(module).items()
            }
            for module in Module
        }

    @cached_property
    def changes(self) -> list[Change]:
        """The unit change of every trading row, before SRM."""
        return [
            Change(
                row.module,
                row.distinctiveness,
                row.habitat,
                (habitat := load_habitats().by_trading_name(row.module, row.habitat)).label,
                habitat.broad_habitat,
                on_site,
                off_site,
                number(
                    self.trading.by_module[row.module][
                        f"{layout.CHANGE_COLUMNS[row.module][2]}{row.row}"
                    ]
                ),
            )
            for row, (on_site, off_site) in self.results.all_changes().items()
        ]

    @cached_property
    def credits(self) -> dict[str, float | None]:
        """Units before doubling per statutory credit tier; None where the tool says ERROR."""
        figures = {tier: self.tier_cells[cell] for tier, cell in layout.TIER_CELLS.items()}
        return {tier: None if isinstance(f, str) else f for tier, f in figures.items()}


def recompute(inputs: Inputs, target: Value) -> Recomputed:
    """All results from the input rows and the net gain target (Start!F22)."""
    units = work_out(inputs)
    sites = gain_sites(units)
    results = UnitResults(
        target=_number(target),
        units={module: module_units(units, module) for module in Module},
        changes=trading_changes(units),
        losing_gain_site=any(site.loses for site in sites if site.module in MESSAGE_MODULES),
    )
    return Recomputed(inputs, units, results, sites)


def _number(target: Value) -> float:
    try:
        return number(target)
    except CellError:
        return 0.0
