"""What is asked beside the file: plain values, as a form or a notebook has them."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import ClassVar

from bng_core import places
from bng_core.case import Request
from bng_core.errors import BadInput
from bng_core.preferences import Preferences
from bng_core.terms import Basis, ContractSize

AUTO = "auto"
SMALLEST_LOT, LARGEST_LOT = Decimal("0.0001"), Decimal(100)


@dataclass(frozen=True)
class Question:
    """The question; its fields are parameters of notebooks/optimise.ipynb.

    `on_date` is the day whose prices hold, as a date or as text; `max_banks` 0 is no limit;
    `contract_size` "auto" follows the units required (§2.10); `lot` "0" is none.
    """

    kind: ClassVar[str] = "optimise"

    lpa: str
    nca: str
    on_date: date | str
    waterbody: str = ""
    marine_plan_area: str = ""
    max_banks: int = 0
    contract_size: str = AUTO
    default_basis: str = Basis.BOUGHT
    lot: str = "0.01"

    def parameters(self) -> dict[str, str | int]:
        """Return the values in canonical names, so that equal questions are equal text.

        Raises BadInput, or UnknownPlace with the nearest names.
        """
        asked = self.request()
        return asdict(self) | {
            "lpa": asked.place.lpa,
            "nca": asked.place.nca,
            "on_date": asked.on_date.isoformat(),
            "waterbody": asked.place.waterbody_id or "",
            "marine_plan_area": asked.place.marine_plan_area or "",
            "contract_size": str(asked.contract_size or AUTO),
            "default_basis": str(asked.default_basis),
            "lot": f"{asked.lot.normalize():f}",
        }

    def request(self) -> Request:
        """Return the request to the optimiser. Raises as `parameters` does."""
        size = one_of("contract size", self.contract_size, [AUTO, *ContractSize])
        return Request(
            place=places.place(self.lpa, self.nca, self.waterbody, self.marine_plan_area),
            on_date=read_day(self.on_date),
            contract_size=None if size == AUTO else ContractSize(size),
            default_basis=Basis(one_of("price basis", self.default_basis, [*Basis])),
            lot=read_lot(self.lot),
            preferences=Preferences(max_banks=_whole_number(self.max_banks) or None),
        )


def read_day(given: date | str) -> date:
    """A day as a form or a notebook gives it. Raises BadInput."""
    try:
        return date.fromisoformat(str(given))
    except ValueError:
        raise BadInput(f"The day is {str(given)!r}; expected a date such as 2026-11-24.") from None


def _whole_number(value: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadInput(f"The limit of banks is {value!r}; expected 0 (no limit) or more.")
    return value


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
