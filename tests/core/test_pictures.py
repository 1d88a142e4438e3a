"""Tables and pictures for notebooks: what they say, and that pictures say it in words too."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bng_core.errors import BadInput
from bng_core.market import Market, market_from_tables, read_market
from bng_core.market_words import (
    banks_and_stock,
    contract_sizes,
    habitats_on_sale,
    on_request,
    records,
)
from bng_core.metric import read_metric
from bng_core.picture_map import market_html, market_points, near_and_far, outlines, plot_market
from bng_core.picture_portfolio import scarcity_html
from bng_core.picture_prices import price_ranges_html
from bng_core.picture_units import before_and_after, losses_html
from bng_core.preferences import Charges
from bng_core.price_build import price_build, price_build_html, stock_taken
from bng_core.settings import PROJECT_ROOT
from tests.builders import ADJACENT, FAR, MODIFIED, ORCHARD, a_demand, a_market, an_answer, an_offer
from tests.portfolio_builders import a_portfolio, two_that_want_one_orchard

DAY = date(2026, 11, 24)
SAMPLE = PROJECT_ROOT / "sample"
MARKET = a_market(
    an_offer(MODIFIED, 10_000, units=2, bank_id="a"),
    an_offer(MODIFIED, 14_000, units=3, bank_id="b", where=ADJACENT),
    an_offer(ORCHARD, 30_000, units=1, bank_id="c", where=FAR),
)

LOCALS = a_market(
    an_offer(MODIFIED, 10_000, units=2, bank_id="a"),
    an_offer(MODIFIED, 14_000, units=3, bank_id="b"),
)


def placed(market: Market) -> Market:
    """The same market with a position for every bank but the last."""
    tables = market.tables()
    lat = ["51.5", "52.5", ""]
    tables["banks"] = tables["banks"].assign(lat=lat, lon=["-1", "0", ""])
    return market_from_tables(tables)


def test_a_habitat_on_sale_has_its_banks_units_and_prices():
    table = habitats_on_sale(MARKET, "medium", DAY).set_index("Habitat")

    assert table.loc[MODIFIED].tolist() == ["area", 2, 5.0, 10_000, 12_000, 14_000]
    assert table.index.tolist() == [MODIFIED, ORCHARD]


def test_prices_that_have_ended_are_no_prices_and_their_stock_is_on_request():
    tables = MARKET.tables()
    ended = tables["prices"].assign(valid_to="2026-11-23")
    market = market_from_tables(tables | {"prices": ended})

    assert habitats_on_sale(market, "medium", DAY)["Median, GBP"].isna().all()
    assert on_request(market, DAY)["units"].tolist() == [2, 3, 1]
    assert on_request(MARKET, DAY).empty


def test_a_table_with_blanks_is_saved_as_plain_values():
    tables = MARKET.tables()
    ended = tables["prices"].assign(valid_to="2026-11-23")
    table = habitats_on_sale(market_from_tables(tables | {"prices": ended}), "medium", DAY)

    saved = records({"habitats": table})

    json.dumps(saved, allow_nan=False)
    assert saved["habitats"][0]["Median, GBP"] is None


def test_larger_contracts_are_listed_from_the_smallest():
    sizes = contract_sizes(read_market(SAMPLE / "market"), DAY).columns.tolist()

    assert [size.split(",")[0] for size in sizes] == ["fractional", "small", "medium", "large"]


def test_banks_on_the_map_are_as_near_as_the_multiplier_takes_them():
    points = market_points(placed(MARKET), "South Oxfordshire", "Upper Thames Clay Vales")

    assert points.set_index("bank_id")["near"].to_dict() == {"a": "local", "b": "adjacent"}
    assert near_and_far(points)["units"].tolist() == [2, 3, 0]
    assert "local: 1 banks with 2.00 units; adjacent: 1 banks with 3.00 units" in market_html(
        points
    )


def test_a_map_of_one_habitat_has_only_its_stock():
    place = ("South Oxfordshire", "Upper Thames Clay Vales")

    with pytest.raises(BadInput) as nowhere:
        market_points(placed(MARKET), *place, ORCHARD)
    with pytest.raises(BadInput) as unknown:
        market_points(placed(MARKET), *place, "Lawn")

    assert str(nowhere.value) == (f"No bank on the map sells {ORCHARD}; leave the habitat blank.")
    assert str(unknown.value) == (
        "“Lawn” is not a habitat of the statutory metric; expected an official name, such as "
        "“Grassland - Other neutral grassland”."
    )
    assert banks_and_stock(MARKET, ORCHARD)["bank_id"].tolist() == ["c"]


def test_outlines_are_drawn_with_whose_they_are(tmp_path: Path):
    ring = [[-2, 51], [-1, 51], [-1, 52], [-2, 51]]
    area = {
        "type": "Feature",
        "properties": {"LPA24NM": "Cherwell LPA"},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    (tmp_path / "lpa.json").write_text(
        json.dumps({"type": "FeatureCollection", "features": [area]})
    )
    points = market_points(placed(MARKET), "South Oxfordshire", "Upper Thames Clay Vales")

    drawn = plot_market(points, outlines(str(tmp_path)))

    (lines,) = [c for c in drawn.axes[0].collections if hasattr(c, "get_segments")]
    assert len(lines.get_segments()) == 1
    assert "Crown copyright" in drawn.get_supxlabel()
    assert outlines("") == outlines(str(tmp_path), "nca") == ()


def test_a_price_is_made_up_of_list_price_discount_and_fees():
    charges = Charges(Decimal(100), Decimal(500), Decimal(5))
    answer = an_answer(a_demand(**{MODIFIED: 3}), LOCALS, charges=charges).to_json()

    steps = price_build(answer, charges)

    # 2 units at 10,000 and 1 at 14,000 less 5 %; 2 banks at 100 and 500 for the quote
    assert steps["GBP"].to_dict() == {
        "Units at list price": 34_000,
        "Discount of 5 %": -1_700,
        "Fees": 700,
        "To pay": 33_000,
    }
    assert "Discount of 5 %: -£1,700.00" in price_build_html(steps)


def test_what_a_purchase_takes_is_set_beside_what_is_free():
    answer = an_answer(a_demand(**{MODIFIED: 3}), LOCALS).to_json()

    taken = stock_taken(answer, LOCALS).set_index("Bank")

    assert taken["Units left"].to_dict() == {"Bank a": 0, "Bank b": 2}
    assert taken.loc["Bank a", "Share taken"] == 1


def test_units_before_and_after_are_those_of_the_workbook():
    metric = read_metric(SAMPLE / "metric.xlsx", "metric.xlsx")

    table = before_and_after(metric).set_index("Habitat")

    # 3 ha x 2 x 1 before; 0.2 ha retained and 0.3 ha created after
    assert table.loc["Grassland - Modified grassland", "Before"] == 6.0
    assert table["Change"].is_monotonic_increasing
    assert "Grassland - Modified grassland: 2.63 of 4.56 units to buy" in losses_html(metric)


def test_every_picture_says_in_words_what_it_shows():
    scarce = scarcity_html(a_portfolio(*two_that_want_one_orchard()))
    ranges = price_ranges_html(habitats_on_sale(MARKET, "medium", DAY))

    assert 'alt="What is scarce. One more unit of' in scarce
    assert f"{MODIFIED}: £10,000 to £14,000" in ranges
