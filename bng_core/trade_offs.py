"""What each preference costs, and which of them to give up where together they leave no answer."""

from decimal import ROUND_HALF_UP, Decimal
from itertools import combinations
from typing import Any

from bng_core.case import Case
from bng_core.preferences import NONE, Preferences
from bng_core.solve import Solution

PENNY = Decimal("0.01")
Json = dict[str, Any]


def price_preferences(case: Case, solution: Solution) -> list[Json]:
    """The price of every active preference, in GBP of the total.

    `alone_gbp` is what it adds to the free optimum by itself; `saved_gbp` what giving it up alone
    would save of the answer. Empty where no preference is active. Raises SolverFailed.
    """
    preferences = case.request.preferences
    names = list(preferences.active())
    free = case.solve(NONE) if names else None
    if free is None:
        return []
    free_gbp, answer_gbp = case.total_gbp(free), case.total_gbp(solution)
    priced = []
    for name in names:
        alone, without = case.solve(preferences.only(name)), case.solve(preferences.without(name))
        assert alone is not None, "what holds with more preferences holds with one"
        assert without is not None, "what holds with more preferences holds with fewer"
        priced.append(
            {
                "preference": name,
                "words": preferences.words(name),
                "alone_gbp": _pence(case.total_gbp(alone) - free_gbp),
                "saved_gbp": _pence(answer_gbp - case.total_gbp(without)),
                "proven": all(s.proven for s in (free, solution, alone, without)),
            }
        )
    return priced


def preference_reasons(case: Case) -> list[Json]:
    """Why there is no answer where the preferences alone stand in its way.

    One reason, with the smallest sets of preferences to loosen as remedies, each with its price.
    """
    preferences = case.request.preferences
    names = list(preferences.active())
    asked = "; ".join(preferences.words(name) for name in names)
    remedies = _more_banks(case, preferences)
    for size in range(1, len(names) + 1):
        for some in combinations(names, size):
            solution = case.solve(preferences.without(*some))
            remedies += [] if solution is None else [_give_up(case, some, solution)]
        if remedies:
            break
    return [
        {
            "lost": "",
            "band": "",
            "accepts": "",
            "rule": "your preferences",
            "preferences": names,
            "remedies": remedies,
            "message": f"The market can meet the demand, but not with: {asked}.",
        }
    ]


def _give_up(case: Case, names: tuple[str, ...], solution: Solution) -> Json:
    words = " and ".join(f"“{case.request.preferences.words(name)}”" for name in names)
    price = case.total_gbp(solution)
    return {
        "remedy": "give up a preference",
        "preferences": list(names),
        "price_gbp": _pence(price),
        "message": f"Give up {words}: £{price:,.2f}.",
    }


def _more_banks(case: Case, preferences: Preferences) -> list[Json]:
    """The smallest number of banks that has an answer with all other preferences."""
    if preferences.max_banks is None:
        return []
    unlimited = case.solve(preferences.without("max_banks"))
    if unlimited is None:
        return []
    most = len({offer.bank_id for offer, _ in unlimited.purchases})
    banks, solution = most, unlimited
    for allowed in range(preferences.max_banks + 1, most):
        limited = case.solve(preferences.with_banks(allowed))
        if limited is not None:
            banks, solution = allowed, limited
            break
    price = case.total_gbp(solution)
    return [
        {
            "remedy": "more banks",
            "banks": banks,
            "price_gbp": _pence(price),
            "message": f"Allow {banks} banks: £{price:,.2f}.",
        }
    ]


def _pence(amount: Decimal) -> float:
    return float(amount.quantize(PENNY, ROUND_HALF_UP))
