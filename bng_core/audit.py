"""The independent check of an answer, in exact decimals; shares no code with the model (§2.8).

It takes the answer as the JSON of §4.3, looks everything up again in the market's tables, and
tests trading cell by cell as the official sheets do. What it needs to know of the question (place,
lot, day, basis, bank limit) stands in the answer's own checks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bng_core.audit_facts import TOLERANCE, ZERO, Json, Line, Risks, spatial_risks, trading_faults
from bng_core.audit_preferences import Kept, preference_faults
from bng_core.demand import Demand
from bng_core.errors import AuditFailed
from bng_core.market import Market
from bng_core.preferences import NO_CHARGES, NONE, Charges, Preferences
from bng_core.reference import load_habitats
from bng_core.terms import Place

PENNY = Decimal("0.01")
PRICE_TOLERANCE = Decimal("1e-6")
"""GBP; a price list may hold 17 digits, as spreadsheets write 4/3 of a price, JSON keeps fewer."""


@dataclass(frozen=True)
class Question:
    """What the answer was asked for, as far as a check needs it."""

    site: Place
    lot: Decimal
    on_date: date
    default_basis: str
    preferences: Preferences = NONE
    charges: Charges = NO_CHARGES


def audit(answer: Json, question: Question, demand: Demand, market: Market) -> Json:
    """Check every claim of an answer: {"passed": bool, "checks": [...]}."""
    lines = [Line.of(purchase) for purchase in answer["purchases"]]
    risks = spatial_risks(lines, question.site, market)
    checks = [
        _check("habitats", _habitat_faults(lines)),
        _check("stock", stock_faults(lines, market)),
        _check("lots", _lot_faults(lines, question.lot), lot=float(question.lot)),
        _check("spatial risk", _srm_faults(lines, risks), site=vars(question.site)),
        _check(
            "price",
            _price_faults(_Prices(answer, question, market, risks), lines),
            on_date=question.on_date.isoformat(),
            default_basis=str(question.default_basis),
            discount_percent=float(question.charges.discount_percent),
        ),
        _check(
            "sums",
            _sum_faults(lines, answer, question.charges),
            bank_fee_gbp=float(question.charges.bank_fee_gbp),
            quote_fee_gbp=float(question.charges.quote_fee_gbp),
        ),
        _check("trading", trading_faults(lines, demand)),
        _check("headline", _headline_faults(lines, demand)),
        _check(
            "preferences",
            preference_faults(Kept(lines, question.preferences, demand, risks), market),
            preferences=question.preferences.to_json(),
        ),
        _check("attribution", _attribution_faults(lines, answer)),
    ]
    return {"passed": all(check["passed"] for check in checks), "checks": checks}


def sign(answer: Json, question: Question, demand: Demand, market: Market) -> Json:
    """The answer with its passed audit. Raises AuditFailed where any check fails."""
    verdict = audit(answer, question, demand, market)
    if not verdict["passed"]:
        faults = [fault for check in verdict["checks"] for fault in check["faults"]]
        raise AuditFailed(f"The answer did not pass its audit: {'; '.join(faults)}.")
    return {**answer, "audit": verdict}


def question_of(answer: Json) -> Question:
    """The question as the answer recorded it. Raises KeyError where it did not."""
    checks = {check["check"]: check for check in answer["audit"]["checks"]}
    return Question(
        site=Place(**checks["spatial risk"]["site"]),
        lot=Decimal(str(checks["lots"]["lot"])),
        on_date=date.fromisoformat(checks["price"]["on_date"]),
        default_basis=checks["price"]["default_basis"],
        preferences=Preferences.of_json(checks["preferences"]["preferences"]),
        charges=Charges(
            bank_fee_gbp=Decimal(str(checks["sums"]["bank_fee_gbp"])),
            quote_fee_gbp=Decimal(str(checks["sums"]["quote_fee_gbp"])),
            discount_percent=Decimal(str(checks["price"]["discount_percent"])),
        ),
    )


def _check(name: str, faults: Iterable[str], **recorded: object) -> Json:
    found = list(faults)
    return {"check": name, "passed": not found, "faults": found, **recorded}


def _habitat_faults(lines: list[Line]) -> Iterable[str]:
    habitats = load_habitats().by_label
    for line in lines:
        if line.habitat not in habitats:
            yield f"{line.habitat} is not a habitat of the statutory metric"
        elif habitats[line.habitat].module != line.module:
            yield f"{line.habitat} belongs to {habitats[line.habitat].module}, not {line.module}"
        if line.units <= 0:
            yield f"{line.stock_id}: {line.units} units bought; expected more than 0"


def stock_faults(lines: list[Line], market: Market) -> Iterable[str]:
    """Stock sold that is not there, or twice; of one answer, or of many on the same stock."""
    wanted = market.stock["stock_id"].isin([line.stock_id for line in lines])
    stock = market.stock[wanted].set_index("stock_id").to_dict("index")
    sold: dict[str, Decimal] = {}
    for line in lines:
        row = stock.get(line.stock_id)
        if row is None:
            yield f"{line.stock_id} is not in stock.csv"
        elif (row["bank_id"], row["habitat"]) != (line.bank_id, line.habitat):
            yield f"{line.stock_id} is {row['habitat']} at {row['bank_id']}"
        sold[line.stock_id] = sold.get(line.stock_id, ZERO) + line.units
    for stock_id, units in sold.items():
        if stock_id in stock and units > Decimal(stock[stock_id]["units_available"]):
            yield f"{stock_id}: {units} units sold of {stock[stock_id]['units_available']}"


def _lot_faults(lines: list[Line], lot: Decimal) -> Iterable[str]:
    return (
        f"{line.stock_id}: {line.units} units are not whole lots of {lot}"
        for line in lines
        if lot and line.units % lot
    )


def _srm_faults(lines: list[Line], risks: Risks) -> Iterable[str]:
    for line in lines:
        risk = risks.get((line.bank_id, line.habitat))
        if risk and line.srm != risk.multiplier:
            yield f"{line.stock_id}: multiplier {line.srm}; expected {risk.multiplier}"
        if abs(line.units_after_srm - line.units * line.srm) > TOLERANCE:
            yield f"{line.stock_id}: {line.units_after_srm} units after SRM"


class _Prices:
    """The price list as it holds for one answer: its contract size, its banks, its day."""

    def __init__(self, answer: Json, question: Question, market: Market, risks: Risks) -> None:
        self.contract_size: str = answer["contract_size"]
        self._risks, self._default_basis = risks, question.default_basis
        self._discount = question.charges.discount_percent
        banks = [purchase["bank_id"] for purchase in answer["purchases"]]
        rows = market.prices
        rows = rows[rows["contract_size"].eq(self.contract_size) & rows["bank_id"].isin(banks)]
        day = str(question.on_date)
        self._rows = {
            (row["bank_id"], row["habitat"], row["tier"]): row
            for row in rows.to_dict("records")
            if row["valid_from"] <= day <= (row["valid_to"] or day)
        }

    def listed(self, line: Line) -> Decimal | None:
        """GBP per bought unit, the bank's own tier before any tier; None where there is none."""
        risk = self._risks.get((line.bank_id, line.habitat))
        for tier in (str(risk.relation), "any") if risk else ():
            row = self._rows.get((line.bank_id, line.habitat, tier))
            if row and risk:
                basis = row["basis"] or self._default_basis
                srm = risk.multiplier if basis == "effective" else Decimal(1)
                return Decimal(row["unit_price"]) * srm * (100 - self._discount) / 100
        return None


