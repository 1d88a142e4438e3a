"""What the visitor wants beyond the cheapest lawful purchase; all of it optional."""

from collections.abc import Iterable, Mapping
from typing import Any

import ipywidgets as widgets

from bng_core.terms import AUTO, NEXT, ContractSize, Relation
from dashboards.ui.fields import field

MOST_BANKS = [("No limit", 0), *((str(n), n) for n in range(1, 21))]
NEAREST = [
    ("Anywhere in England", ""),
    ("Local and adjacent banks only", str(Relation.ADJACENT)),
    ("Local banks only", str(Relation.LOCAL)),
]
LOCAL_SHARES = [("No minimum", 0.0), *((f"{n} %", n / 100) for n in (25, 50, 75, 90, 100))]
SIZES = [
    ("By the units required", AUTO),
    ("The next larger size", NEXT),
    *((str(size).capitalize(), str(size)) for size in ContractSize),
]


class PreferencesForm:
    """The controls, and what they say as the plain values of a Question."""

    def __init__(self) -> None:
        self._most_banks = _choice("Most banks to buy from", MOST_BANKS)
        self._nearest = _choice("Where the banks may be", NEAREST)
        self._local_share = _choice("Share of the units from local banks", LOCAL_SHARES)
        self._least = widgets.BoundedFloatText(
            description="Fewest units from each bank", min=0, max=1000, step=0.1
        )
        self._registered = _tick("Only banks on the register of gain sites")
        self._in_kind = _tick("No make-up in another habitat")
        self._only = widgets.Text(description="Only these banks")
        self._never = widgets.Text(description="Never these banks")
        self._size = _choice("Contract size", SIZES)
        self._controls: list[Any] = [
            self._most_banks, self._nearest, self._local_share, self._least,
            self._registered, self._in_kind, self._only, self._never, self._size,
        ]  # fmt: skip
        self.widget = widgets.VBox(
            [
                field(
                    self._most_banks,
                    "Fewer contracts can be worth more than the lowest price; a limit never makes "
                    "a purchase cheaper.",
                ),
                field(self._nearest, "A distant bank's units count for less towards the net gain."),
                field(self._local_share, "Local: in the same planning authority or NCA."),
                field(self._least, "Nothing is bought at a bank that would sell less; 0: any."),
                field(self._registered, "Banks with a reference of the gain site register."),
                field(
                    self._in_kind,
                    "What the spatial risk multiplier takes is made up in what the loss accepts.",
                ),
                field(self._only, "Ids of banks with commas between them, such as S001, S011."),
                field(self._never, "Ids of banks with commas between them."),
                field(self._size, "Larger contracts can have lower prices per unit."),
            ]
        )

    @property
    def preferences(self) -> dict[str, Any]:
        """The preferences that are stated, by the names of Preferences."""
        stated = {
            "max_banks": self._most_banks.value,
            "nearest": self._nearest.value,
            "local_share": self._local_share.value,
            "minimum_units": self._least.value,
            "registered_only": self._registered.value,
            "make_up_in_kind": self._in_kind.value,
            "only_banks": _ids(self._only.value),
            "never_banks": _ids(self._never.value),
        }
        return {name: value for name, value in stated.items() if value}

    @property
    def contract_size(self) -> str:
        """The size whose prices are asked for."""
        return str(self._size.value)

    def put_back(self, preferences: Mapping[str, Any], contract_size: str = AUTO) -> None:
        """Show the preferences of an earlier question; what is not stated there is off."""
        _set(self._most_banks, preferences.get("max_banks", 0))
        _set(self._nearest, preferences.get("nearest", ""))
        _set(self._local_share, preferences.get("local_share", 0.0))
        self._least.value = preferences.get("minimum_units", 0.0)
        self._registered.value = preferences.get("registered_only", False)
        self._in_kind.value = preferences.get("make_up_in_kind", False)
        self._only.value = ", ".join(preferences.get("only_banks", ()))
        self._never.value = ", ".join(preferences.get("never_banks", ()))
        self._size.value = contract_size

    def filled(self) -> dict[str, Any]:
        """What is filled in, as `put_back` takes it."""
        return {"preferences": self.preferences, "contract_size": self.contract_size}

    def give_up(self, names: Iterable[str]) -> None:
        """Take back preferences by name."""
        kept = {name: v for name, v in self.preferences.items() if name not in set(names)}
        self.put_back(kept, self.contract_size)

    def add(self, **stated: Any) -> None:
        """State preferences beside the others."""
        self.put_back(self.preferences | stated, self.contract_size)

    def enable(self, enabled: bool) -> None:
        """Let the visitor change them or not."""
        for control in self._controls:
            control.disabled = not enabled


def _choice(label: str, options: list[tuple[str, Any]]) -> widgets.Dropdown:
    return widgets.Dropdown(description=label, options=options, value=options[0][1])


def _set(control: widgets.Dropdown, value: Any) -> None:
    """Choose a value, which is offered from then on where it was not."""
    if value not in [offered for _, offered in control.options]:
        control.options = [*control.options, (str(value), value)]
    control.value = value


def _ids(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _tick(label: str) -> widgets.Checkbox:
    return widgets.Checkbox(description=label, indent=False)
