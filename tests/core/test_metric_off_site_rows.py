"""A quote's purchases as off-site rows: the units bought, no more and no less."""

import pytest

from bng_core.metric.input_tables import scenario_inputs
from bng_core.metric.off_site_rows import Purchase, off_site_cells, with_purchases
from bng_core.metric.recompute import recompute
from bng_core.reference import load_habitats
from bng_core.terms import Module, Relation
from tests.metric_builders import SCENARIO


@pytest.mark.parametrize("relation", list(Relation))
@pytest.mark.parametrize("module", list(Module))
def test_the_rows_of_every_habitat_give_the_units_bought(
    module: Module, relation: Relation
) -> None:
    refused = []
    for habitat in load_habitats().by_label.values():
        if habitat.module is not module or habitat.score == 0:
            continue
        try:
            scenario = with_purchases({}, [Purchase(habitat.label, 1.23, relation, "GAIN-1")])
        except ValueError:
            refused.append(habitat.label)
            continue
        [site_units] = [
            row.result["units"]
            for rows in recompute(scenario_inputs(scenario), 0.1).units.values()
            for row in rows
        ]
        assert site_units == pytest.approx(1.23, rel=1e-9), habitat.label
    assert len(refused) < 20


def test_a_far_purchase_counts_half_in_the_headline() -> None:
    bought = Purchase("Grassland - Other neutral grassland", 2.0, Relation.FAR, "GAIN-1")

    result = recompute(scenario_inputs(with_purchases(SCENARIO, [bought])), 0.1)

    assert result.headline[Module.AREA].offsite_net_before_srm == pytest.approx(2.0)
    assert result.headline[Module.AREA].offsite_net_after_srm == pytest.approx(1.0)


def test_the_cells_say_where_to_enter_what() -> None:
    bought = Purchase("Native hedgerow", 0.5, Relation.ADJACENT, "GAIN-9")

    cells = off_site_cells([bought], {"E-2 Off-Site Hedge Creation": 2})

    assert cells["E-2 Off-Site Hedge Creation!D14"] == "Native hedgerow"
    assert cells["E-2 Off-Site Hedge Creation!AD14"] == "GAIN-9"
    assert str(cells["E-2 Off-Site Hedge Creation!M14"]).startswith("Compensation outside LPA")
