"""Everything that can go wrong for a user, as one tree.

BngError
├── BadInput            what the user gave cannot be used; the command line exits with 2
│   ├── MetricError     a workbook
│   ├── MarketError     a market folder; carries every fault found
│   ├── DemandError     a demand.csv; carries every fault found
│   ├── PortfolioError  a portfolio folder; carries every fault found
│   ├── GainSiteError   a table of a gain site's parcels; carries every fault found
│   ├── OutOfStock      more units than a bank has free
│   ├── QuoteError      a quote that does not allow what is asked of it
│   ├── RegisterError   a file of the gain-site register; carries every fault found
│   └── UnknownPlace    an LPA, NCA or waterbody that is not in the tables
├── SolverFailed        the solver stopped without an answer
├── AuditFailed         an answer did not pass the independent check; never shown as an answer
├── StoreError          Postgres refuses, or there is no such row
│   └── StoreUnreachable  it does not answer; the same may be asked again later
├── CacheUnreachable    Redis cannot be reached by who would look after the cache
├── NotAllowed          the role of who asks does not allow it
├── SignInRefused       a login, password or key that is not in force
└── StackError          a local service cannot be started or stopped

A message is one clear sentence or two: what, where, expected against found, what to do next.
A demand that no bank can meet is not an error but an answer: status "infeasible" with its reasons.
"""

from dataclasses import dataclass
from typing import Any


class BngError(Exception):
    """Base of all errors whose text is written for users."""

    def to_json(self) -> dict[str, Any]:
        """What `--json` says of it."""
        return {"kind": type(self).__name__, "message": str(self)}


class BadInput(BngError):
    """Input that cannot be used; nothing was written."""


class MetricError(BadInput):
    """A file that is not a readable statutory metric workbook."""


@dataclass(frozen=True)
class Fault:
    """One fault in a table: file and line as the user counts them (the header is line 1).

    `column` is the heading of the column; empty where the fault is of no single one.
    """

    file: str
    line: int | None
    message: str
    column: str = ""

    def __str__(self) -> str:
        where = self.file if self.line is None else f"{self.file} line {self.line}"
        return f"{where}: {self.message}"


class FaultyTables(BadInput):
    """Tables with faults; all of them are reported at once."""

    def __init__(self, what: str, faults: list[Fault]) -> None:
        self.faults = faults
        count = f"{len(faults)} fault{'s' if len(faults) != 1 else ''}"
        super().__init__("\n".join([f"{what}: {count}.", *(f"  {fault}" for fault in faults)]))

    def to_json(self) -> dict[str, Any]:
        """The message, and each fault by its place."""
        listed = [
            {"file": f.file, "row": f.line, "column": f.column or None, "message": f.message}
            for f in self.faults
        ]
        return super().to_json() | {"faults": listed}


class MarketError(FaultyTables):
    """A market folder with faults."""


class DemandError(FaultyTables):
    """A demand.csv with faults."""


class PortfolioError(FaultyTables):
    """A portfolio folder with faults."""


class GainSiteError(FaultyTables):
    """A table of a gain site's parcels that cannot be used."""


class OutOfStock(BadInput):
    """More units are asked of a lot than are free; nothing was held."""


class QuoteError(BadInput):
    """A quote, a line or a customer that is not there or does not allow what is asked of it."""


class RegisterError(FaultyTables):
    """A file of the gain-site register that cannot be used."""


class UnknownPlace(BadInput):
    """A place name that is not in the geography tables."""


class SolverFailed(BngError):
    """The solver stopped without an answer it can vouch for."""


class AuditFailed(BngError):
    """An answer that the independent auditor refuses."""


class StoreError(BngError):
    """Postgres refuses what was asked, or cannot be reached."""


class StoreUnreachable(StoreError):
    """Postgres does not answer; whoever can wait may ask again."""


class CacheUnreachable(BngError):
    """Redis does not answer somebody who would look after the cache; runs go on without it."""


class NotAllowed(BngError):
    """Somebody asked for what their role does not allow; nothing was done."""


class SignInRefused(BngError):
    """A login, password or key that is not in force; the reason is not told apart."""


class StackError(BngError):
    """A local service cannot be started or stopped."""
