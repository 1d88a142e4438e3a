"""Random developments that a user could lawfully enter, compared with the official tool by hand.

`python -m tests.oracle.legal_developments SEED[:ROWS]...` lets LibreOffice calculate one official
workbook a seed (a minute or two each) and prints every cell that the engine gives otherwise: all
rows, the headline, trading, tiers and gain sites. Exit status 1 where any differs.
"""

import json
import random
import sys
import tempfile
from pathlib import Path
from typing import Any

from bng_core.metric.gain_sites import GainSite
from bng_core.metric.input_tables import scenario_inputs
from bng_core.metric.quirk_checks import quirks_of
from bng_core.metric.recompute import recompute
from bng_core.metric.row_checks import findings_of
from bng_core.metric.unit_tables import unit_tables
from bng_core.metric.unit_totals import losing_enhancements
from bng_core.terms import Module
from tests.oracle.metric_expected import figures_of, oracle_module
from tests.oracle.metric_scenarios import (
    BUILT,
    NEUTRAL,
    Row,
    Scenario,
    area,
    linear,
    scenario,
    water,
)

SITES = ("GAIN-1", "GAIN-2", "GAIN-3")
SIGNIFICANCE = ("low", "low", "medium", "high")
CATEGORIES = ("inside", "neighbouring", "outside", "provider")
CONDITIONS = ("Good", "Fairly Good", "Moderate", "Fairly Poor", "Poor")
NO_CONDITION = ("Condition Assessment N/A", "N/A - Other")
NOTED = {"bespoke_agreed", "bespoke_pending", "irreplaceable_loss"}
"""Findings of rows that are lawful all the same."""


def lawful(scope: str, lists: dict[str, list[Row]]) -> bool:
    """Whether the rows are in order, judged by the findings that a user would get."""
    units = recompute(scenario_inputs({scope: lists}), 0.1).units
    found = {
        kind
        for rows in units.values()
        for row in rows
        for kind, *_ in [*findings_of(row), *quirks_of(row)]
    }
    return not found - NOTED and not losing_enhancements(units, scope)


