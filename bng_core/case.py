"""One development on one market with its prices: what every solve of it starts from."""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from bng_core.demand import Demand
from bng_core.free import extra_costs
from bng_core.market import Market, rows
from bng_core.model import ANY_BANKS, BankTerms, PurchaseTerms, Wishes, programs
from bng_core.offers import Offer, PriceTerms, Unpriced, price_offers
from bng_core.preferences import NO_CHARGES, NONE, Charges, Preferences
from bng_core.solve import Solution, cheapest
from bng_core.solver import Limits
from bng_core.terms import Basis, ContractSize, Geography, Place

DEFAULT_LOT = Decimal("0.01")


@dataclass(frozen=True)
class Request:
    """What the user asks for; `contract_size` None follows the units required (§2.10).

    `lot` is in bought units, 0 for none; `on_date` is the day whose prices hold.
    """

    place: Place
    on_date: date
    contract_size: ContractSize | None = None
    default_basis: Basis = Basis.BOUGHT
    lot: Decimal = DEFAULT_LOT
    preferences: Preferences = NONE
    charges: Charges = NO_CHARGES
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True)
class Case:
    """A demand, a market and a request, with the offers at this development's prices.

    `solved` holds what was solved before, as explaining an answer asks the same again.
    """

    demand: Demand
    market: Market
    request: Request
    contract_size: ContractSize
    offers: tuple[Offer, ...]
    unpriced: tuple[Unpriced, ...]
    solved: list[tuple[Preferences, Solution | None]] = field(
        default_factory=list, init=False, compare=False, repr=False
    )

    def solve(self, preferences: Preferences) -> Solution | None:
        """The cheapest lawful purchase under the given preferences; None where there is none.

        Raises SolverFailed.
        """
        for asked, solution in self.solved:
            if asked == preferences:
                return solution
        terms = purchase_terms(preferences, self.request.charges, self.request.lot)
        solution = cheapest(self.demand, self.allowed(preferences), terms, self.request.limits)
        self.solved.append((preferences, solution))
        return solution

    def extra_costs(self, preferences: Preferences) -> dict[Offer, float]:
        """GBP that a lot of each offer costs beyond the relaxed optimum, bank terms aside."""
        terms = purchase_terms(preferences, self.request.charges, self.request.lot)
        anywhere = replace(terms, banks=ANY_BANKS)
        program = next(programs(self.demand, self.allowed(preferences), anywhere))
        return extra_costs(program, self.request.limits)

    def without(self, stock_id: str) -> "Case":
        """The same case as if one stock row were not there."""
        return replace(self, offers=tuple(o for o in self.offers if o.stock_id != stock_id))

    def instead(self, offer: Offer) -> "Case":
        """The same case with one stock row, found by its id, changed."""
        others = (offer if o.stock_id == offer.stock_id else o for o in self.offers)
        return replace(self, offers=tuple(others))

    def allowed(self, preferences: Preferences) -> tuple[Offer, ...]:
        """The offers that the preferences do not rule out."""
        columns = rows(self.market.banks, "bank_id", "register_reference")
        registered = frozenset(bank_id for bank_id, reference in columns if reference)
        return tuple(offer for offer in self.offers if preferences.allows(offer, registered))

    def total_gbp(self, solution: Solution) -> Decimal:
        """Exact cost of a solution with all fees."""
        banks = len({offer.bank_id for offer, _ in solution.purchases})
        return solution.units_gbp + self.request.charges.fees_gbp(banks)


def make_case(
    demand: Demand, market: Market, request: Request, geography: Geography = Geography.LPA_NCA
) -> Case:
    """Price the market for a development: contract size, tiers, day, discount."""
    size = request.contract_size or demand.contract_size
    size = size.next if request.charges.next_size else size
    terms = PriceTerms(
        request.place,
        size,
        request.on_date,
        request.default_basis,
        request.charges.price_factor,
        geography,
    )
    offers, unpriced = price_offers(market, terms, set(demand.modules))
    return Case(demand, market, request, size, tuple(offers), tuple(unpriced))


def purchase_terms(preferences: Preferences, charges: Charges, lot: Decimal) -> PurchaseTerms:
    """The part of preferences and charges that the model must know."""
    return PurchaseTerms(
        lot,
        BankTerms(preferences.max_banks, charges.bank_fee_gbp, preferences.minimum_units),
        Wishes(preferences.keep, preferences.make_up_in_kind, preferences.local_share),
    )
