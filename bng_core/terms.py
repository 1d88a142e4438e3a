"""The vocabulary: official names as enums and small frozen records.

Units are biodiversity units before the spatial risk multiplier (SRM); names of units after it say
`after_srm`.
"""

from dataclasses import dataclass
from enum import StrEnum


class Module(StrEnum):
    """The three accounts of the metric; units never move between them."""

    AREA = "area"
    HEDGEROW = "hedgerow"
    WATERCOURSE = "watercourse"


class Distinctiveness(StrEnum):
    """Official bands, best first, in the words of the trading summary sheets."""

    VERY_HIGH = "Very High"
    HIGH = "High"
    MEDIUM = "Medium"
    LOW = "Low"
    VERY_LOW = "Very Low"

    @property
    def rank(self) -> int:
        """4 for Very High down to 0 for Very Low."""
        return 4 - list(Distinctiveness).index(self)


class Relation(StrEnum):
    """How near a bank is to the development, as the spatial risk rules see it (§2.3)."""

    LOCAL = "local"
    ADJACENT = "adjacent"
    FAR = "far"


class SpatialRoute(StrEnum):
    """Which geography decides the spatial risk multiplier of a habitat (§2.3)."""

    PLANNING = "planning"
    CATCHMENT = "catchment"
    MARINE = "marine"
    LNRS = "lnrs"


class Geography(StrEnum):
    """Whose boundaries decide the planning route; LNRS areas are announced, not in force."""

    LPA_NCA = "lpa_nca"
    LNRS = "lnrs"

    def route(self, habitat: "Habitat") -> SpatialRoute:
        """The route of a habitat under this geography."""
        announced = self is Geography.LNRS and habitat.route is SpatialRoute.PLANNING
        return SpatialRoute.LNRS if announced else habitat.route


class ContractSize(StrEnum):
    """Price classes by the units required in total, before SRM (§2.10)."""

    FRACTIONAL = "fractional"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"

    @property
    def next(self) -> "ContractSize":
        """The next larger size; large has none beyond it."""
        sizes = list(ContractSize)
        return sizes[min(sizes.index(self) + 1, len(sizes) - 1)]


class Basis(StrEnum):
    """What a listed price is per: a bought unit, or a unit after SRM (§2.10)."""

    BOUGHT = "bought"
    EFFECTIVE = "effective"


@dataclass(frozen=True)
class Habitat:
    """A habitat of the statutory metric.

    `label` is the key everywhere: "Broad habitat - Habitat type" for area habitats, the type alone
    for hedgerows and watercourses. `trading_group` is the group whose Medium changes net together
    (Trading Summary Area Habitats, column G), empty outside the Medium area band.
    """

    label: str
    module: Module
    broad_habitat: str
    habitat_type: str
    distinctiveness: Distinctiveness
    score: int
    trading_group: str
    credit_tier: str
    route: SpatialRoute


@dataclass(frozen=True)
class Place:
    """Where a development or a bank lies, in canonical names; None means not known."""

    lpa: str
    nca: str
    waterbody_id: str | None = None
    operational_catchment: str | None = None
    marine_plan_area: str | None = None
    lnrs: str | None = None


AUTO, NEXT = "auto", "next"
"""In place of a contract size: the one of the units required (§2.10), and the next larger one."""

NET_GAIN = "Net gain"
"""The demand.csv habitat of units that only the headline requires (§4.2)."""