class Maker:
    """Draws rows from the tool's own lists until they are in order."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.agreed = seed % 4 != 0  # a Very High loss that is not makes every tier an error
        self.labels = [habitat.label for habitat in unit_tables().area.values()]

    def size(self) -> float:
        return self.chance.choice([0.01, 0.25, 1.0, round(self.chance.uniform(0.003, 4), 4)])

    def significant(self, row: Row) -> Row:
        return row | {"strategic_significance": self.chance.choice(SIGNIFICANCE)}

    def plain_row(self, kind: str) -> Row:
        if kind == "area":
            condition = self.chance.choice(CONDITIONS + NO_CONDITION)
            return self.significant(area(self.chance.choice(self.labels), self.size(), condition))
        condition = self.chance.choice(CONDITIONS)
        if kind == "hedge":
            habitat = self.chance.choice(unit_tables().hedgerow_type_names)
            row = linear(habitat, self.size(), condition, hedge_number=f"H{self.size()}")
            return self.significant(row)
        habitat = self.chance.choice(unit_tables().watercourse_type_names)
        return self.significant(
            water(habitat, self.size(), condition, **self.encroachment(habitat))
        )

    def encroachment(self, habitat: str) -> Row:
        culvert = habitat == "Culvert"
        return {
            f"{kind}_encroachment": self.chance.choice(
                [name for name in names if (name == "N/A - Culvert") == culvert]
            )
            for kind, names in unit_tables().encroachment_names.items()
        }

    def timed(self, row: Row) -> Row:
        years: list[Any] = [1, 2, 3, 5, 8, 12, 20, 29, 30, "30+"]
        field = self.chance.choice(["advance_years", "delay_years", None])
        return row | ({field: self.chance.choice(years)} if field else {})

    def placed(self, kind: str, row: Row) -> Row:
        marine = kind == "area" and row["broad_habitat"].startswith(("Intertidal", "Coastal salt"))
        names = [
            name
            for name in unit_tables().spatial["area"]
            if isinstance(name, str) and name.strip().startswith("intertidal")
        ]
        category = self.chance.choice(names if marine and names else CATEGORIES)
        reference = self.chance.choice(SITES)
        return row | {"spatial_risk_category": category, "offsite_reference": reference}

    def baseline(self, kind: str, off_site: bool) -> Row:
        row = self.plain_row(kind)
        unit, size = ("area", "area_ha") if kind == "area" else ("length", "length_km")
        if off_site:  # small, so that gain sites do not lose units as a rule
            row[size] = round(row[size] / 20, 5)
        whole = row[size]
        shares = [(0, 0), (0, 0), (1, 0), (0, 1), (0, 1), (0, 0.6), (0.3, 0), (0.25, 0.5)]
        retained, enhanced = self.chance.choice(shares)
        for part, share in (("retained", retained), ("enhanced", enhanced)):
            if share:
                row[f"{unit}_{part}"] = whole if share == 1 else round(whole * share, 6)
        if kind == "area":
            status = unit_tables().area[row["habitat"].casefold()].irreplaceable
            may = status == "Yes" or (status == "Yes/No" and self.chance.random() < 0.3)
            row["irreplaceable"] = "Yes" if may else "No"
        if kind != "hedge" and (self.very_high(row) or self.chance.random() < 0.3):
            answers = ["Yes", "Pending"] if self.agreed else ["Yes", "No", "Pending"]
            row["bespoke_compensation"] = self.chance.choice(answers)
        return row

    def very_high(self, row: Row) -> bool:
        name = row["habitat"].casefold()
        habitat = unit_tables().area.get(name) or unit_tables().watercourse[name]
        return habitat.distinctiveness == "V.High"

    def enhanced(self, kind: str, before: Row) -> Row:
        row = self.plain_row(kind)
        if self.chance.random() < 0.6:
            row |= {name: before[name] for name in ("habitat", "broad_habitat") if name in before}
            row |= self.encroachment(row["habitat"]) if kind == "watercourse" else {}
        row = {k: v for k, v in row.items() if k not in ("area_ha", "length_km", "hedge_number")}
        if "offsite_reference" in before:
            row["offsite_reference"] = before["offsite_reference"]
        return self.timed(row)

    def draw(self, scope: str, table: str, make: Any) -> Row:
        for _ in range(400):
            row: Row = make()
            if lawful(scope, {table: [row]}):
                return row
        raise RuntimeError(f"no lawful row for {table}")

    def lists(self, scope: str, rows: int) -> dict[str, list[Row]]:
        made: dict[str, list[Row]] = {}
        for kind in ("area", "hedge", "watercourse"):
            pairs = [self.pair(scope, kind) for _ in range(rows)]
            after = [second for _, second in pairs if second]
            made[f"{kind}_baseline"] = [first for first, _ in pairs]
            numbers = [i for i, (_, second) in enumerate(pairs, start=1) if second]
            made[f"{kind}_enhancement"] = [
                row | {"baseline_ref": number} for number, row in zip(numbers, after, strict=True)
            ]
            made[f"{kind}_creation"] = [
                self.draw(scope, f"{kind}_creation", lambda k=kind: self.created(scope, k))
                for _ in range(rows)
            ]
        return made

    def created(self, scope: str, kind: str) -> Row:
        row = self.timed(self.plain_row(kind))
        return self.placed(kind, row) if scope == "offsite" else row

    def pair(self, scope: str, kind: str) -> tuple[Row, Row | None]:
        """A baseline row, with its enhancement where a part of it is enhanced."""
        part = "area_enhanced" if kind == "area" else "length_enhanced"
        for _ in range(2000):
            before = self.baseline(kind, scope == "offsite")
            before = self.placed(kind, before) if scope == "offsite" else before
            if not before.get(part):
                if lawful(scope, {f"{kind}_baseline": [before]}):
                    return before, None
                continue
            for after in [self.enhanced(kind, before) for _ in range(8)]:
                lists = {  # twice, because the first row of A-3 lacks a test
                    f"{kind}_baseline": [before, before],
                    f"{kind}_enhancement": [after | {"baseline_ref": i} for i in (1, 2)],
                }
                if lawful(scope, lists):
                    return before, after
        raise RuntimeError(f"no lawful pair for {kind}")


def legal(seed: int, rows: int = 25) -> Scenario:
    """A development with every sheet in use, each row in order, and areas that agree."""
    maker = Maker(seed)
    off_site = rows if seed % 2 else max(2, rows // 5)  # few, so that units stay short
    lists = {"onsite": maker.lists("onsite", rows), "offsite": maker.lists("offsite", off_site)}
    for each in lists.values():
        _make_areas_agree(each)
    for site in recompute(scenario_inputs({"offsite": lists["offsite"]}), 0.1).gain_sites:
        if site.loses:
            _make_good(lists["offsite"], site)
    target = maker.chance.choice([0.1, 0.1, 0.15, 0.2])
    return scenario(f"Legal {seed}", target, **lists["onsite"], offsite=lists["offsite"])


def _make_good(lists: dict[str, list[Row]], site: GainSite) -> None:
    """More is created on a gain site that would lose units, which the tool refuses."""
    place = {"spatial_risk_category": "neighbouring", "offsite_reference": site.reference}
    size = round(-site.change, 3) + 0.01
    if site.module is Module.AREA:
        crops = area("Cropland - Cereal crops", size, "Condition Assessment N/A", **place)
        lists["area_baseline"].append(crops | {"irreplaceable": "No"})
        lists["area_creation"].append(area(NEUTRAL, size, "Good", **place))
    elif site.module is Module.WATERCOURSE:
        lists["watercourse_creation"].append(water("Ditches", size, "Good", **place))


def _make_areas_agree(lists: dict[str, list[Row]]) -> None:
    """Land that is built on, or a field that is lost, so that created is lost area."""

    def ground(table: str) -> list[Row]:
        grounded = {h.label for h in unit_tables().area.values() if h.covers_ground}
        return [r for r in lists[table] if f"{r['broad_habitat']} - {r['habitat']}" in grounded]

    lost = sum(
        row["area_ha"] - row.get("area_retained", 0) - row.get("area_enhanced", 0)
        for row in ground("area_baseline")
    )
    missing = round(lost - sum(row["area_ha"] for row in ground("area_creation")), 5)
    place = {k: v for k, v in lists["area_baseline"][0].items() if k.endswith(("category", "ence"))}
    place = {k: v for k, v in place.items() if k in ("spatial_risk_category", "offsite_reference")}
    if missing > 0:
        lists["area_creation"].append(area(BUILT, missing, "N/A - Other", **place))
    elif missing < 0:
        crops = area("Cropland - Cereal crops", -missing, "Condition Assessment N/A", **place)
        lists["area_baseline"].append(crops | {"irreplaceable": "No"})


def differences(made: dict[str, Scenario]) -> list[str]:
    """Every cell that the tool and the engine give differently, after calculating anew."""
    from tests.core.test_metric_units import differing, figure_cells, row_cells

    found: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        pairs = []
        for seed, development in made.items():
            source = Path(folder) / f"{seed}.json"
            source.write_text(json.dumps(development), encoding="utf-8")
            pairs.append((str(source), str(source.with_suffix(".xlsx"))))
        oracle_module().build_many(pairs)
        for (_, workbook), (seed, development) in zip(pairs, made.items(), strict=True):
            official = figures_of(Path(workbook), development)
            result = recompute(scenario_inputs(development), development["target"])
            cells = row_cells(result) | figure_cells(result)
            unlike = differing(official, cells)
            print(f"seed {seed}: {len(cells)} cells, {len(unlike)} differ")
            found += [f"seed {seed}: {each}" for each in unlike]
            found += _gain_sites(seed, workbook, result.gain_sites)
    return found


def _gain_sites(seed: str, workbook: str, ours: list[Any]) -> list[str]:
    theirs = {
        (module, site["reference"]): site
        for module, sites in oracle_module().results(workbook)["gain_sites"].items()
        for site in sites
    }
    found = []
    for site in ours:
        official = theirs.get((str(site.module), site.reference))
        if official is None:
            found.append(f"seed {seed}: no {site.module} gain site {site.reference}")
            continue
        for name, value in (
            ("change_pre_srm", site.change),
            ("change_post_srm", site.change_after_srm),
        ):
            if site.loses and isinstance(official[name], str):
                continue  # the tool writes why it refuses the site
            if abs(float(official[name] or 0) - value) > 1e-9 * max(1.0, abs(value)):
                found.append(f"seed {seed}: {site} {name} {official[name]}")
    return found


if __name__ == "__main__":
    asked = [argument.partition(":") for argument in sys.argv[1:]]
    unlike = differences({seed: legal(int(seed), int(rows or 25)) for seed, _, rows in asked})
    print("\n".join(unlike) or "every cell agrees")
    sys.exit(bool(unlike))
