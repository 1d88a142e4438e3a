"""Which offers to buy for one development, at least cost.

Sets        o in offers, each of one habitat h(o) at one bank b(o);  m in modules
            r in trading rules;  p in pools of r: habitats that answer each other's losses under r
Data        price[o]   GBP per bought unit, before the spatial risk multiplier (SRM)
            stock[o]   units the bank can still sell, in whole lots;  srm[o] in (0, 1]
            lost[p]    units lost by a pool, before SRM, on-site gains of the pool already netted
            higher[r]  unit change of all habitats of higher distinctiveness, before SRM
            needed[m]  units that off-site gains must give module m, after SRM (§2.5)
Decision    x[o] >= 0  units bought, a whole number of lots
            t[p] >= 0  units of a pool's loss left to habitats of higher distinctiveness
            open[b] in {0, 1}  only where banks have a limit, a fee or a minimum

minimise    sum_o price[o] x[o] + sum_b fee open[b]
subject to  (same)        sum_{o in p} x[o] >= lost[p]                    rules that allow no other
            (better)      sum_{o in p} x[o] + t[p] >= lost[p]             rules that allow better
                          sum_p t[p] <= higher[r] + sum_{o above r} x[o]
            (headline)    sum_{o in m} srm[o] x[o] >= needed[m]           see HeadlineCase
            (stock)       x[o] <= stock[o]
            (banks)       x[o] <= stock[o] open[b(o)],  sum_b open[b] <= limit
                          sum_{o at b} x[o] >= minimum open[b]
            (wishes)      see Wishes
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_FLOOR, Decimal
from functools import partial
from itertools import product

from pulp import LpAffineExpression, LpMinimize, LpProblem, LpVariable, lpSum

from bng_core.demand import Demand, HeadlineNeed
from bng_core.offers import Offer
from bng_core.reference import TradingRule
from bng_core.terms import Module, Relation
from bng_core.trading import ZERO, TradingTest, in_pool, is_higher, trading_tests

FINEST_UNITS = Decimal("1e-9")
"""Units to which purchases without lots are rounded."""

SMALLEST_STEP = Decimal("0.0001")
"""Units; what "above 0" means where units are not sold in lots."""


@dataclass(frozen=True)
class HeadlineCase:
    """One way in which the tool may count a module's off-site units (§2.5, Headline Results!H32).

    The tool multiplies by SRM only where the off-site change before SRM is above 0. With off-site
    rows in the workbook whose change is 0 or less, purchases may leave it there (`counts_srm`
    False: x counts before SRM and is `at_most` what is missing to 0) or lift it above 0 (x is
    `more_than` that).
    """

    needed: Decimal
    counts_srm: bool = True
    more_than: Decimal | None = None
    at_most: Decimal | None = None


def headline_cases(need: HeadlineNeed) -> list[HeadlineCase]:
    """The cases of one module: one, unless the workbook's off-site change is 0 or less."""
    needed = need.needed - need.after_srm
    if need.before_srm > 0 or need.before_srm == need.after_srm == 0:
        return [HeadlineCase(needed)]
    lifted = HeadlineCase(needed, more_than=-need.before_srm)
    below = HeadlineCase(need.needed - need.before_srm, False, at_most=-need.before_srm)
    return [below, lifted]


@dataclass(frozen=True)
class BankTerms:
    """What makes it matter which banks are bought from, and not only what.

    `limit`: banks at most; `fee_gbp`: for every bank bought from; `minimum_units`: bought units
    below which a bank does not sell.
    """

    limit: int | None = None
    fee_gbp: Decimal = ZERO
    minimum_units: Decimal = ZERO

    @property
    def matter(self) -> bool:
        """Whether the model needs to know which banks are opened."""
        return self.limit is not None or self.fee_gbp > 0 or self.minimum_units > 0


ANY_BANKS = BankTerms()
"""It does not matter which banks sell."""


@dataclass(frozen=True)
class Wishes:
    """What a purchase must keep to beyond the law.

    `keep`: bought units by stock id that the purchase must hold. `make_up_in_kind`: what the SRM
    takes away from a loss is made up within what its trading rule accepts, not in any habitat.
    `local_share`: share of all bought units, 0 to 1, that must be local.
    """

    keep: Mapping[str, Decimal] = field(default_factory=dict)
    make_up_in_kind: bool = False
    local_share: Decimal = ZERO

    @property
    def tie_modules(self) -> bool:
        """Whether a row of the model spans the modules."""
        return self.local_share > 0


