"""The kept figures of our own developments are what the official tool gives today.

About a minute for each development that LibreOffice calculates.
"""

import json
from pathlib import Path

import pytest

from tests.oracle.metric_expected import DATA, all_scenarios, figures_of, oracle_module
from tests.oracle.official import why_not

REASON = why_not()
pytestmark = [pytest.mark.oracle, pytest.mark.skipif(bool(REASON), reason=str(REASON))]
RECALCULATED = ("hedgerows", "off_site_relations")


def test_the_official_tool_gives_the_kept_figures(tmp_path: Path) -> None:
    scenarios = {name: all_scenarios()[name] for name in RECALCULATED}
    pairs = []
    for name, scenario in scenarios.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(scenario), encoding="utf-8")
        pairs.append((str(tmp_path / f"{name}.json"), str(tmp_path / f"{name}.xlsx")))

    oracle_module().build_many(pairs)

    for name, scenario in scenarios.items():
        kept = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
        assert figures_of(tmp_path / f"{name}.xlsx", scenario) == kept
