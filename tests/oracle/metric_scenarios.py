"""Developments of our own for the official tool to judge: each tries rules the shared cases leave.

Rows are in the scenario format of bng_core.metric.input_rows. Areas lost and created agree unless
a scenario says otherwise. `random_rows` fills every sheet with seeded combinations, lawful or not.
"""

import random
from typing import Any

from bng_core.metric.unit_tables import unit_tables

Row = dict[str, Any]
Scenario = dict[str, Any]


def area(label: str, area_ha: float, condition: str, **more: Any) -> Row:
    """A baseline or creation row of an area habitat, of low strategic significance."""
    broad, habitat = label.split(" - ", 1)
    row = {"broad_habitat": broad, "habitat": habitat, "area_ha": area_ha, "condition": condition}
    return row | {"strategic_significance": "low"} | more


def enhanced(reference: int, habitat: str, condition: str, **more: Any) -> Row:
    """An enhancement row of any module."""
    row = {"baseline_ref": reference, "habitat": habitat, "condition": condition}
    return row | {"strategic_significance": "low"} | more


def linear(habitat: str, length_km: float, condition: str, **more: Any) -> Row:
    """A hedgerow row."""
    row = {"habitat": habitat, "length_km": length_km, "condition": condition}
    return row | {"strategic_significance": "low"} | more


def water(habitat: str, length_km: float, condition: str, **more: Any) -> Row:
    """A watercourse row without encroachment."""
    clear = {
        "watercourse_encroachment": "No Encroachment",
        "riparian_encroachment": "No Encroachment/ No Encroachment",
    }
    return linear(habitat, length_km, condition) | clear | more


CULVERT = {"watercourse_encroachment": "N/A - Culvert", "riparian_encroachment": "N/A - Culvert"}
BUILT = "Urban - Developed land; sealed surface"
NEUTRAL = "Grassland - Other neutral grassland"
MODIFIED = "Grassland - Modified grassland"


def scenario(name: str, target: float = 0.1, **lists: Any) -> Scenario:
    """A development: lists by table; those of an `offsite` keyword lie off site."""
    offsite = lists.pop("offsite", {})
    return {
        "name": name,
        "project": {"planning_authority": "Test District Council", "project_name": name},
        "target": target,
        "onsite": lists,
        "offsite": offsite,
    }


def years() -> Scenario:
    """Advance, delay, 30+, the threshold of Poor, both together, fractions."""
    scrub, reedbed = "Heathland and shrub - Mixed scrub", "Wetland - Reedbeds"
    wood, orchard = "Woodland and forest - Wet woodland", "Grassland - Traditional orchards"
    pond, garden = "Lakes - Ornamental lake or pond", "Urban - Vegetated garden"
    times: list[tuple[Any, Any]] = [(None, None), (1, None), (2, None), (4, None), (5, 0), (30, 0)]
    times += [("30+", 0), (0, 3), (0, 29), (0, "30+"), (2, 3), (2.5, 0), (0, 1.5)]
    rows = [
        area(label, 0.1, condition, advance_years=advance, delay_years=delay)
        for label, condition in (
            (scrub, "Good"),
            (reedbed, "Moderate"),
            (wood, "Good"),
            (orchard, "Moderate"),
            (pond, "Fairly Good"),
            (garden, "Condition Assessment N/A"),
        )
        for advance, delay in times
    ]
    return scenario(
        "Advance and delay",
        area_baseline=[area("Cropland - Cereal crops", 7.8, "Condition Assessment N/A")],
        area_creation=rows,
    )


