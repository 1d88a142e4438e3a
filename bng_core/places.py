"""Names people write for places -> canonical names of the geography tables."""

import difflib
import re
from collections.abc import Mapping
from functools import cache

from bng_core.errors import UnknownPlace
from bng_core.reference import table
from bng_core.terms import Place

_FILLERS = re.compile(
    r"\b(london borough|royal borough|local planning authority"
    r"|lpa|nca|council|district|borough|city|county|unitary|metropolitan|authority|and|of|the|mdc|mbc)\b"
)


def normalise(text: str) -> str:
    """A name without the words that authorities add or leave out.

    >>> normalise("South Oxfordshire District Council") == normalise("South Oxfordshire LPA")
    True
    """
    text = text.casefold().replace("&", " and ").replace("'", "").replace("’", "")
    words = re.sub(r"[^a-z0-9]+", " ", text)
    kept = " ".join(_FILLERS.sub(" ", words).split())
    return kept or " ".join(words.split())


class _Gazetteer:
    """Names of one kind of place, found by official name, code, alias or normalised name."""

    def __init__(self, kind: str, names: Mapping[str, str], aliases: Mapping[str, str]) -> None:
        self.kind = kind
        self.names = list(dict.fromkeys(names.values()))
        self._exact = {key.casefold(): name for key, name in names.items()}
        self._exact |= {name.casefold(): name for name in self.names}
        self._exact |= {alias.casefold(): name for alias, name in aliases.items()}
        loose: dict[str, set[str]] = {}
        for written, name in [
            *zip(self.names, self.names, strict=True),
            *names.items(),
            *aliases.items(),
        ]:
            loose.setdefault(normalise(written), set()).add(name)
        self._loose = {key: found.pop() for key, found in loose.items() if len(found) == 1}

    def find(self, text: str) -> str:
        """The canonical name. Raises UnknownPlace with the nearest names."""
        found = self._exact.get(" ".join(text.split()).casefold())
        found = found or self._loose.get(normalise(text))
        if found:
            return found
        near = self._nearest(normalise(text))
        hint = f"The nearest names are: {', '.join(near)}." if near else "Give its official name."
        raise UnknownPlace(f"{self.kind} “{text}” is not in the tables. {hint}")

    def _nearest(self, wanted: str) -> list[str]:
        """Three names at most: those that hold the words, else those of like spelling."""
        named = {key: name for key, name in self._loose.items() if not key.isdigit()}
        keys = [key for key in named if wanted and f" {wanted} " in f" {key} "]
        keys = keys or difflib.get_close_matches(wanted, named, n=3, cutoff=0.6)
        return list(dict.fromkeys(named[key] for key in keys))[:3]


@cache
def _lpas() -> _Gazetteer:
    names = {row["code"]: row["name"] for row in table("geography/lpa.csv")}
    aliases = {row["alias"]: row["name"] for row in table("geography/lpa_aliases.csv")}
    return _Gazetteer("Local planning authority", names, aliases)


@cache
def _ncas() -> _Gazetteer:
    names = {row["code"]: row["name"] for row in table("geography/nca.csv")}
    aliases = {row["alias"]: row["name"] for row in table("geography/nca_aliases.csv")}
    return _Gazetteer("National character area", names, aliases)


@cache
def _marine_plan_areas() -> _Gazetteer:
    names = {row["name"]: row["name"] for row in table("geography/marine_plan_areas.csv")}
    return _Gazetteer("Marine plan area", names, {})


@cache
def _lnrs() -> _Gazetteer:
    names = {row["code"]: row["name"] for row in table("geography/lnrs.csv")}
    return _Gazetteer("Local nature recovery strategy area", names, {})


@cache
def _waterbodies() -> dict[str, tuple[str, str, str]]:
    """WFD waterbodies: casefolded id -> (id, name, operational catchment)."""
    return {
        row["waterbody_id"].casefold(): (
            row["waterbody_id"],
            row["name"],
            row["operational_catchment"],
        )
        for row in table("geography/waterbodies.csv")
    }


