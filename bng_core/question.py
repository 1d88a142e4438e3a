"""What is asked beside the file: plain values, as a form or a notebook has them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from jsonschema import Draft202012Validator

from bng_core import places
from bng_core.case import Request
from bng_core.errors import BadInput
from bng_core.metric import Source
from bng_core.preferences import CHARGES_SCHEMA, PREFERENCES_SCHEMA, Charges, Preferences
from bng_core.solver import Limits
from bng_core.terms import AUTO, NEXT, Basis, ContractSize

LONGEST_S = 3600.0
"""Seconds that a solver may be given; a run has its own time-out beyond."""

Json = dict[str, Any]
SMALLEST_LOT, LARGEST_LOT = Decimal("0.0001"), Decimal(100)


@dataclass(frozen=True)
class Question:
    """The question; its fields are parameters of notebooks/optimise.ipynb.

    `on_date` is the day whose prices hold, as a date or as text; `contract_size` "auto" follows the
    units required (§2.10), "next" is the next larger one; `lot` "0" is none. `preferences` and
    `charges` are the plain values of Preferences and Charges. `use` says whose figures of a
    workbook count where saved and recomputed ones differ (§7.7). After `time_limit_s` seconds the
    solver gives the best purchase that it has, not proven, with its gap.
    """

    kind: ClassVar[str] = "optimise"

    lpa: str
    nca: str
    on_date: date | str
    waterbody: str = ""
    marine_plan_area: str = ""
    contract_size: str = AUTO
    default_basis: str = Basis.BOUGHT
    lot: str = "0.01"
    preferences: Mapping[str, Any] = field(default_factory=dict)
    charges: Mapping[str, Any] = field(default_factory=dict)
    time_limit_s: float = Limits.time_limit_s
    use: str = ""

    def parameters(self) -> Json:
        """Return the values in canonical names, so that equal questions are equal text.

        Raises BadInput, or UnknownPlace with the nearest names.
        """
        asked = self.request()
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        return given | {
            "lpa": asked.place.lpa,
            "nca": asked.place.nca,
            "on_date": asked.on_date.isoformat(),
            "waterbody": asked.place.waterbody_id or "",
            "marine_plan_area": asked.place.marine_plan_area or "",
            "contract_size": self.contract_size,
            "default_basis": str(asked.default_basis),
            "lot": f"{asked.lot.normalize():f}",
            "preferences": asked.preferences.to_json(),
            "charges": asked.charges.to_json(),
            "time_limit_s": asked.limits.time_limit_s,
            "use": one_of("choice of figures", self.use, ["", *Source]),
        }

    def request(self) -> Request:
        """Return the request to the optimiser. Raises as `parameters` does."""
        size = one_of("contract size", self.contract_size, [AUTO, NEXT, *ContractSize])
        return Request(
            place=places.place(self.lpa, self.nca, self.waterbody, self.marine_plan_area),
            on_date=read_day(self.on_date),
            contract_size=ContractSize(size) if size in list(ContractSize) else None,
            default_basis=Basis(one_of("price basis", self.default_basis, [*Basis])),
            lot=read_lot(self.lot),
            preferences=Preferences.of_json(_checked("preferences", self.preferences)),
            charges=Charges.of_json(_checked("charges", self.charges), next_size=size == NEXT),
            limits=Limits(time_limit_s=_read_seconds(self.time_limit_s)),
        )


@dataclass(frozen=True)
class ExploreQuestion(Question):
    """The same question, asked for what stands around its answer (notebooks/explore.ipynb)."""

    kind: ClassVar[str] = "explore"


def read_day(given: date | str) -> date:
    """A day as a form or a notebook gives it. Raises BadInput."""
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        raise BadInput(f"The day is {str(given)!r}; expected a date such as 2026-11-24.") from None


_SCHEMAS = {"preferences": PREFERENCES_SCHEMA, "charges": CHARGES_SCHEMA}


def _checked(what: str, given: Mapping[str, Any]) -> Json:
    """Plain values that are of the schema. Raises BadInput with the first that is not."""
    try:
        plain: Json = json.loads(json.dumps(given, allow_nan=False))
    except (TypeError, ValueError):
        raise BadInput(f"The {what} are wrong: a value is no number and no text.") from None
    fault = next(iter(Draft202012Validator(_SCHEMAS[what]).iter_errors(plain)), None)
    if fault is None:
        return plain
    place = ".".join(str(part) for part in fault.absolute_path)
    raise BadInput(f"The {what} are wrong{place and f' at {place}'}: {fault.message}.")


def _read_seconds(given: float) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= LONGEST_S:
        raise BadInput(f"The time limit is {given!r}; expected seconds up to {LONGEST_S:.0f}.")
    return float(given)


def one_of(what: str, value: str, allowed: list[str]) -> str:
    """One of the words allowed. Raises BadInput."""
    if value not in allowed:
        raise BadInput(f"The {what} is {value!r}; expected one of {', '.join(allowed)}.")
    return value


def read_lot(text: str) -> Decimal:
    """The step of units as text, "0" for none. Raises BadInput."""
    try:
        lot = Decimal(text)
    except InvalidOperation:
        lot = Decimal("NaN")
    if not lot.is_finite() or not (lot == 0 or SMALLEST_LOT <= lot <= LARGEST_LOT):
        raise BadInput(f"The lot is {text!r}; expected 0 for none, or 0.0001 to 100 units.")
    return lot
