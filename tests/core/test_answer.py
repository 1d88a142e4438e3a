"""An answer read back: what `bng optimise` printed, or one sentence on why it is not that."""

import copy
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bng_core.answer import read_answer
from bng_core.errors import BadInput
from bng_core.terms import Relation
from tests.builders import HERE, MODIFIED, ORCHARD, TODAY, a_demand, a_market, an_answer, an_offer

Json = dict[str, Any]
MARKET = a_market(an_offer(ORCHARD, 40_000), an_offer(MODIFIED, 18_000, bank_id="other"))
ANSWER = an_answer(a_demand(**{ORCHARD: 0.7}, area_net_gain=0.3), MARKET).to_json()
GIVE = "give what bng optimise printed."


def a_file(tmp_path: Path, content: object) -> Path:
    path = tmp_path / "result.json"
    if not isinstance(content, bytes):
        content = json.dumps(content).encode()
    path.write_bytes(content)
    return path


def refusal(tmp_path: Path, content: object) -> str:
    with pytest.raises(BadInput) as error:
        read_answer(a_file(tmp_path, content))
    return str(error.value)


def changed(*path: str | int, to: object) -> Json:
    """The answer with one value replaced; checks are found by their names."""
    answer = copy.deepcopy(ANSWER)
    place: Any = answer
    for step in path[:-1]:
        if isinstance(place, list) and isinstance(step, str):
            place = next(check for check in place if check["check"] == step)
        else:
            place = place[step]
    place[path[-1]] = to
    return answer


def test_an_answer_comes_back_whole_with_its_question(tmp_path: Path) -> None:
    answer, question = read_answer(a_file(tmp_path, ANSWER))

    assert answer == ANSWER
    assert question.site == HERE
    assert (question.lot, question.on_date) == (Decimal("0.01"), TODAY)
    assert question.default_basis == "bought"


def test_an_answer_with_preferences_comes_back_with_them(tmp_path: Path) -> None:
    asked = {
        "max_banks": 2,
        "nearest": Relation.LOCAL,
        "keep": {f"local/{ORCHARD}": Decimal("0.5")},
    }
    answer = an_answer(a_demand(**{ORCHARD: 0.7}), MARKET, lot=Decimal(0), **asked).to_json()

    _, question = read_answer(a_file(tmp_path, answer))

    assert question.lot == 0
    assert {name: getattr(question.preferences, name) for name in asked} == asked


def test_a_byte_order_mark_does_not_matter(tmp_path: Path) -> None:
    path = a_file(tmp_path, b"\xef\xbb\xbf" + json.dumps(ANSWER).encode())

    assert read_answer(path)[0] == ANSWER


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as error:
        read_answer(tmp_path / "none.json")

    assert str(error.value) == "none.json cannot be opened: No such file or directory."


def test_an_answer_without_purchases_has_nothing_to_check(tmp_path: Path) -> None:
    infeasible = an_answer(a_demand(**{ORCHARD: 900}), MARKET).to_json()

    assert refusal(tmp_path, infeasible) == (
        "result.json holds no purchases to check: its status is infeasible."
    )


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "Expecting value: line 1 column 1 (char 0)"),
        (b"{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        (b'{"units": NaN}', "NaN is no number of an answer"),
        (b'{"units": -Infinity}', "-Infinity is no number of an answer"),
        (b'{"units": 1e999}', "1e999 is no number of an answer"),
        (b'{"units": 2e12}', "2e12 is no number of an answer"),
        (b'{"units": 99999999999999}', "99999999999999 is no number of an answer"),
    ],
)
def test_what_is_no_json_is_refused_with_its_reason(tmp_path: Path, data: bytes, why: str) -> None:
    assert refusal(tmp_path, data) == f"result.json is not JSON ({why}); {GIVE}"


@pytest.mark.parametrize("data", [b"\xff\xfe[\x00]\x00", b"[" * 100_000, b"9" * 10_000])
def test_no_file_is_too_strange_for_a_sentence(tmp_path: Path, data: bytes) -> None:
    found = refusal(tmp_path, data)

    assert found.startswith("result.json is not JSON (")
    assert len(found) < 250


def without(field: str) -> Json:
    return {key: value for key, value in ANSWER.items() if key != field}


