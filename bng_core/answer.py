"""An answer read back from its JSON (§4.3), its shape checked before anything uses it."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from bng_core.audit import Question, question_of
from bng_core.errors import BadInput

Json = dict[str, Any]

_NUMBER = {"type": "number"}
_TEXT = {"type": "string"}


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


def read_answer(path: Path) -> tuple[Json, Question]:
    """An answer with purchases to check, and the question it recorded.

    Raises BadInput where the file is not the JSON of `bng optimise`.
    """
    try:
        answer = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse)
    except OSError as error:
        raise BadInput(f"{path.name} cannot be opened: {error.strerror}.") from error
    except ValueError as error:
        raise BadInput(
            f"{path.name} is not JSON ({error}); give what bng optimise printed."
        ) from error
    if isinstance(answer, dict) and answer.get("status") == "infeasible":
        raise BadInput(f"{path.name} holds no purchases to check: its status is infeasible.")
    fault = next(iter(Draft202012Validator(_SCHEMA).iter_errors(answer)), None)
    if fault is not None:
        raise BadInput(
            f"{path.name} is not an answer of bng optimise: {fault.json_path} {fault.message}."
        )
    try:
        return answer, question_of(answer)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise BadInput(
            f"{path.name} does not record its question (place, lot, day) in audit.checks;"
            " give what bng optimise printed."
        ) from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")