NO_WISHES = Wishes()


@dataclass(frozen=True)
class PurchaseTerms:
    """How units may be bought: the lot in units (0 for none), bank terms and wishes."""

    lot: Decimal = ZERO
    banks: BankTerms = ANY_BANKS
    wishes: Wishes = NO_WISHES


@dataclass(frozen=True)
class Program:
    """Everything the model needs for one case of the headline of every module."""

    offers: tuple[Offer, ...]
    tests: tuple[TradingTest, ...]
    headline: Mapping[Module, HeadlineCase]
    lot: Decimal = ZERO
    banks: BankTerms = ANY_BANKS
    wishes: Wishes = NO_WISHES

    def stock(self, offer: Offer) -> Decimal:
        """Units the bank can sell in whole lots."""
        if not self.lot:
            return offer.units_available
        lots = (offer.units_available / self.lot).to_integral_value(ROUND_DOWN)
        return lots * self.lot

    def next_step(self, units: Decimal) -> Decimal:
        """The smallest amount above the given units: the next lot, or the next 0.0001 units."""
        step = self.lot or SMALLEST_STEP
        return ((units / step).to_integral_value(ROUND_FLOOR) + 1) * step


def programs(demand: Demand, offers: tuple[Offer, ...], terms: PurchaseTerms) -> Iterator[Program]:
    """One program for each combination of headline cases; nearly always exactly one."""
    modules = demand.modules
    tests = tuple(test for m in modules for test in trading_tests(demand.changes, m))
    cases = [headline_cases(demand.headline[m]) for m in modules]
    for chosen in product(*cases):
        headline = dict(zip(modules, chosen, strict=True))
        yield Program(offers, tests, headline, terms.lot, terms.banks, terms.wishes)


Weight = Callable[[Offer], Decimal | int]


def _one(_: Offer) -> int:
    return 1


def _srm(offer: Offer) -> Decimal:
    return offer.srm


class Purchases:
    """The decision x[o], counted in lots (in units where the lot is 0).

    Rows are stated in lots too, so that their coefficients are exact in binary. `opened` is
    open[b] by bank id where banks have terms, else empty.
    """

    def __init__(self, problem: LpProblem, program: Program) -> None:
        self.program = program
        self.opened: dict[str, LpVariable] = {}
        self._variables = [
            problem.add_variable(
                f"x_{number:05d}",
                lowBound=0,
                upBound=self.amount(program.stock(offer)),
                cat="Integer" if program.lot else "Continuous",
            )
            for number, offer in enumerate(program.offers)
        ]

    def amount(self, units: Decimal) -> float:
        """Units in the measure of the rows: lots, or units where the lot is 0."""
        return float(units / self.program.lot) if self.program.lot else float(units)

    def at_least(self, units: Decimal) -> float:
        """What a sum of purchases must reach to reach the units: in lots, the next whole lot."""
        if not self.program.lot:
            return float(units)
        return float(((units - FINEST_UNITS) / self.program.lot).to_integral_value(ROUND_CEILING))

    def at_most(self, units: Decimal) -> float:
        """What a sum of purchases may reach without passing the units."""
        if not self.program.lot:
            return float(units)
        return float(((units + FINEST_UNITS) / self.program.lot).to_integral_value(ROUND_FLOOR))

    def items(self) -> Iterator[tuple[Offer, LpVariable]]:
        """Each offer with its variable."""
        return zip(self.program.offers, self._variables, strict=True)

    def total(
        self,
        chosen: Callable[[Offer], bool],
        weight: Weight = _one,
    ) -> LpAffineExpression:
        """Sum of weight[o] x[o] over the chosen offers."""
        return LpAffineExpression([(x, float(weight(o))) for o, x in self.items() if chosen(o)])

    def units(self) -> list[tuple[Offer, Decimal]]:
        """What the solution buys, in units; exact multiples of the lot."""
        bought = []
        for offer, variable in self.items():
            if self.program.lot:
                units = round(variable.varValue or 0) * self.program.lot
            else:
                units = Decimal(repr(variable.varValue or 0.0)).quantize(FINEST_UNITS)
            if units > 0:
                bought.append((offer, min(units, offer.units_available)))
        return bought


