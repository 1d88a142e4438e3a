"""What a gain site supplies, by hand-checked figures; every fault with its line."""

from pathlib import Path

import pytest

from bng_core.errors import GainSiteError
from bng_core.gain_site import value_site
from bng_core.gain_site_columns import COLUMNS
from bng_core.gain_site_table import template

HEADER = ",".join(list(COLUMNS)[:12])


def a_site(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "site.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_a_created_parcel_supplies_what_it_gains(tmp_path: Path) -> None:
    modified, neutral = "Grassland - Modified grassland", "Grassland - Other neutral grassland"
    site = a_site(tmp_path, f"A,area,2,{modified},Poor,low,create,{neutral},Moderate,low")

    [parcel] = value_site(site).parcels

    # now 2 ha x 2 x 1 = 4; then 2 ha x 4 x 2 x 0.965^5 x 1 = 13.389; the rest is supplied
    assert parcel.baseline_units == 4
    assert parcel.units == pytest.approx(16 * 0.8368287006, rel=1e-9)
    assert parcel.supplied_units == pytest.approx(16 * 0.8368287006 - 4, rel=1e-9)


def test_parcels_of_one_habitat_are_one_stock_row(tmp_path: Path) -> None:
    line = "{},hedgerow,1,,,,create,Native hedgerow,Good,low"
    site = a_site(tmp_path, line.format("A"), line.format("B"))

    [row] = value_site(site, "BANK-7").stock

    # 2 x 1 km x 2 x 3 x 0.965^12 = 7.8251
    assert (row.stock_id, row.bank_id, row.habitat) == ("BANK-7-1", "BANK-7", "Native hedgerow")
    assert row.units_available == pytest.approx(12 * 0.965**12, abs=5e-5)


def test_what_is_retained_supplies_nothing(tmp_path: Path) -> None:
    site = a_site(tmp_path, "A,area,1,Wetland - Reedbeds,Good,low,retain,,,")

    valued = value_site(site)

    assert (valued.parcels[0].supplied_units, valued.stock) == (0, [])


def test_the_template_is_a_valid_site(tmp_path: Path) -> None:
    path = tmp_path / "site.csv"
    path.write_text(template(), encoding="utf-8")

    habitats = [row.habitat for row in value_site(path).stock]

    assert "Individual trees - Rural tree" in habitats
    assert "Ditches" in habitats


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (
            "A,sea,1,,,,create,Ditches,Good,low",
            "module “sea”: expected one of area, hedgerow, watercourse",
        ),
        (
            "A,area,1,,,,plant,Ditches,Good,low",
            "intervention “plant”: expected one of create, enhance, retain",
        ),
        (
            "A,area,1,,,,create,Ditches,Good,low",
            "habitat “Ditches” is no area habitat of the statutory metric",
        ),
        (
            "A,hedgerow,0,,,,create,Native hedgerow,Good,low",
            "size is “0”: expected more than 0",
        ),
        (
            "A,hedgerow,1,,,,enhance,Native hedgerow,Good,low",
            "baseline_habitat is blank: only a created parcel may have none",
        ),
        (
            "A,hedgerow,1,,,,create,Native hedgerow,Goodish,low",
            "condition is “Goodish”: the row has no known condition, so it gives no units",
        ),
        (
            "A,hedgerow,1,,,,create,Native hedgerow,Good,low,1.5",
            "advance_years is “1.5”: years are not whole, so the row gives no units",
        ),
    ],
)
def test_each_fault_is_told_with_its_line(tmp_path: Path, line: str, fault: str) -> None:
    with pytest.raises(GainSiteError) as caught:
        value_site(a_site(tmp_path, line))

    assert str(caught.value) == (
        f"The gain site in site.csv cannot be valued: 1 fault.\n  site.csv line 2: {fault}"
    )
