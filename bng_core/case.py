"""One development on one market with its prices: what every solve of it starts from."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from bng_core.demand import Demand
from bng_core.market import Market, rows
from bng_core.model import BankTerms, PurchaseTerms, Wishes
from bng_core.offers import Offer, PriceTerms, Unpriced, price_offers
from bng_core.preferences import NO_CHARGES, NONE, Charges, Preferences
from bng_core.solve import Solution, cheapest
from bng_core.solver import Limits
from bng_core.terms import Basis, ContractSize, Place

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
    """A demand, a market and a request, with the offers at this development's prices."""

    demand: Demand
    market: Market
    request: Request
    contract_size: ContractSize
    offers: tuple[Offer, ...]
    unpriced: tuple[Unpriced, ...]

    def solve(self, preferences: Preferences) -> Solution | None:
        """The cheapest lawful purchase under the given preferences; None where there is none.

        Raises SolverFailed.
        """
        terms = purchase_terms(preferences, self.request.charges, self.request.lot)
        return cheapest(self.demand, self.allowed(preferences), terms, self.request.limits)

    def allowed(self, preferences: Preferences) -> tuple[Offer, ...]:
        """The offers that the preferences do not rule out."""
        columns = rows(self.market.banks, "bank_id", "register_reference")
        registered = frozenset(bank_id for bank_id, reference in columns if reference)
        return tuple(offer for offer in self.offers if preferences.allows(offer, registered))

    def total_gbp(self, solution: Solution) -> Decimal:
        """Exact cost of a solution with all fees."""
        banks = len({offer.bank_id for offer, _ in solution.purchases})
        return solution.units_gbp + self.request.charges.fees_gbp(banks)


def make_case(demand: Demand, market: Market, request: Request) -> Case:
    """Price the market for a development: contract size, tiers, day, discount."""
    size = request.contract_size or demand.contract_size
    size = size.next if request.charges.next_size else size
    terms = PriceTerms(
        request.place, size, request.on_date, request.default_basis, request.charges.price_factor
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