CHECKS = ("audit", "checks")


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ([], "$: expected type object"),
        (None, "$: expected type object"),
        ("x" * 5000, "$: expected type object"),
        ({}, "$: 'status' is a required property"),
        ({"metric_version": "4.1"}, "$: 'status' is a required property"),
        (without("purchases"), "$: 'purchases' is a required property"),
        (changed("status", to="done"), "$.status: expected enum optimal, feasible"),
        (changed("purchases", to="x" * 5000), "$.purchases: expected type array"),
        (changed("purchases", 0, "units", to="1"), "$.purchases[0].units: expected type number"),
        (changed("purchases", 0, "units", to=True), "$.purchases[0].units: expected type number"),
        (changed(*CHECKS, to=[]), "$.audit.checks: 'lots' is a required property"),
        (
            changed(*CHECKS, "lots", "lot", to=1e-9),
            "$.audit.checks.lots.lot: expected 0, or 0.0001 units or more",
        ),
        (
            changed(*CHECKS, "spatial risk", "site", to=None),
            "$.audit.checks['spatial risk'].site: expected type object",
        ),
        (
            changed(*CHECKS, "spatial risk", "site", "lpa", to=["a", "b"]),
            "$.audit.checks['spatial risk'].site.lpa: expected type string",
        ),
        (
            changed(*CHECKS, "price", "on_date", to="24/11/2026"),
            "$.audit.checks: Invalid isoformat string: '24/11/2026'",
        ),
        (
            changed(*CHECKS, "price", "default_basis", to="gross"),
            "$.audit.checks.price.default_basis: expected enum bought, effective",
        ),
        (
            changed(*CHECKS, "sums", "bank_fee_gbp", to=-1),
            "$.audit.checks.sums.bank_fee_gbp: expected minimum 0",
        ),
        (
            changed(*CHECKS, "preferences", "preferences", to={"max_banks": "two"}),
            "$.audit.checks.preferences.preferences.max_banks: expected type integer",
        ),
        (
            changed(*CHECKS, "preferences", "preferences", to={"keep": 5}),
            "$.audit.checks.preferences.preferences.keep: expected type object",
        ),
    ],
)
def test_json_that_is_no_answer_is_refused_at_its_first_fault(
    tmp_path: Path, content: object, fault: str
) -> None:
    assert refusal(tmp_path, content) == (
        f"result.json is not an answer of bng optimise ({fault}); {GIVE}"
    )


@pytest.mark.parametrize(
    "site", [{"atlantis": "x"}, {"lpa": "Oxford LPA"}], ids=["no names", "no nca"]
)
def test_a_site_without_its_names_is_refused(tmp_path: Path, site: Json) -> None:
    missing = "lpa" if "lpa" not in site else "nca"

    assert refusal(tmp_path, changed(*CHECKS, "spatial risk", "site", to=site)) == (
        "result.json is not an answer of bng optimise"
        f" ($.audit.checks['spatial risk'].site: '{missing}' is a required property); {GIVE}"
    )


def test_a_site_with_a_field_nobody_knows_is_refused(tmp_path: Path) -> None:
    site = {"lpa": "Oxford LPA", "nca": "Chilterns", "planet": "Mars"}

    found = refusal(tmp_path, changed(*CHECKS, "spatial risk", "site", to=site))

    assert found.startswith("result.json is not an answer of bng optimise ($.audit.checks: ")
    assert "'planet'" in found


def spoil_lists(answer: Json) -> None:
    answer["purchases"] = {}


def spoil_texts(answer: Json) -> None:
    answer["purchases"][0]["bank_id"] = 5


@pytest.mark.parametrize("spoil", [spoil_lists, spoil_texts])
def test_reading_never_changes_the_file(tmp_path: Path, spoil: Callable[[Json], None]) -> None:
    answer = copy.deepcopy(ANSWER)
    spoil(answer)
    path = a_file(tmp_path, answer)
    before = path.read_bytes()

    with pytest.raises(BadInput):
        read_answer(path)

    assert path.read_bytes() == before


def test_the_day_of_the_question_is_a_day(tmp_path: Path) -> None:
    answer = changed(*CHECKS, "price", "on_date", to="2024-02-29")

    assert read_answer(a_file(tmp_path, answer))[1].on_date == date(2024, 2, 29)
