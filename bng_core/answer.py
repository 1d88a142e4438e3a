"""An answer read back from its JSON (§4.3), its shape checked before anything uses it."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError

from bng_core.audit import Question, question_of
from bng_core.errors import BadInput
from bng_core.preferences import PREFERENCES_SCHEMA
from bng_core.terms import Basis

Json = dict[str, Any]

_NUMBER = {"type": "number"}
_AMOUNT = {"type": "number", "minimum": 0}
_TEXT = {"type": "string"}
_TEXT_OR_NONE = {"type": ["string", "null"]}
_LARGEST = 1e12
"""Beyond any units, price or cost; larger numbers would only break the exact arithmetic."""


def _record(**fields: Json) -> Json:
    return {"type": "object", "properties": fields, "required": list(fields)}


_SCHEMA = _record(
    status={"enum": ["optimal", "feasible"]},
    contract_size=_TEXT,
    cost=_record(units_gbp=_NUMBER, fees_gbp=_NUMBER, total_gbp=_NUMBER),
    purchases={
        "type": "array",
        "items": _record(
            **dict.fromkeys(("module", "habitat", "bank_id", "stock_id"), _TEXT),
            **dict.fromkeys(
                ("units", "srm", "units_after_srm", "unit_price_gbp", "cost_gbp"), _NUMBER
            ),
        ),
    },
    attribution={
        "type": "array",
        "items": _record(lost=_TEXT, units=_NUMBER, supplied=_TEXT, bank_id=_TEXT),
    },
    audit=_record(checks={"type": "array", "items": _record(check=_TEXT)}),
)

_SITE = _record(lpa=_TEXT, nca=_TEXT)
for _name in ("waterbody_id", "operational_catchment", "marine_plan_area", "lnrs"):
    _SITE["properties"][_name] = _TEXT_OR_NONE

_LOT = {
    "anyOf": [{"const": 0}, {"type": "number", "minimum": 0.0001}],
    "description": "0, or 0.0001 units or more",
}
_RECORDED = _record(
    **{
        "lots": _record(lot=_LOT),
        "spatial risk": _record(site=_SITE),
        "price": _record(
            on_date=_TEXT,
            default_basis={"enum": [str(basis) for basis in Basis]},
            discount_percent=_AMOUNT,
        ),
        "sums": _record(bank_fee_gbp=_AMOUNT, quote_fee_gbp=_AMOUNT),
        "preferences": _record(preferences=PREFERENCES_SCHEMA),
    }
)
"""What the checks recorded of the question, by the name of the check."""


def read_answer(path: Path) -> tuple[Json, Question]:
    """An answer with purchases to check, and the question it recorded.

    Raises BadInput where the file is not the JSON of `bng optimise`.
    """
    answer = _read_json(path)
    if isinstance(answer, dict) and answer.get("status") == "infeasible":
        raise BadInput(f"{path.name} holds no purchases to check: its status is infeasible.")
    _require(path.name, answer, _SCHEMA)
    recorded = {check["check"]: check for check in answer["audit"]["checks"]}
    _require(path.name, recorded, _RECORDED, "$.audit.checks")
    try:
        return answer, question_of(answer)
    except (TypeError, ValueError) as error:
        raise _no_answer(path.name, f"$.audit.checks: {error}") from error


def _read_json(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return json.loads(text, parse_constant=_number, parse_float=_number, parse_int=_number)
    except OSError as error:
        raise BadInput(f"{path.name} cannot be opened: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise BadInput(
            f"{path.name} is not JSON ({error}); give what bng optimise printed."
        ) from error


def _number(text: str) -> float | int:
    number = float(text)
    if not abs(number) <= _LARGEST:
        raise ValueError(f"{text[:20]} is no number of an answer")
    return int(text) if text.lstrip("-").isdigit() else number


def _require(file: str, found: Any, schema: Json, where: str = "$") -> None:
    """Raises BadInput with the first place at which what was found is not of the schema."""
    fault = next(iter(Draft202012Validator(schema).iter_errors(found)), None)
    if fault is None:
        return
    place = where + fault.json_path.removeprefix("$")
    if fault.validator == "required":
        raise _no_answer(file, f"{place}: {fault.message}")
    raise _no_answer(file, f"{place}: expected {_expected(fault)}")


def _expected(fault: ValidationError) -> str:
    if "description" in fault.schema:
        return str(fault.schema["description"])
    allowed = fault.validator_value
    allowed = ", ".join(allowed) if isinstance(allowed, list) else allowed
    return f"{fault.validator} {allowed}"


def _no_answer(file: str, fault: str) -> BadInput:
    return BadInput(
        f"{file} is not an answer of bng optimise ({fault}); give what bng optimise printed."
    )
