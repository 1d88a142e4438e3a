"""What a user wants beyond the cheapest lawful purchase, and what is charged (§2.9, §3)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from typing import Any

from bng_core.offers import Offer
from bng_core.terms import Relation

ZERO = Decimal(0)
Json = dict[str, Any]

_AMOUNT: Json = {"type": "number", "minimum": 0, "maximum": 1e6}
_SHARE: Json = {"type": "number", "minimum": 0, "maximum": 1}
_IDS: Json = {"type": "array", "items": {"type": "string"}}


def _options(**fields: Json) -> Json:
    return {"type": "object", "properties": fields, "additionalProperties": False}


PREFERENCES_SCHEMA = _options(
    max_banks={"type": "integer", "minimum": 1},
    only_banks=_IDS,
    never_banks=_IDS,
    keep={"type": "object", "additionalProperties": _AMOUNT},
    nearest={"enum": [str(relation) for relation in Relation]},
    registered_only={"type": "boolean"},
    minimum_units=_AMOUNT,
    make_up_in_kind={"type": "boolean"},
    local_share=_SHARE,
)
"""The JSON of `Preferences`, every one optional."""

CHARGES_SCHEMA = _options(
    bank_fee_gbp=_AMOUNT,
    quote_fee_gbp=_AMOUNT,
    discount_percent={"type": "number", "minimum": 0, "maximum": 99},
)
"""The JSON of `Charges` but the size, every one optional."""


@dataclass(frozen=True)
class Preferences:
    """Each is off by default; `active` names those that are on.

    `max_banks`: banks at most. `only_banks`, `never_banks`: bank ids. `keep`: bought units by
    stock id that the purchase must hold, as of an earlier quote. `nearest`: the farthest relation
    allowed.
    `registered_only`: banks with a register reference. `minimum_units`: bought units below which
    nothing is bought at a bank. `make_up_in_kind`: no make-up of the spatial risk multiplier in
    another habitat than the loss accepts. `local_share`: share of bought units, 0 to 1.
    """

    max_banks: int | None = None
    only_banks: frozenset[str] = frozenset()
    never_banks: frozenset[str] = frozenset()
    keep: Mapping[str, Decimal] = field(default_factory=dict)
    nearest: Relation | None = None
    registered_only: bool = False
    minimum_units: Decimal = ZERO
    make_up_in_kind: bool = False
    local_share: Decimal = ZERO

    def active(self) -> Iterator[str]:
        """Names of the preferences that are on, in a fixed order."""
        return (f.name for f in fields(self) if getattr(self, f.name) != getattr(NONE, f.name))

    def only(self, *names: str) -> "Preferences":
        """The same preferences with all but the named ones off."""
        return replace(NONE, **{name: getattr(self, name) for name in names})

    def without(self, *names: str) -> "Preferences":
        """The same preferences with the named ones off."""
        return self.only(*(name for name in self.active() if name not in names))

    def with_banks(self, limit: int) -> "Preferences":
        """The same preferences with another limit of banks."""
        return replace(self, max_banks=limit)

    def allows(self, offer: Offer, registered: frozenset[str]) -> bool:
        """Whether an offer may be bought at all."""
        return (
            (not self.only_banks or offer.bank_id in self.only_banks)
            and offer.bank_id not in self.never_banks
            and (self.nearest is None or offer.relation in _up_to(self.nearest))
            and (not self.registered_only or offer.bank_id in registered)
        )

    def words(self, name: str) -> str:
        """One active preference in the user's words."""
        value = getattr(self, name)
        return {
            "max_banks": f"at most {value} bank{'s' * (value != 1)}",
            "only_banks": f"only from {_list(self.only_banks)}",
            "never_banks": f"nothing from {_list(self.never_banks)}",
            "keep": f"keep {len(self.keep)} purchase{'s' * (len(self.keep) != 1)}",
            "nearest": "local banks only"
            if value is Relation.LOCAL
            else "local and adjacent banks only",
            "registered_only": "registered gain sites only",
            "minimum_units": f"at least {value} units from each bank",
            "make_up_in_kind": "no make-up in another habitat",
            "local_share": f"at least {self.local_share:.0%} of the units local",
        }[name]

    def to_json(self) -> Json:
        """The active preferences as plain values."""
        return {name: _plain(getattr(self, name)) for name in self.active()}

    @classmethod
    def of_json(cls, given: Json) -> "Preferences":
        """Preferences back from plain values. Raises KeyError, TypeError, ValueError."""
        read: dict[str, Any] = {
            "max_banks": int,
            "only_banks": frozenset,
            "never_banks": frozenset,
            "keep": lambda kept: {stock: Decimal(str(units)) for stock, units in kept.items()},
            "nearest": Relation,
            "registered_only": bool,
            "minimum_units": lambda units: Decimal(str(units)),
            "make_up_in_kind": bool,
            "local_share": lambda share: Decimal(str(share)),
        }
        return cls(**{name: read[name](value) for name, value in given.items()})


@dataclass(frozen=True)
class Charges:
    """What is charged beside the list price: fees in GBP, and a discount on units (not on fees).

    `next_size` prices the units by the next larger contract size.
    """

    bank_fee_gbp: Decimal = ZERO
    quote_fee_gbp: Decimal = ZERO
    discount_percent: Decimal = ZERO
    next_size: bool = False

    def to_json(self) -> Json:
        """The fees and the discount, where there are any, as plain values."""
        given = {name: getattr(self, name) for name in CHARGES_SCHEMA["properties"]}
        return {name: float(amount) for name, amount in given.items() if amount}

    @classmethod
    def of_json(cls, given: Json, *, next_size: bool = False) -> "Charges":
        """Fees and discount back from plain values. Raises TypeError, ValueError."""
        amounts = {name: Decimal(str(amount)) for name, amount in given.items()}
        return cls(**amounts, next_size=next_size)

    def fees_gbp(self, banks: int) -> Decimal:
        """Fees of a quote that buys from so many banks; none where nothing is bought."""
        return self.quote_fee_gbp + self.bank_fee_gbp * banks if banks else ZERO

    @property
    def price_factor(self) -> Decimal:
        """What a list price is multiplied by."""
        return 1 - self.discount_percent / 100


NONE = Preferences()
NO_CHARGES = Charges()


def _up_to(farthest: Relation) -> list[Relation]:
    relations = list(Relation)
    return relations[: relations.index(farthest) + 1]


def _list(banks: frozenset[str]) -> str:
    return ", ".join(sorted(banks))


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, Mapping):
        return {key: float(units) for key, units in sorted(value.items())}
    return float(value) if isinstance(value, Decimal) else value
