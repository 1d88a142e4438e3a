"""Invented developments in the format of ../shared/metric/oracle.py, each with a trap in it."""

from typing import Any

Row = dict[str, Any]
Scenario = dict[str, Any]

CLEAR = {
    "watercourse_encroachment": "No Encroachment",
    "riparian_encroachment": "No Encroachment/ No Encroachment",
}
CULVERT = {"watercourse_encroachment": "N/A - Culvert", "riparian_encroachment": "N/A - Culvert"}


def area(label: str, hectares: float, condition: str = "Moderate", **columns: object) -> Row:
    """An area row; the label is "Broad habitat - Habitat type"."""
    broad, habitat = label.split(" - ", 1)
    size = {"broad_habitat": broad, "habitat": habitat, "area_ha": hectares}
    return {**size, "condition": condition, "strategic_significance": "low", **columns}


def line(habitat: str, km: float, condition: str = "Moderate", **columns: object) -> Row:
    """A row of hedgerow or watercourse."""
    size = {"habitat": habitat, "length_km": km}
    return {**size, "condition": condition, "strategic_significance": "low", **columns}


def sealed(hectares: float) -> Row:
    """Land built on."""
    return area("Urban - Developed land; sealed surface", hectares, "N/A - Other")


def at(site: str | None, spatial: str) -> Row:
    """Columns of an off-site row; without a gain site reference it has no units before SRM."""
    reference = {"offsite_reference": site} if site else {}
    return {"spatial_risk_category": spatial, **reference}


def scenario(
    onsite: dict[str, list[Row]],
    offsite: dict[str, list[Row]] | None = None,
    target: float = 0.1,
) -> Scenario:
    """A whole scenario."""
    project = {"planning_authority": "Test District Council", "project_name": "Invented"}
    return {"project": project, "target": target, "onsite": onsite, "offsite": offsite or {}}


SCENARIOS: dict[str, Scenario] = {
    # the tool tells a gain site that loses units by a message, but not for hedgerows: a typo
    "a hedgerow gain site that loses units": scenario(
        {
            "area_baseline": [area("Grassland - Modified grassland", 0.6)],
            "area_creation": [sealed(0.6)],
            "hedge_baseline": [line("Native hedgerow", 0.3)],
        },
        {
            "hedge_baseline": [line("Native hedgerow", 0.2, **at("GS-1", "neighbouring"))],
            "hedge_creation": [line("Native hedgerow", 0.05, **at("GS-1", "neighbouring"))],
            "area_baseline": [area("Cropland - Cereal crops", 0.4, "Condition Assessment N/A",
                                   **at("GS-2", "outside"))],
            "area_creation": [area("Grassland - Other neutral grassland", 0.4,
                                   **at("GS-2", "outside"))],
        },
    ),
    # units after SRM, none before it: they count once anything is bought
    "an off-site hedgerow without a gain site reference": scenario(
        {
            "hedge_baseline": [
                line("Native hedgerow", 0.5),
                line("Species-rich native hedgerow", 0.15, "Good"),
            ],
            "hedge_creation": [line("Native hedgerow", 0.1)],
        },
        {"hedge_creation": [line("Species-rich native hedgerow", 0.1, **at(None, "inside"))]},
    ),
    # only a Very High surplus may answer for High hedgerows; another High type may not
    "high hedgerow losses with a very high surplus": scenario(
        {
            "hedge_baseline": [
                line("Species-rich native hedgerow with trees", 0.1),
                line("Native hedgerow with trees - associated with bank or ditch", 0.1),
                line("Line of trees", 0.2),
            ],
            "hedge_creation": [
                line("Species-rich native hedgerow with trees - associated with bank or ditch",
                     0.05),
                line("Species-rich native hedgerow - associated with bank or ditch", 0.1),
            ],
        },
        target=0.2,
    ),
    # a Medium surplus of one group helps no other group, but helps Low
    "a medium surplus beside deficits of two groups": scenario(
        {
            "area_baseline": [
                area("Grassland - Modified grassland", 2.0),
                area("Heathland and shrub - Mixed scrub", 0.25),
                area("Lakes - Ponds (non-priority habitat)", 0.06),
                area("Grassland - Traditional orchards", 0.1),
            ],
            "area_creation": [
                area("Grassland - Other neutral grassland", 0.5),
                area("Wetland - Reedbeds", 0.06, "Poor"),
                sealed(1.85),
            ],
        },
        target=0.2,
    ),
    # a better watercourse gain answers for the culvert; what is bespoke is in no account
    "a culvert lost for a ditch, and bespoke compensation": scenario(
        {
            "area_baseline": [
                area("Grassland - Lowland meadows", 0.3, bespoke_compensation="Yes"),
                area("Woodland and forest - Lowland mixed deciduous woodland", 0.4, "Good",
                     irreplaceable="Yes", area_retained=0.4),
                area("Grassland - Other neutral grassland", 0.5),
            ],
            "area_creation": [sealed(0.8)],
            "watercourse_baseline": [
                line("Culvert", 0.12, "Poor", **CULVERT),
                line("Ditches", 0.1, **CLEAR),
                line("Other rivers and streams", 0.05, **CLEAR),
            ],
            "watercourse_creation": [line("Ditches", 0.14, **CLEAR)],
        },
    ),
    # the Medium group of intertidal sediment holds the integrated greening (IGGI)
    "intertidal sediment lost, grey infrastructure greened": scenario(
        {
            "area_baseline": [
                area("Intertidal sediment - Littoral sand", 0.5),
                area("Coastal saltmarsh - Saltmarshes and saline reedbeds", 0.05),
                area("Grassland - Modified grassland", 0.4, "Poor"),
            ],
            "area_creation": [
                area("Intertidal hard structures - Artificial hard structures with integrated "
                     "greening of grey infrastructure (IGGI)", 0.2),
                sealed(0.95),
            ],
        },
    ),
}  # fmt: skip