def _price_faults(prices: _Prices, lines: list[Line]) -> Iterable[str]:
    for line in lines:
        expected = prices.listed(line)
        if expected is None:
            yield f"{line.stock_id}: has no price for a {prices.contract_size} contract"
        elif abs(line.unit_price_gbp - expected) > PRICE_TOLERANCE:
            yield f"{line.stock_id}: {line.unit_price_gbp} GBP a unit; expected {expected}"
        if abs(line.cost_gbp - line.units * line.unit_price_gbp) >= PENNY:
            yield f"{line.stock_id}: costs {line.cost_gbp} GBP"


def _sum_faults(lines: list[Line], answer: Json, charges: Charges) -> Iterable[str]:
    cost = {name: Decimal(str(amount)) for name, amount in answer["cost"].items()}
    if cost["units_gbp"] != sum((line.cost_gbp for line in lines), ZERO):
        yield f"the lines do not add up to {cost['units_gbp']} GBP"
    exact = sum((line.units * line.unit_price_gbp for line in lines), ZERO)
    if abs(cost["units_gbp"] - exact) > PENNY / 2 + PRICE_TOLERANCE:
        yield f"{cost['units_gbp']} GBP for units; expected {exact:.2f}"
    banks = len({line.bank_id for line in lines})
    fees = charges.quote_fee_gbp + charges.bank_fee_gbp * banks if lines else ZERO
    if abs(cost["fees_gbp"] - fees) > PENNY / 2:
        yield f"{cost['fees_gbp']} GBP of fees; expected {fees:.2f}"
    if cost["total_gbp"] != cost["units_gbp"] + cost["fees_gbp"]:
        yield f"the total of {cost['total_gbp']} GBP is not units and fees"


def _headline_faults(lines: list[Line], demand: Demand) -> Iterable[str]:
    """Headline Results!H32: the multiplier applies only where the off-site change is above 0."""
    for module, need in demand.headline.items():
        bought = [line for line in lines if line.module == module]
        before = need.before_srm + sum((line.units for line in bought), ZERO)
        after = need.after_srm + sum((line.units * line.srm for line in bought), ZERO)
        given = after if before > 0 else before
        if given < need.needed - TOLERANCE:
            yield f"{module}: {given:f} units off site after SRM; {need.needed:f} needed"


def _attribution_faults(lines: list[Line], answer: Json) -> Iterable[str]:
    def sums(rows: Iterable[tuple[str, str, Decimal]]) -> Mapping[tuple[str, str], Decimal]:
        found: dict[tuple[str, str], Decimal] = {}
        for habitat, bank_id, units in rows:
            found[habitat, bank_id] = found.get((habitat, bank_id), ZERO) + units
        return found

    bought = sums((line.habitat, line.bank_id, line.units) for line in lines)
    told = sums(
        (row["supplied"], row["bank_id"], Decimal(str(row["units"])))
        for row in answer["attribution"]
    )
    for habitat, bank_id in bought.keys() | told.keys():
        difference = bought.get((habitat, bank_id), ZERO) - told.get((habitat, bank_id), ZERO)
        if abs(difference) > TOLERANCE:
            yield f"{habitat} at {bank_id}: {difference:f} units bought but not attributed"
