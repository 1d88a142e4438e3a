"""The command line's options of what is asked: place, preferences, charges -> a Request."""

import argparse
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from bng_core.terms import AUTO, NEXT, Basis, ContractSize, Relation

if TYPE_CHECKING:
    from bng_core.case import Request
    from bng_core.metric import Source


def add_place(command: argparse.ArgumentParser, *, required: bool) -> None:
    """Where the development lies."""
    place = command.add_argument_group("place of the development")
    place.add_argument("--lpa", required=required, help="local planning authority")
    place.add_argument("--nca", required=required, help="national character area")
    place.add_argument("--waterbody", metavar="ID", help="WFD waterbody, for watercourses")
    place.add_argument("--marine-plan-area", metavar="NAME", help="for intertidal habitats")


def add_use(command: argparse.ArgumentParser) -> None:
    """Whose figures of a workbook count."""
    command.add_argument(
        "--use", choices=["workbook", "recomputed"],
        help="whose figures count where the saved ones are not those of the input rows",
    )  # fmt: skip


def use_of(options: argparse.Namespace) -> "Source | None":
    """Whose figures count; None where nobody said."""
    from bng_core.metric import Source

    return None if options.use is None else Source(options.use)


def add_off_site_workbook(command: argparse.ArgumentParser) -> None:
    """Where the purchases go as rows of the metric."""
    command.add_argument(
        "--offsite-workbook", type=Path, metavar="OUT.xlsx",
        help="write the purchases as off-site rows of the metric",
    )  # fmt: skip


def add_request(command: argparse.ArgumentParser) -> None:
    """Everything that a Request holds beside the place."""
    price = command.add_argument_group("prices")
    price.add_argument(
        "--contract-size", choices=[AUTO, NEXT, *ContractSize], default=AUTO,
        help="auto follows the units required; next is the next larger size",
    )  # fmt: skip
    price.add_argument(
        "--basis", type=Basis, choices=list(Basis), default=Basis.BOUGHT,
        help="of prices whose list does not say",
    )  # fmt: skip
    price.add_argument("--date", type=_day, metavar="YYYY-MM-DD", help="day whose prices hold")
    price.add_argument("--bank-fee", type=_gbp, default=_ZERO, metavar="GBP", help="a bank")
    price.add_argument("--quote-fee", type=_gbp, default=_ZERO, metavar="GBP", help="a quote")
    price.add_argument(
        "--discount", type=_percent, default=_ZERO, metavar="PERCENT", help="off units, not fees"
    )
    wish = command.add_argument_group("preferences, each priced against the free optimum")
    wish.add_argument("--max-banks", type=_whole, metavar="N", help="buy at N banks at most")
    wish.add_argument("--only-banks", type=_ids, default=frozenset(), metavar="ID,ID")
    wish.add_argument("--never-banks", type=_ids, default=frozenset(), metavar="ID,ID")
    wish.add_argument("--nearest", type=Relation, choices=[Relation.LOCAL, Relation.ADJACENT])
    wish.add_argument("--registered-only", action="store_true", help="registered gain sites")
    wish.add_argument("--min-per-bank", type=_units, default=_ZERO, metavar="UNITS")
    wish.add_argument("--local-share", type=_share, default=_ZERO, metavar="SHARE", help="0 to 1")
    wish.add_argument(
        "--make-up-in-kind", action="store_true", help="no make-up in another habitat"
    )
    wish.add_argument("--keep", type=Path, metavar="RESULT.json", help="keep these purchases")
    solve = command.add_argument_group("solving")
    solve.add_argument("--lot", type=_lot, default=Decimal("0.01"), help="step of units; 0 = none")
    solve.add_argument("--solver", choices=["highs", "cbc"], default="highs")
    solve.add_argument("--time-limit", type=_seconds, default=120.0, metavar="SECONDS")


def add_portfolio_terms(command: argparse.ArgumentParser) -> None:
    """What holds for every development of a portfolio."""
    command.add_argument("--basis", type=Basis, choices=list(Basis), default=Basis.BOUGHT)
    command.add_argument(
        "--date", type=_day, metavar="YYYY-MM-DD", help="day of developments without on_date"
    )
    command.add_argument("--lot", type=_lot, default=Decimal("0.01"), help="0 = none")
    command.add_argument("--time-limit", type=_seconds, default=120.0, metavar="SECONDS")


def request_of(options: argparse.Namespace) -> "Request":
    """The request that the options make. Raises UnknownPlace or BadInput."""
    from bng_core.answer import read_answer
    from bng_core.case import Request
    from bng_core.places import place
    from bng_core.preferences import Charges, Preferences
    from bng_core.solver import Limits, Solver

    kept = read_answer(options.keep)[0]["purchases"] if options.keep else []
    size = options.contract_size
    return Request(
        place=place(options.lpa, options.nca, options.waterbody, options.marine_plan_area),
        on_date=options.date or date.today(),
        contract_size=ContractSize(size) if size in list(ContractSize) else None,
        default_basis=options.basis,
        lot=options.lot,
        preferences=Preferences(
            max_banks=options.max_banks,
            only_banks=options.only_banks,
            never_banks=options.never_banks,
            keep={row["stock_id"]: Decimal(str(row["units"])) for row in kept},
            nearest=options.nearest,
            registered_only=options.registered_only,
            minimum_units=options.min_per_bank,
            make_up_in_kind=options.make_up_in_kind,
            local_share=options.local_share,
        ),
        charges=Charges(options.bank_fee, options.quote_fee, options.discount, size == NEXT),
        limits=Limits(Solver(options.solver), options.time_limit),
    )


_ZERO = Decimal(0)


def _number(text: str, what: str, least: Decimal, most: Decimal) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or not least <= number <= most:
        raise argparse.ArgumentTypeError(f"“{text}” is not {what}: expected {least} to {most}")
    return number


def _gbp(text: str) -> Decimal:
    return _number(text, "an amount in GBP", _ZERO, Decimal(1_000_000))


def _percent(text: str) -> Decimal:
    return _number(text, "a percentage", _ZERO, Decimal(99))


def _units(text: str) -> Decimal:
    return _number(text, "a number of units", _ZERO, Decimal(10_000))


def _share(text: str) -> Decimal:
    return _number(text, "a share", _ZERO, Decimal(1))


def _lot(text: str) -> Decimal:
    lot = _number(text, "a lot", _ZERO, Decimal(100))
    if 0 < lot < Decimal("0.0001"):
        raise argparse.ArgumentTypeError(
            f"“{text}” is not a lot: expected 0, or 0.0001 to 100 units"
        )
    return lot


def _seconds(text: str) -> float:
    return float(_number(text, "a number of seconds", Decimal("0.001"), Decimal(1_000_000)))


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"“{text}” is not a whole number of 1 or more")
    return int(text)


def _ids(text: str) -> frozenset[str]:
    ids = frozenset(bank.strip() for bank in text.split(",") if bank.strip())
    if not ids:
        raise argparse.ArgumentTypeError("no bank ids given: expected a list such as B1,B2")
    return ids


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"“{text}” is not a date such as 2026-11-24") from None
