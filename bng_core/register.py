"""The biodiversity gain sites register, from a file: an adapter that fetches nothing by itself.

The register is published by Natural England, "© Natural England copyright and/or database right",
under terms of use of its own; no open licence is stated. So the adapter is off unless BNG_REGISTER
is `on`, ships no entry of it, and reads only a file that its user obtained under those terms.

The shape of the file is our own (`sample/register.json`, invented entries):

    {"as_at": "2026-11-20", "gain_sites": [
        {"reference": "BGS-000001", "name": "...", "lpa": "...", "habitats": [
            {"habitat": "Grassland - Lowland meadows", "units": 12.5, "allocated": 3.25}]}]}
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from bng_core.errors import BadInput, Fault, RegisterError
from bng_core.reference import load_habitats
from bng_core.settings import Settings

_TEXT = {"type": "string", "minLength": 1, "maxLength": 500}
_UNITS = {"type": "number", "minimum": 0, "maximum": 1_000_000}


def _record(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*properties], "properties": properties}


SCHEMA = _record(
    as_at={"type": "string", "format": "date"},
    gain_sites={
        "type": "array",
        "items": _record(
            reference={"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9/_-]{2,60}$"},
            name=_TEXT,
            lpa=_TEXT,
            habitats={
                "type": "array",
                "items": _record(habitat=_TEXT, units=_UNITS, allocated=_UNITS),
            },
        ),
    },
)


@dataclass(frozen=True)
class RegisteredHabitat:
    """Units of one habitat at a gain site, before the spatial risk multiplier."""

    habitat: str
    units: Decimal
    allocated: Decimal


@dataclass(frozen=True)
class GainSite:
    """One entry of the register; `entry` is the entry as the file has it."""

    reference: str
    name: str
    lpa: str
    habitats: tuple[RegisteredHabitat, ...]
    entry: dict[str, Any]


@dataclass(frozen=True)
class Register:
    """The register as it stood on a day."""

    as_at: date
    sites: tuple[GainSite, ...]


def read_register(path: Path, settings: Settings) -> Register:
    """Read a register file. Raises BadInput where it is off, RegisterError with every fault."""
    if not settings.register_on:
        raise BadInput(
            "The gain-site register is off: its entries are Natural England's, under terms of use "
            "of their own. Once you have accepted those terms, set BNG_REGISTER=on."
        )
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}); check its path.") from error
    except ValueError as error:
        raise BadInput(
            f"{path.name} is no JSON; give a file such as sample/register.json."
        ) from error
    validator = Draft202012Validator(SCHEMA, format_checker=FormatChecker(["date"]))
    faults = [
        Fault(path.name, None, f"{_place(error.absolute_path)}: {error.message}",
              _place(error.absolute_path))
        for error in validator.iter_errors(content)
    ]  # fmt: skip
    faults = faults or [*_faults_of_sites(path.name, content["gain_sites"])]
    if faults:
        raise RegisterError(f"The register {path.name} cannot be used", faults)
    sites = tuple(_site(entry) for entry in content["gain_sites"])
    return Register(date.fromisoformat(content["as_at"]), sites)


def _place(path: Any) -> str:
    """Where in the file: gain_sites[2].habitats[0].units."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".") or "the whole"


def _faults_of_sites(file: str, entries: list[dict[str, Any]]) -> list[Fault]:
    faults = []
    twice = Counter(entry["reference"] for entry in entries)
    for number, entry in enumerate(entries):
        place = f"gain_sites[{number}]"
        if twice[entry["reference"]] > 1:
            message = f"{place}: {entry['reference']} stands here more than once"
            faults.append(Fault(file, None, message, f"{place}.reference"))
        for row, habitat in enumerate(entry["habitats"]):
            where = f"{place}.habitats[{row}]"
            if habitat["allocated"] > habitat["units"]:
                message = f"{where}: {habitat['allocated']} of {habitat['units']} units allocated"
                faults.append(Fault(file, None, message, f"{where}.allocated"))
            if not _is_habitat(habitat["habitat"]):
                message = f"{where}: “{habitat['habitat']}” is not a habitat of the metric"
                faults.append(Fault(file, None, message, f"{where}.habitat"))
    return faults


def _is_habitat(name: str) -> bool:
    try:
        load_habitats().find(name)
    except KeyError:
        return False
    return True


def _site(entry: dict[str, Any]) -> GainSite:
    habitats = tuple(
        RegisteredHabitat(
            load_habitats().find(habitat["habitat"]).label,
            Decimal(str(habitat["units"])),
            Decimal(str(habitat["allocated"])),
        )
        for habitat in entry["habitats"]
    )
    return GainSite(entry["reference"], entry["name"], entry["lpa"], habitats, entry)