def trees() -> Scenario:
    """Individual trees by root protection area, outside the site area; green wall; IGGI."""
    ha = unit_tables().trees_ha
    sizes = {size: float(value) for size, value in ha.items() if isinstance(value, float)}
    urban, rural = "Individual trees - Urban tree", "Individual trees - Rural tree"
    return scenario(
        "Trees",
        area_baseline=[
            area(MODIFIED, 2.0, "Poor", area_retained=0.5),
            area(rural, 12 * sizes["medium"], "Moderate", area_retained=4 * sizes["medium"]),
            area(rural, 2 * sizes["very large"], "Good"),
            area(urban, 3 * sizes["small"], "Poor", area_enhanced=3 * sizes["small"]),
        ],
        area_creation=[
            area(BUILT, 1.0, "N/A - Other"),
            area("Urban - Vegetated garden", 0.5, "Condition Assessment N/A"),
            area(urban, 40 * sizes["small"], "Moderate"),
            area(rural, 6 * sizes["large"], "Poor", delay_years=2),
            area("Urban - Ground based green wall", 0.02, "Moderate"),
        ],
        area_enhancement=[enhanced(1 + 3, "Urban tree", "Moderate")],
    )


def encroachment() -> Scenario:
    """Encroachment better and worse, culverts opened and kept, delay beyond 30 years."""
    minor = {"watercourse_encroachment": "Minor", "riparian_encroachment": "Minor/ Minor"}
    major = {"watercourse_encroachment": "Major", "riparian_encroachment": "Major/Major"}
    return scenario(
        "Encroachment and culverts",
        watercourse_baseline=[
            water("Other rivers and streams", 0.5, "Moderate", **major, length_enhanced=0.5),
            water("Ditches", 0.8, "Poor", length_retained=0.3, length_enhanced=0.2, **minor),
            water("Canals", 0.4, "Fairly Poor", strategic_significance="high"),
            water("Culvert", 0.25, "Poor", length_enhanced=0.1, length_retained=0.1, **CULVERT),
        ],
        watercourse_creation=[
            water("Ditches", 0.3, "Good", delay_years=25),
            water("Ditches", 0.3, "Moderate", advance_years=5),
            water("Canals", 0.2, "Fairly Good", advance_years="30+", **minor),
            water("Culvert", 0.05, "Poor", **CULVERT),
            water("Culvert", 0.05, "Poor", **minor),
            water("Other rivers and streams", 0.1, "Good", advance_years=2, delay_years=1),
        ],
        watercourse_enhancement=[
            enhanced(1, "Other rivers and streams", "Good", **{**minor}),
            enhanced(2, "Ditches", "Good", advance_years=8, **{**major}),
            enhanced(4, "Ditches", "Moderate", **{**minor}),
        ],
    )


def bespoke() -> Scenario:
    """Very High losses agreed and pending, irreplaceable habitat kept, enhanced and lost."""
    meadow, fen = "Grassland - Lowland meadows", "Wetland - Fens (upland and lowland)"
    bog, wood = "Wetland - Blanket bog", "Woodland and forest - Lowland mixed deciduous woodland"
    return scenario(
        "Bespoke compensation",
        target=0.2,
        area_baseline=[
            area(meadow, 0.3, "Good", bespoke_compensation="Yes"),
            area(fen, 0.4, "Moderate", bespoke_compensation="Pending", area_retained=0.1),
            area(bog, 1.0, "Poor", area_retained=0.4, area_enhanced=0.6),
            area(bog, 0.5, "Poor", bespoke_compensation="Yes"),
            area(wood, 0.5, "Moderate", irreplaceable="Yes", area_retained=0.5),
            area(NEUTRAL, 1.0, "Moderate", bespoke_compensation="Yes"),
        ],
        area_creation=[
            area(BUILT, 1.1, "N/A - Other"),
            area(MODIFIED, 1.0, "Good"),
            area(NEUTRAL, 0.0, "Good"),
        ],
        area_enhancement=[enhanced(3, "Blanket bog", "Moderate")],
        watercourse_baseline=[
            water("Priority habitat", 0.2, "Good", bespoke_compensation="Yes"),
            water("Priority habitat", 0.3, "Moderate", bespoke_compensation="Pending"),
        ],
    )


def unacceptable() -> Scenario:
    """Irreplaceable and Very High habitat lost without agreement: texts, and ERROR in the tiers."""
    return scenario(
        "Unacceptable losses",
        area_baseline=[
            area("Sparsely vegetated land - Limestone pavement", 0.3, "Good", area_retained=0.1),
            area("Grassland - Upland hay meadows", 0.2, "Poor"),
            area(NEUTRAL, 1.0, "Good"),
        ],
        area_creation=[area(BUILT, 1.4, "N/A - Other")],
        watercourse_baseline=[water("Priority habitat", 0.1, "Poor")],
    )


