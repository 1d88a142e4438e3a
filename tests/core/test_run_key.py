import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

import bng_core
from bng_core.run_key import Versions, code_version, run_key

PARAMETERS = {"lpa": "Leeds LPA", "lot": "0.01", "on_date": "2026-11-24"}
VERSIONS = Versions(input_sha256="i", market="m", rulebook="r", code="c")


def a_notebook(folder: Path, source: str = "answer = 42", **cell: object) -> Path:
    path = folder / "question.ipynb"
    code = {"cell_type": "code", "metadata": {}, "source": source, "outputs": [], **cell}
    path.write_text(json.dumps({"cells": [code], "metadata": {}}))
    return path


def test_equal_questions_have_equal_keys_whatever_the_order_of_their_parameters(tmp_path):
    turned = dict(reversed(PARAMETERS.items()))

    first, second = (run_key(a_notebook(tmp_path), p, VERSIONS) for p in (PARAMETERS, turned))

    assert first == second


@pytest.mark.parametrize("changed", ["input_sha256", "market", "rulebook", "code"])
def test_every_version_is_part_of_the_key(tmp_path, changed):
    notebook = a_notebook(tmp_path)

    assert run_key(notebook, PARAMETERS, VERSIONS) != run_key(
        notebook, PARAMETERS, replace(VERSIONS, **{changed: "another"})
    )


@pytest.mark.parametrize("changed", ["lpa", "lot", "on_date"])
def test_every_parameter_is_part_of_the_key_the_day_of_the_prices_too(tmp_path, changed):
    notebook = a_notebook(tmp_path)

    assert run_key(notebook, PARAMETERS, VERSIONS) != run_key(
        notebook, PARAMETERS | {changed: "another"}, VERSIONS
    )


def test_the_notebook_counts_as_written_and_its_outputs_do_not(tmp_path):
    key = run_key(a_notebook(tmp_path), PARAMETERS, VERSIONS)

    executed = a_notebook(tmp_path, outputs=[{"text": "42"}], execution_count=7)
    assert run_key(executed, PARAMETERS, VERSIONS) == key
    rewritten = a_notebook(tmp_path, source="answer = 43")
    assert run_key(rewritten, PARAMETERS, VERSIONS) != key
    tagged = a_notebook(tmp_path, metadata={"tags": ["parameters"]})
    assert run_key(tagged, PARAMETERS, VERSIONS) != key


def test_a_parameter_that_is_no_number_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        run_key(a_notebook(tmp_path), {"lot": float("nan")}, VERSIONS)


def version_of_the_package_in(folder: Path) -> str:
    script = "from bng_core.run_key import code_version; print(code_version())"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_changed_line_of_code_or_a_changed_rule_changes_the_code_version(tmp_path):
    copy = tmp_path / "bng_core"
    shutil.copytree(
        Path(bng_core.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__")
    )
    as_copied = version_of_the_package_in(tmp_path)
    (copy / "solve.py").open("a").write("# one more line\n")
    with_a_line = version_of_the_package_in(tmp_path)
    (copy / "reference" / "trading_rules.csv").open("a").write("\n")
    with_a_rule = version_of_the_package_in(tmp_path)

    assert len({as_copied, with_a_line, with_a_rule}) == 3


def test_the_code_version_is_the_same_at_every_call():
    assert code_version() == code_version()
