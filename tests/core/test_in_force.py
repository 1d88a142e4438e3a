"""The rules of another day are a preview; each row holds until the next of its key."""

from datetime import date

from bng_core.reference.in_force import KEYS, preview, rows_in_force

TODAY = date(2026, 11, 24)


def test_today_differs_from_itself_in_nothing():
    found = preview(TODAY, TODAY)

    assert [rules.name for rules in found] == [name for name, _ in KEYS.values()]
    assert all(rules.in_force > 0 and rules.changes == () for rules in found)
    announced = {rules.name: rules.announced for rules in found if rules.announced}
    assert announced == {"Spatial risk multipliers": 3}  # LNRS areas have no day yet


def test_before_the_metric_became_law_only_the_credit_prices_stood():
    by_name = {rules.name: rules for rules in preview(date(2023, 12, 1), TODAY)}

    credits, trading = by_name["Statutory credit prices"], by_name["Trading rules"]
    assert (credits.since, credits.changes) == (date(2023, 8, 18), ())
    assert (trading.in_force, trading.since) == (0, None)
    assert trading.changes[0].about == "area, Very High"
    assert trading.changes[0].before is not None
    assert trading.changes[0].after is None


def test_a_row_holds_until_the_next_of_its_key_begins():
    rows = [
        {"tier": "A1", "price": "48", "valid_from": "2027-01-01"},
        {"tier": "A1", "price": "42", "valid_from": "2023-08-18"},
        {"tier": "A2", "price": "60", "valid_from": "2023-08-18"},
    ]

    before, after = (rows_in_force(rows, ("tier",), date(year, 6, 1)) for year in (2026, 2027))

    assert {key: row["price"] for key, row in before.items()} == {("A1",): "42", ("A2",): "60"}
    assert {key: row["price"] for key, row in after.items()} == {("A1",): "48", ("A2",): "60"}