def hedgerows() -> Scenario:
    """The matrix of hedgerow types, lines of trees over 30 years, ornamental hedgerow."""
    ditch = " - associated with bank or ditch"
    native, rich = "Native hedgerow", "Species-rich native hedgerow"
    steps = [
        (native, "Poor", rich, "Good", {}),
        (native, "Moderate", f"{native}{ditch}", "Moderate", {"delay_years": 28}),
        ("Line of trees", "Poor", "Ecologically valuable line of trees", "Moderate", {}),
        ("Line of trees", "Moderate", "Line of trees", "Good", {"advance_years": 10}),
        (rich, "Poor", f"{rich} with trees{ditch}".replace(f"{ditch}", ditch), "Good", {}),
        (f"{native} with trees", "Good", f"{native} with trees{ditch}", "Good", {}),
        (f"{rich} with trees", "Moderate", f"{native} with trees{ditch}", "Good", {}),
        (native, "Good", native, "Moderate", {}),
        (native, "Poor", native, "Good", {"delay_years": "30+"}),
        ("Non-native and ornamental hedgerow", "Poor", native, "Moderate", {}),
        (rich, "Moderate", f"{native} with trees", "Good", {"advance_years": 1.5}),
        (native, "Poor", native, "Moderate", {"advance_years": "30+"}),
    ]
    return scenario(
        "Hedgerow matrix",
        hedge_baseline=[
            linear(old, 0.1 + i / 100, before, hedge_number=f"H{i}", length_enhanced=0.05)
            for i, (old, before, _, _, _) in enumerate(steps, start=1)
        ],
        hedge_enhancement=[
            enhanced(i, new, after, **more) for i, (_, _, new, after, more) in enumerate(steps, 1)
        ],
        hedge_creation=[
            linear("Ecologically valuable line of trees", 0.2, "Good", hedge_number="N1"),
            linear("Line of trees", 0.2, "Good", hedge_number="N2", advance_years=5),
            linear("Line of trees", 0.2, "Moderate", hedge_number="N3", delay_years=11),
            linear("Non-native and ornamental hedgerow", 0.3, "Poor", hedge_number="N4"),
            linear("Non-native and ornamental hedgerow", 0.3, "Good", hedge_number="N5"),
            linear(rich, 0.3, "Good", hedge_number="N6", advance_years=3, delay_years=2),
        ],
    )


def enhancement() -> Scenario:
    """Enhancement within and across habitats; refused ones; the first row of A-3 (OFFICIAL f6)."""
    steps = [
        (MODIFIED, "Good", NEUTRAL, "Poor", {}),
        (NEUTRAL, "Poor", "Grassland - Lowland meadows", "Good", {}),
        (NEUTRAL, "Moderate", NEUTRAL, "Good", {"advance_years": 5}),
        (MODIFIED, "Poor", "Heathland and shrub - Mixed scrub", "Moderate", {"delay_years": 4}),
        ("Heathland and shrub - Mixed scrub", "Good", NEUTRAL, "Good", {}),
        (NEUTRAL, "Good", "Grassland - Lowland meadows", "Moderate", {}),
        (
            "Woodland and forest - Other coniferous woodland",
            "Poor",
            "Woodland and forest - Lowland mixed deciduous woodland",
            "Good",
            {"advance_years": 12},
        ),
        (
            "Lakes - Ponds (priority habitat)",
            "Poor",
            "Lakes - Ponds (priority habitat)",
            "Good",
            {},
        ),
        ("Wetland - Reedbeds", "Moderate", "Wetland - Lowland raised bog", "Good", {}),
        ("Cropland - Cereal crops", "Condition Assessment N/A", MODIFIED, "Good", {}),
    ]
    return scenario(
        "Enhancement",
        area_baseline=[
            area(old, 0.5, before, area_enhanced=0.5, strategic_significance="medium")
            for old, before, _, _, _ in steps
        ],
        area_enhancement=[
            enhanced(i, new.split(" - ", 1)[1], after, broad_habitat=new.split(" - ")[0], **more)
            for i, (_, _, new, after, more) in enumerate(steps, start=1)
        ],
    )


