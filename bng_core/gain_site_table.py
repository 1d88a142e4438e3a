"""SITE.csv: the parcels of a gain site, one per line, checked (§7.9)."""

from dataclasses import dataclass

from bng_core.csv_table import CsvTable
from bng_core.errors import Fault
from bng_core.gain_site_columns import COLUMNS
from bng_core.metric.unit_tables import unit_tables
from bng_core.reference import load_habitats
from bng_core.terms import Habitat, Module

_REQUIRED = tuple(COLUMNS)[:10]
_KINDS = {Module.AREA: "area", Module.HEDGEROW: "hedge", Module.WATERCOURSE: "watercourse"}
_INTERVENTIONS = ("create", "enhance", "retain")
_EXAMPLE = [
    "North field,area,2.5,Grassland - Modified grassland,Poor,low,create,"
    "Grassland - Other neutral grassland,Good,low,,,,,,,,",
    "South wood,area,1.2,Woodland and forest - Other woodland; broadleaved,Poor,low,enhance,"
    "Woodland and forest - Other woodland; broadleaved,Good,medium,1,,,,,,,",
    "Avenue,area,,,,,create,Individual trees - Rural tree,Moderate,low,,,,,,,Small,40",
    "East hedge,hedgerow,0.4,,,,create,Species-rich native hedgerow,Good,low,,,,,,,,",
    "Mill brook,watercourse,0.3,Ditches,Poor,low,enhance,Ditches,Good,low,,,Minor,Minor/ Minor,"
    "No Encroachment,No Encroachment/ No Encroachment,,",
]


def template() -> str:
    """A SITE.csv to fill in, with one line of each kind."""
    return "\n".join([",".join(COLUMNS), *_EXAMPLE]) + "\n"


@dataclass(frozen=True)
class Parcel:
    """A line of SITE.csv, checked: `number` counts them, `line` is where it stands."""

    number: int
    line: int
    cells: dict[str, str]
    module: Module
    before: Habitat | None
    after: Habitat | None
    size: float

    @property
    def kind(self) -> str:
        """The metric's word for the module's sheets."""
        return _KINDS[self.module]

    @property
    def intervention(self) -> str:
        """create, enhance or retain."""
        return self.cells["intervention"].casefold()


def parcels_of(file: str, table: CsvTable, faults: list[Fault]) -> list[Parcel]:
    """The parcels of a table; what is wrong with it is added to the faults."""
    if missing := [column for column in _REQUIRED if column not in table.columns]:
        faults.append(Fault(file, 1, f"lacks the columns {', '.join(missing)}; see --template"))
        return []
    if unknown := [column for column in table.columns if column not in COLUMNS]:
        faults.append(Fault(file, 1, f"has unknown columns {', '.join(unknown)}; see --template"))
        return []
    if not table.rows:
        faults.append(Fault(file, None, "has no parcels; give at least one line"))
    parcels = []
    for number, (line, row) in enumerate(zip(table.lines, table.rows, strict=True)):
        cells = dict.fromkeys(COLUMNS, "") | dict(zip(table.columns, row, strict=True))
        try:
            parcels.append(_parcel(number, line, cells))
        except ValueError as error:
            faults.append(Fault(file, line, str(error)))
    return parcels


def _parcel(number: int, line: int, cells: dict[str, str]) -> Parcel:
    """One line; raises ValueError with its fault in words."""
    if cells["module"].casefold() not in list(Module):
        raise ValueError(f"module “{cells['module']}”: expected one of {', '.join(Module)}")
    if cells["intervention"].casefold() not in _INTERVENTIONS:
        expected = ", ".join(_INTERVENTIONS)
        raise ValueError(f"intervention “{cells['intervention']}”: expected one of {expected}")
    module = Module(cells["module"].casefold())
    before = _habitat(cells, "baseline_habitat", module)
    after = _habitat(cells, "habitat", module)
    retained = cells["intervention"].casefold() == "retain"
    if after is None and not retained:
        raise ValueError("habitat is blank: give the official name of what the parcel becomes")
    if before is None and cells["intervention"].casefold() != "create":
        raise ValueError("baseline_habitat is blank: only a created parcel may have none")
    return Parcel(number, line, cells, module, before, after, _size(cells))


def _habitat(cells: dict[str, str], column: str, module: Module) -> Habitat | None:
    if not cells[column]:
        return None
    try:
        return load_habitats().find(cells[column], module)
    except KeyError:
        raise ValueError(
            f"{column} “{cells[column]}” is no {module} habitat of the statutory metric"
        ) from None


def _size(cells: dict[str, str]) -> float:
    if cells["trees"] or cells["tree_size"]:
        per_tree = unit_tables().trees_ha.get(cells["tree_size"].casefold())
        if not isinstance(per_tree, float):
            expected = "Small, Medium, Large or Very large"
            raise ValueError(f"tree_size “{cells['tree_size']}”: expected {expected}")
        return _positive("trees", cells["trees"]) * per_tree
    return _positive("size", cells["size"])


def _positive(column: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e6:
        raise ValueError(f"{column} is {f'“{text}”' if text else 'blank'}: expected more than 0")
    return number