@cache
def _operational_catchments() -> _Gazetteer:
    names = {name: name for name in catchments_by_waterbody().values()}
    return _Gazetteer("Operational catchment", names, {})


@cache
def catchments_by_waterbody() -> dict[str, str]:
    """The operational catchment of every WFD waterbody, by its id."""
    return {waterbody_id: catchment for waterbody_id, _, catchment in _waterbodies().values()}


def find_lpa(text: str) -> str:
    """Canonical name of a local planning authority, from its name, alias or ONS code."""
    return _lpas().find(text)


def find_nca(text: str) -> str:
    """Canonical name of a national character area, from its name or official number."""
    return _ncas().find(text)


def find_lnrs(text: str) -> str:
    """Canonical name of a local nature recovery strategy area, from its name or number."""
    return _lnrs().find(text)


def find_marine_plan_area(text: str) -> str:
    """Canonical name of a marine plan area."""
    return _marine_plan_areas().find(text)


def find_operational_catchment(text: str) -> str:
    """Canonical name of an operational catchment of the WFD."""
    return _operational_catchments().find(text)


def find_waterbody(text: str) -> tuple[str, str]:
    """(waterbody id, operational catchment) of a WFD waterbody, from its id or a name only it has.

    Six names are shared by two waterbodies, so ids are safer. Raises UnknownPlace.
    """
    found = _waterbodies().get(text.strip().casefold())
    if found is None:
        named = [w for w in _waterbodies().values() if w[1].casefold() == text.strip().casefold()]
        if len(named) > 1:
            ids = ", ".join(waterbody[0] for waterbody in named)
            raise UnknownPlace(f"Waterbody “{text}” is the name of several: give one of {ids}.")
        found = named[0] if named else None
    if found is None:
        near = _near_waterbodies(text.strip())
        hint = f"The nearest are: {near}." if near else "Give its WFD id, such as GB106039023233."
        raise UnknownPlace(f"Waterbody “{text}” is not in the tables. {hint}")
    return found[0], found[2]


def _near_waterbodies(text: str) -> str:
    """Three ids or names at most that begin as the text does: to compare with all takes long."""
    names = {waterbody[1]: waterbody[0] for waterbody in _waterbodies().values()}
    start = text.casefold()[: 8 if text[:2].casefold() == "gb" else 3]
    alike = [name for name in (*names, *names.values()) if name.casefold().startswith(start)]
    near = difflib.get_close_matches(text, alike, n=3, cutoff=0.6)
    return ", ".join(f"{name} ({names[name]})" if name in names else name for name in near)


def place(
    lpa: str, nca: str, waterbody: str | None = None, marine_plan_area: str | None = None
) -> Place:
    """The place of a development from the names its user gives. Raises UnknownPlace."""
    waterbody_id, catchment = find_waterbody(waterbody) if waterbody else (None, None)
    return Place(
        lpa=find_lpa(lpa),
        nca=find_nca(nca),
        waterbody_id=waterbody_id,
        operational_catchment=catchment,
        marine_plan_area=find_marine_plan_area(marine_plan_area) if marine_plan_area else None,
    )


def lpa_names() -> list[str]:
    """All local planning authorities, in alphabetical order."""
    return sorted(_lpas().names)


def nca_names() -> list[str]:
    """All national character areas, in alphabetical order."""
    return sorted(_ncas().names)


@cache
def _lnrs_by_lpa() -> dict[str, str]:
    rows = sorted(table("geography/lpa_lnrs_overlap.csv"), key=lambda r: float(r["share_of_lpa"]))
    return {row["lpa"]: row["lnrs"] for row in rows}


def lnrs_of_lpa(lpa: str) -> str:
    """The local nature recovery strategy area that holds the largest part of an authority."""
    return _lnrs_by_lpa()[lpa]


def ncas_of_lpa(lpa: str) -> list[str]:
    """National character areas that a planning authority lies in, the largest share first."""
    rows = [row for row in table("geography/lpa_nca_overlap.csv") if row["lpa"] == lpa]
    return [row["nca"] for row in sorted(rows, key=lambda row: -float(row["share_of_lpa"]))]