def off_site_relations() -> Scenario:
    """Every spatial category in every module, intertidal included; two gain sites."""
    categories = ["inside", "neighbouring", "outside", "provider"]
    marine = [
        " Intertidal habitats - Compensation inside Marine Plan Area of impact site  ",
        " Intertidal habitats - Compensation outside same Marine Plan Area but in neighbouring "
        "Marine Plan Area",
    ]
    place = {"offsite_reference": "GAIN-1"}
    saltmarsh = "Coastal saltmarsh - Saltmarshes and saline reedbeds"
    return scenario(
        "Relations",
        area_baseline=[area(NEUTRAL, 3.0, "Moderate"), area(saltmarsh, 0.2, "Moderate")],
        area_creation=[area(BUILT, 3.2, "N/A - Other")],
        hedge_baseline=[linear("Native hedgerow", 0.5, "Moderate", hedge_number="H1")],
        watercourse_baseline=[water("Ditches", 0.5, "Moderate")],
        offsite={
            "area_baseline": [
                area(MODIFIED, 1.0, "Poor", spatial_risk_category=c, **place) for c in categories
            ]
            + [area(MODIFIED, 1.0, "Moderate", spatial_risk_category="outside", area_enhanced=0.5,
                    area_retained=0.25, offsite_reference="GAIN-2")],
            "area_creation": [
                area(NEUTRAL, 1.0, "Good", spatial_risk_category=c, **place) for c in categories
            ]
            + [area(saltmarsh, 0.1, "Good", spatial_risk_category=c, **place) for c in marine]
            + [area(NEUTRAL, 0.05, "Good", spatial_risk_category="outside",
                    offsite_reference="GAIN-2")],
            "area_enhancement": [
                enhanced(5, "Other neutral grassland", "Good", offsite_reference="GAIN-2")
            ],
            "hedge_baseline": [
                linear("Line of trees", 0.2, "Poor", hedge_number=c, length_enhanced=0.1,
                       spatial_risk_category=c, offsite_reference="GAIN-1")
                for c in categories
            ],
            "hedge_creation": [
                linear("Native hedgerow", 0.3, "Good", hedge_number=c, spatial_risk_category=c,
                       **place)
                for c in categories
            ],
            "hedge_enhancement": [
                enhanced(i, "Line of trees", "Moderate", **place) for i in (1, 2, 3, 4)
            ],
            "watercourse_baseline": [
                water("Ditches", 0.3, "Poor", spatial_risk_category=c, length_enhanced=0.2, **place)
                for c in categories
            ],
            "watercourse_creation": [
                water("Ditches", 0.2, "Moderate", spatial_risk_category=c, **place)
                for c in categories
            ],
            "watercourse_enhancement": [
                enhanced(i, "Ditches", "Good", watercourse_encroachment="Minor",
                         riparian_encroachment="Minor/ Minor", **place)
                for i in (1, 2, 3, 4)
            ],
        },
    )  # fmt: skip


def off_site_losses() -> Scenario:
    """Off-site changes below 0: no SRM in the headline, a gain site that loses (HR!B19)."""
    place = {"spatial_risk_category": "outside", "offsite_reference": "GAIN-1"}
    return scenario(
        "Off-site losses",
        area_baseline=[area(NEUTRAL, 1.0, "Moderate")],
        area_creation=[area(MODIFIED, 1.0, "Moderate")],
        hedge_baseline=[linear("Native hedgerow", 0.5, "Moderate", hedge_number="H1")],
        offsite={
            "area_baseline": [area(NEUTRAL, 1.0, "Moderate", **place)],
            "area_creation": [area(MODIFIED, 1.0, "Poor", **place)],
            "hedge_baseline": [linear("Native hedgerow", 0.4, "Good", hedge_number="O1", **place)],
            "hedge_creation": [linear("Native hedgerow", 0.1, "Poor", hedge_number="O2", **place)],
        },
    )


