"""What is asked of a portfolio: plain values, as a form or a notebook has them."""

from dataclasses import asdict, dataclass
from datetime import date
from typing import ClassVar

from bng_core.portfolio.joint import Terms
from bng_core.question import one_of, read_day, read_lot
from bng_core.terms import Basis


@dataclass(frozen=True)
class PortfolioQuestion:
    """The question; its fields are parameters of notebooks/portfolio.ipynb.

    `on_date` is the day of developments without a date of their own; `lot` "0" is none.
    """

    kind: ClassVar[str] = "portfolio"

    on_date: date | str
    default_basis: str = Basis.BOUGHT
    lot: str = "0.01"

    def parameters(self) -> dict[str, str | int]:
        """Return the values in canonical form, so that equal questions are equal text.

        Raises BadInput.
        """
        terms = self.terms()
        return asdict(self) | {
            "on_date": self.day().isoformat(),
            "default_basis": str(terms.default_basis),
            "lot": f"{terms.lot.normalize():f}",
        }

    def day(self) -> date:
        """The day of developments without a date. Raises BadInput."""
        return read_day(self.on_date)

    def terms(self) -> Terms:
        """How units are bought. Raises BadInput."""
        basis = Basis(one_of("price basis", self.default_basis, [*Basis]))
        return Terms(read_lot(self.lot), basis)