def build(program: Program) -> tuple[LpProblem, Purchases]:
    """The whole program as a PuLP problem."""
    problem = LpProblem("cheapest_lawful_purchase", LpMinimize)
    x = Purchases(problem, program)
    lot = program.lot or Decimal(1)
    problem += x.total(lambda _: True, lambda o: o.unit_price_gbp * lot), "cost_gbp"
    for number, test in enumerate(program.tests):
        if test.lost():
            add_trading(problem, x, test, f"trading_{number:02d}")
    for module, case in program.headline.items():
        add_headline(problem, x, module, case)
    if program.banks.matter and program.offers:
        add_bank_terms(problem, x, program.banks)
    add_wishes(problem, x)
    return problem, x


def add_wishes(problem: LpProblem, x: Purchases) -> None:
    """What the user wants beyond the law: purchases to keep, make-up in kind, local units."""
    program, wishes = x.program, x.program.wishes
    for number, (stock_id, units) in enumerate(sorted(wishes.keep.items())):
        kept = x.total(partial(_is_stock, stock_id))
        problem += kept >= x.amount(units), f"keep_{number:05d}"
    if wishes.make_up_in_kind:
        for number, test in enumerate(program.tests):
            if test.lost():
                add_trading(problem, x, test, f"in_kind_{number:02d}", _srm)
    if wishes.local_share > 0:
        bought = x.total(lambda _: True, lambda _: wishes.local_share)
        local = x.total(lambda o: o.relation is Relation.LOCAL)
        problem += local - bought >= 0, "local_share"


def add_trading(
    problem: LpProblem, x: Purchases, test: TradingTest, name: str, weight: Weight = _one
) -> None:
    """Each loss is answered by its own pool or, where the rule allows it, by better habitats.

    The law counts units before SRM, a weight of 1.
    """
    left = []
    for number, (pool, lost) in enumerate(test.lost().items()):
        answered = x.total(partial(_counts_in, test.rule, pool), weight)
        if test.rule.or_better:
            left.append(problem.add_variable(f"t_{name}_{number:02d}", lowBound=0))
            answered += left[-1]
        problem += answered >= x.amount(lost), f"{name}_pool_{number:02d}"
    if test.rule.or_better:
        better = x.total(lambda o: is_higher(o.habitat, test.rule), weight)
        problem += lpSum(left) - better <= x.amount(test.higher), f"{name}_better"


def _is_stock(stock_id: str, offer: Offer) -> bool:
    return offer.stock_id == stock_id


def _counts_in(rule: TradingRule, pool: str, offer: Offer) -> bool:
    return in_pool(offer.habitat, rule, pool)


def add_headline(problem: LpProblem, x: Purchases, module: Module, case: HeadlineCase) -> None:
    """Off-site units, after SRM where the tool applies it, reach what the module still needs."""
    bought = x.total(lambda o: o.habitat.module is module)
    counted = x.total(lambda o: o.habitat.module is module, _srm)
    if case.needed > 0 and case.counts_srm:
        problem += counted >= x.amount(case.needed), f"headline_{module}"
    elif case.needed > 0:
        problem += bought >= x.at_least(case.needed), f"headline_{module}"
    if case.more_than is not None:
        problem += bought >= x.amount(x.program.next_step(case.more_than)), f"lifted_{module}"
    if case.at_most is not None:
        problem += bought <= x.at_most(case.at_most), f"not_lifted_{module}"


def add_bank_terms(problem: LpProblem, x: Purchases, terms: BankTerms) -> None:
    """Nothing is bought at a bank that is not open; each open bank has its fee and its minimum."""
    opened = x.opened
    bought: dict[str, list[LpVariable]] = {}
    for number, (offer, variable) in enumerate(x.items()):
        bank = offer.bank_id
        if bank not in opened:
            opened[bank] = problem.add_variable(f"open_{len(opened):05d}", cat="Binary")
        bought.setdefault(bank, []).append(variable)
        problem += variable <= (variable.upBound or 0) * opened[bank], f"at_{number:05d}"
    if terms.limit is not None:
        problem += lpSum(opened.values()) <= terms.limit, "bank_limit"
    if terms.minimum_units:
        least = x.amount(terms.minimum_units)
        for number, (bank, variables) in enumerate(bought.items()):
            problem += lpSum(variables) >= least * opened[bank], f"minimum_{number:05d}"
    if terms.fee_gbp:
        problem.objective += float(terms.fee_gbp) * lpSum(opened.values())