def off_site_hedgerow_losses() -> Scenario:
    """A hedgerow gain site that loses: HR!B19 does not see it, H33 is "N/A" (OFFICIAL f3)."""
    place = {"spatial_risk_category": "neighbouring", "offsite_reference": "GAIN-1"}
    return scenario(
        "Off-site hedgerow losses",
        hedge_baseline=[linear("Native hedgerow", 0.5, "Moderate", hedge_number="H1")],
        hedge_creation=[linear("Native hedgerow", 0.2, "Moderate", hedge_number="H2")],
        offsite={
            "hedge_baseline": [linear("Native hedgerow", 0.4, "Good", hedge_number="O1", **place)],
            "hedge_creation": [
                linear("Native hedgerow", 0.1, "Poor", hedge_number="O2", **place),
                linear("Species-rich native hedgerow", 0.2, "Good", hedge_number="O3",
                       spatial_risk_category="outside"),
            ],
        },
    )  # fmt: skip


def ornamental_ponds() -> Scenario:
    """D-2 tests the row 63 below for its exception of ornamental ponds (OFFICIAL e)."""
    place = {"spatial_risk_category": "provider", "offsite_reference": "GAIN-1"}
    pond = area("Lakes - Ornamental lake or pond", 0.2, "Good", advance_years=2, **place)
    fillers = [area(MODIFIED, 0.001, "Poor", **place) for _ in range(62)]
    return scenario(
        "Ornamental ponds",
        area_baseline=[area("Cropland - Cereal crops", 0.2, "Condition Assessment N/A")],
        area_creation=[
            area("Lakes - Ornamental lake or pond", 0.2, "Good", advance_years=2),
        ],
        offsite={
            "area_baseline": [
                area("Cropland - Cereal crops", 0.462, "Condition Assessment N/A", **place)
            ],
            "area_creation": [
                area("Grassland - Tall herb communities (H6430)", 0.0, "Good", **place),
                pond,
                *fillers,
                pond,
            ],
        },
    )


def coast_and_felled() -> Scenario:
    """Felled woodland, coast, heath, peat lakes: High losses of all five tiers; IGGI."""
    lost = [
        ("Woodland and forest - Felled", 0.3, "Good"),
        ("Lakes - High alkalinity lakes", 0.2, "Moderate"),
        ("Heathland and shrub - Lowland heathland", 0.25, "Good"),
        ("Intertidal sediment - Littoral mud", 0.15, "Moderate"),
        ("Wetland - Reedbeds", 0.2, "Poor"),
        ("Sparsely vegetated land - Coastal vegetated shingle", 0.1, "Moderate"),
        ("Cropland - Arable field margins tussocky", 0.5, "Condition Assessment N/A"),
        ("Woodland and forest - Other woodland; mixed", 0.4, "Moderate"),
        ("Lakes - Reservoirs", 0.3, "Poor"),
        ("Urban - Bare ground", 0.2, "Moderate"),
    ]
    iggi = (
        "Intertidal hard structures - Artificial hard structures with integrated greening of grey "
        "infrastructure (IGGI)"
    )
    return scenario(
        "Coast and felled woodland",
        area_baseline=[area(*row) for row in lost]
        + [area("Intertidal hard structures - Artificial hard structures", 0.2,
                "N/A - Other", area_enhanced=0.1)],
        area_creation=[
            area(BUILT, 1.6, "N/A - Other"),
            area("Urban - Open mosaic habitats on previously developed land", 0.5, "Good"),
            area("Woodland and forest - Lowland mixed deciduous woodland", 0.5, "Moderate"),
            area(iggi, 0.1, "Moderate"),
        ],
        area_enhancement=[enhanced(11, iggi.split(" - ", 1)[1], "Good")],
    )  # fmt: skip


