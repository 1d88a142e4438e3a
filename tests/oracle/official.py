"""The official workbook as judge: many developments in one session of LibreOffice."""

import importlib.util
import json
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from tests.oracle.shared import METRIC

Json = dict[str, Any]
MODULES = {"area": "habitat", "hedgerow": "hedgerow", "watercourse": "watercourse"}
"""Our module -> its name in the results of oracle.py."""

_SYSTEM_PYTHON = "/usr/bin/python3"


def why_not() -> str | None:
    """Why the official workbook cannot be asked here; None where it can."""
    if not (METRIC / "oracle.py").exists():
        return "../shared/metric is not beside this project"
    python = _SYSTEM_PYTHON if Path(_SYSTEM_PYTHON).exists() else "python3"
    uno = subprocess.run([python, "-c", "import uno"], capture_output=True, check=False)
    if shutil.which("soffice") is None or uno.returncode:
        return "LibreOffice is missing: apt-get install libreoffice-calc-nogui python3-uno"
    return None


def _load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, METRIC / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@dataclass(frozen=True)
class Question:
    """A development and what it buys; the tool is asked what it makes of that."""

    name: str
    scenario: Json
    purchases: Sequence[Json] = ()


def calculate(questions: Iterable[Question], folder: Path) -> dict[str, Path]:
    """Fill and calculate one official workbook for each question; about 40 seconds each."""
    accept, pairs = _load("accept"), []
    for number, question in enumerate(questions):
        scenario = deepcopy(question.scenario)
        offsite = scenario.setdefault("offsite", {})
        for key, rows in accept.offsite_rows(question.purchases).items():
            offsite.setdefault(key, []).extend(rows)
        source = folder / f"{number}.json"
        source.write_text(json.dumps(scenario), encoding="utf-8")
        pairs.append((question.name, source, folder / f"{number}.xlsx"))
    if pairs:
        _load("oracle").build_many([(str(source), str(full)) for _, source, full in pairs])
    return {name: full for name, _, full in pairs}


def results(workbook: Path) -> Json:
    """The official results of a calculated workbook."""
    return _load("oracle").results(str(workbook))


def shortcomings(official: Json) -> list[str]:
    """Why the tool refuses; empty where it accepts, by the test of accept.py."""
    found = []
    if not str(official["trading_rules_satisfied"]).startswith("Yes"):
        found.append(f"trading: {official['trading_rules_satisfied']}")
    for module in MODULES.values():
        deficit = official["headline"][module]["unit_deficit"]
        if deficit != 0:
            found.append(f"{module} deficit: {deficit!r}")
    return found
