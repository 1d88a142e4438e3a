import pytest

from bng_core.picture import picture_html, plot_allocation
from bng_core.report import losses_table, purchases_table, styled, verdict, verdict_html
from tests.builders import ORCHARD, a_demand, a_market, an_answer, an_offer

BAD_NAME = '<script>alert("x")</script>'


def an_orchard_answer(units: float = 1.5, price: float = 40_000) -> dict:
    return an_answer(a_demand(**{ORCHARD: units}), a_market(an_offer(ORCHARD, price))).to_json()


def a_purchase(number: int, bank: int, habitat: str = "") -> dict:
    return {
        "bank_id": f"B{bank:03d}",
        "habitat": habitat or f"Habitat {number % 13}",
        "units": 1.25,
        "cost_gbp": 30_000.0 + number,
    }


def test_a_proved_answer_says_what_it_costs_that_it_is_proved_and_audited():
    # 1.5 orchard units at 40,000
    assert verdict(an_orchard_answer()) == (
        "Buy 1.50 units from 1 bank for £60,000.00. Proved: no lawful purchase on this market is "
        "cheaper. The independent audit passed."
    )


def test_an_unproved_answer_says_how_much_could_be_saved_at_most():
    answer = an_orchard_answer() | {"proven": False, "status": "feasible", "gap": 0.0125}

    assert "Best found, not proved: a cheaper one could save at most 1.25% of the cost." in verdict(
        answer
    )


def test_a_failed_audit_is_never_passed_over():
    answer = an_orchard_answer()
    answer = answer | {"audit": {"passed": False, "checks": []}}

    assert verdict(answer).endswith("The independent audit FAILED: do not use this answer.")


def test_no_lawful_answer_says_what_is_short():
    market = a_market(an_offer(ORCHARD, 40_000, units=0.35))
    answer = an_answer(a_demand(**{ORCHARD: 1.2}), market).to_json()

    first, reason = verdict(answer).split("\n", 1)

    assert first == "No lawful answer."
    assert "1.20 units needed, 0.35 for sale" in reason


def test_tables_have_a_line_per_purchase_and_loss_and_none_when_there_are_none():
    answer = an_orchard_answer()

    assert list(purchases_table(answer)["Units bought"]) == [1.5]
    assert list(losses_table(answer)["Lost or required"]) == [ORCHARD]
    nothing = {"purchases": [], "attribution": []}
    assert len(purchases_table(nothing)) == len(losses_table(nothing)) == 0


def test_names_from_outside_are_escaped_wherever_html_is_made():
    answer = an_orchard_answer()
    purchase = answer["purchases"][0] | {"bank_id": BAD_NAME, "habitat": BAD_NAME}
    answer = answer | {"purchases": [purchase]}
    no_answer = {"status": "infeasible", "reasons": [{"message": BAD_NAME, "remedies": []}]}

    shown = styled(purchases_table(answer)).to_html() + picture_html(answer)

    assert BAD_NAME not in shown + verdict_html(no_answer)
    assert "&lt;script&gt;" in shown


def test_the_picture_says_the_same_in_words():
    assert (
        'alt="What is bought at each bank. local: 1.50 units of Grassland - Traditional orchards '
        'for £60,000.00."'
    ) in picture_html(an_orchard_answer())


@pytest.mark.parametrize(("banks", "bars"), [(1, 1), (15, 15), (16, 15), (200, 15)])
def test_the_smaller_banks_of_many_are_drawn_together(banks, bars):
    answer = {"purchases": [a_purchase(n, bank=n % banks) for n in range(max(banks, 30))]}

    left, _ = plot_allocation(answer).axes

    names = [label.get_text() for label in left.get_yticklabels()]
    assert len(names) == bars
    assert (f"{banks - 14} other banks" == names[-1]) is (banks > 15)
    units = sum(bar.get_width() for container in left.containers for bar in container)
    assert units == pytest.approx(1.25 * max(banks, 30))


def test_an_answer_without_purchases_is_drawn_as_a_sentence():
    answer = an_orchard_answer() | {"purchases": []}

    (sentence,) = plot_allocation(answer).texts

    assert sentence.get_text().startswith("Nothing has to be bought.")