def nothing_lost() -> Scenario:
    """Zero baselines with gains: "N/A" percentages, no requirement, surplus everywhere."""
    return scenario(
        "Nothing lost",
        area_baseline=[area(BUILT, 1.0, "N/A - Other")],
        area_creation=[
            area("Grassland - Traditional orchards", 0.5, "Good"),
            area("Heathland and shrub - Gorse scrub", 0.5, "Moderate", delay_years=1),
        ],
        hedge_creation=[linear("Native hedgerow", 0.4, "Good", hedge_number="H1")],
        watercourse_creation=[water("Ditches", 0.2, "Good")],
    )


def areas_and_deviations() -> Scenario:
    """Areas that disagree, declared deviations, a target of 8 %, surplus that offsets downwards."""
    made = scenario(
        "Areas and deviations",
        target=0.08,
        area_baseline=[
            area("Cropland - Traditional orchards".replace("Cropland", "Grassland"), 0.5, "Poor"),
            area(NEUTRAL, 0.4, "Poor"),
            area("Grassland - Bracken", 1.0, "Condition Assessment N/A"),
        ],
        area_creation=[
            area("Grassland - Traditional orchards", 1.2, "Good"),
            area(BUILT, 0.4, "N/A - Other"),
        ],
        hedge_baseline=[
            linear("Species-rich native hedgerow with trees", 0.2, "Moderate", hedge_number="H1"),
            linear("Native hedgerow with trees", 0.2, "Moderate", hedge_number="H2"),
            linear("Native hedgerow", 0.4, "Poor", hedge_number="H3"),
        ],
        hedge_creation=[
            linear("Species-rich native hedgerow with trees - associated with bank or ditch",
                   0.3, "Good", hedge_number="H4"),
        ],
    )  # fmt: skip
    made["project"]["contains_deviations"] = "Yes"
    return made


SCENARIOS = {
    make.__name__: make
    for make in (
        years,
        trees,
        encroachment,
        bespoke,
        unacceptable,
        hedgerows,
        enhancement,
        off_site_relations,
        off_site_losses,
        off_site_hedgerow_losses,
        ornamental_ponds,
        coast_and_felled,
        nothing_lost,
        areas_and_deviations,
    )
}


def random_rows(seed: int, rows: int = 60) -> Scenario:
    """Every sheet filled with combinations, lawful or not, that a user could choose."""
    chance = random.Random(seed)
    made = _RandomRows(chance, rows)
    return scenario(
        f"Random rows {seed}",
        target=chance.choice([0.1, 0.15, 0.2]),
        **made.lists(off_site=False),
        offsite=made.lists(off_site=True),
    )


_CONDITIONS = ["Good", "Fairly Good", "Moderate", "Fairly Poor", "Poor"]
_OTHER = ["Condition Assessment N/A", "N/A - Other"]
_SIGNIFICANCE = ["low", "low", "medium", "high"]
_CATEGORIES = ["inside", "neighbouring", "outside", "provider"]
_KINDS = ("area", "hedge", "watercourse")


class _RandomRows:
    """Rows drawn from the tool's own drop-down lists."""

    def __init__(self, chance: random.Random, rows: int) -> None:
        self.chance = chance
        self.rows = rows
        tables = unit_tables()
        self.area = [habitat.label for habitat in tables.area.values()]
        self.hedge = list(tables.hedgerow_type_names)
        self.water = list(tables.watercourse_type_names)
        self.encroachment = {kind: list(names) for kind, names in tables.encroachment_names.items()}

    def lists(self, off_site: bool) -> dict[str, list[Row]]:
        return {
            f"{kind}_{table}": rows
            for kind in _KINDS
            for table, rows in self.kind(kind, off_site).items()
        }

    def kind(self, kind: str, off_site: bool) -> dict[str, list[Row]]:
        baseline = [self.baseline(kind, off_site) for _ in range(self.rows)]
        part = "area_enhanced" if kind == "area" else "length_enhanced"
        return {
            "baseline": baseline,
            "creation": [
                self.timed(self.row(kind, off_site)) | self.place(off_site)
                for _ in range(self.rows)
            ],
            "enhancement": [
                self.proposed(kind, i, row, off_site)
                for i, row in enumerate(baseline, start=1)
                if row.get(part, 0) > 0
            ],
        }

    def row(self, kind: str, off_site: bool) -> Row:
        size = round(self.chance.uniform(0.01, 2), 3)
        if kind == "area":
            label = self.chance.choice(self.area)
            return self.significant(area(label, size, self.condition(label)))
        if kind == "hedge":
            habitat = self.chance.choice(self.hedge)
            row = linear(habitat, size, self.chance.choice(["Good", "Moderate", "Poor"]))
            return self.significant(row | {"hedge_number": "H"})
        habitat = self.chance.choice(self.water)
        return self.significant(
            linear(habitat, size, self.chance.choice(_CONDITIONS)) | self.encroached(habitat)
        )

    def condition(self, label: str) -> str:
        scores = unit_tables().area_condition[label.casefold()]
        lawful = [c for c in _CONDITIONS + _OTHER if isinstance(scores[c.casefold()], float)]
        return self.chance.choice(lawful if self.chance.random() < 0.93 else _CONDITIONS + _OTHER)

    def encroached(self, habitat: str) -> Row:
        culvert = habitat == "Culvert" if self.chance.random() < 0.9 else self.chance.random() < 0.5
        return {
            f"{kind}_encroachment": "N/A - Culvert"
            if culvert
            else self.chance.choice([n for n in names if n != "N/A - Culvert"])
            for kind, names in self.encroachment.items()
        }

    def significant(self, row: Row) -> Row:
        return row | {"strategic_significance": self.chance.choice(_SIGNIFICANCE)}

    def place(self, off_site: bool) -> Row:
        if not off_site:
            return {}
        place = {"spatial_risk_category": self.chance.choice(_CATEGORIES)}
        if self.chance.random() < 0.95:
            place["offsite_reference"] = f"GAIN-{self.chance.randint(1, 4)}"
        return place

    def baseline(self, kind: str, off_site: bool) -> Row:
        row = self.row(kind, off_site) | self.place(off_site)
        size, unit = ("area_ha", "area") if kind == "area" else ("length_km", "length")
        draw = self.chance.random()
        whole = row[size]
        if draw < 0.35:
            row[f"{unit}_enhanced"] = whole
        elif draw < 0.5:
            row[f"{unit}_retained"] = round(whole / 2, 3)
            row[f"{unit}_enhanced"] = round(whole / 4, 3)
        elif draw < 0.6:
            row[f"{unit}_retained"] = whole
        if kind != "hedge" and self.chance.random() < 0.25:
            row["bespoke_compensation"] = self.chance.choice(["Yes", "No", "Pending"])
        if kind == "area":
            status = unit_tables().area[row["habitat"].casefold()].irreplaceable
            may = status == "Yes" or (status == "Yes/No" and self.chance.random() < 0.2)
            row["irreplaceable"] = "Yes" if may else "No"
        return row

    def timed(self, row: Row) -> Row:
        years: list[Any] = [None, None, 0, 1, 2, 3, 5, 10, 15, 20, 27, 30, "30+"]
        draw = self.chance.random()
        if draw < 0.3:
            return row | {"advance_years": self.chance.choice(years)}
        if draw < 0.6:
            return row | {"delay_years": self.chance.choice(years)}
        if draw < 0.65:
            return row | {"advance_years": 2, "delay_years": 3}
        if draw < 0.68:
            return row | {"advance_years": 1.5}
        return row

    def proposed(self, kind: str, reference: int, before: Row, off_site: bool) -> Row:
        row = self.row(kind, off_site)
        if self.chance.random() < 0.7:
            row["habitat"] = before["habitat"]
            if kind == "area":
                row["broad_habitat"] = before["broad_habitat"]
                row["condition"] = self.chance.choice(["Good", "Good", "Moderate", "Fairly Good"])
        row = {k: v for k, v in row.items() if k not in ("area_ha", "length_km", "hedge_number")}
        if kind == "watercourse" and self.chance.random() < 0.9:
            row |= self.encroached(row["habitat"])
        place = {"offsite_reference": before.get("offsite_reference")} if off_site else {}
        return self.timed(row) | place | {"baseline_ref": reference}
