"""Kernels that are ready: each used once, replaced when it died or its code is old, gone at end."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bng_core.settings import PROJECT_ROOT
from flows.kernels import PREFIX, Kernel, KernelPool, imports_of, remove_left_over
from tests.asking import wait_until

IMPORT = "import colorsys"


@pytest.fixture
def pool(tmp_path_factory: pytest.TempPathFactory, monkeypatch) -> Iterator[KernelPool]:
    short = tempfile.mkdtemp(prefix="k")  # sockets have short paths
    monkeypatch.setattr(tempfile, "tempdir", short)
    pool = KernelPool(1, IMPORT)
    yield pool
    pool.close()
    assert list(Path(short).iterdir()) == []
    Path(short).rmdir()


def test_a_kernel_is_given_away_once_and_the_next_is_made_when_it_is_closed(pool):
    wait_until(lambda: pool.ready == 1)

    first = pool.take()
    assert pool.ready == 0
    first.close()
    wait_until(lambda: pool.ready == 1)
    second = pool.take()

    assert not first.alive
    assert second.alive
    assert second.folder != first.folder
    second.close()


def test_a_kernel_that_died_while_it_waited_is_not_given_away(pool):
    wait_until(lambda: pool.ready == 1)
    waiting = pool._ready.queue[0]

    waiting.kill()
    wait_until(lambda: not waiting.alive)
    with pool.take() as taken:
        assert taken.alive
        assert taken is not waiting


def test_a_kernel_that_imported_older_code_is_not_given_away(pool):
    wait_until(lambda: pool.ready == 1)
    waiting = pool._ready.queue[0]

    waiting.code = "of yesterday"
    with pool.take() as taken:
        assert taken is not waiting
    assert not waiting.alive


def test_a_prelude_that_fails_leaves_no_process_and_no_folder():
    before = set(psutil.Process().children())

    with pytest.raises(RuntimeError, match="the imports of the notebooks fail: No module named"):
        Kernel("import no_such_module")

    wait_until(lambda: set(psutil.Process().children()) <= before)


def test_what_a_killed_worker_left_is_removed_and_what_a_living_one_has_stays(monkeypatch):
    folder = Path(tempfile.mkdtemp())
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    gone = psutil.Popen(["true"])
    gone.wait()
    (folder / f"{PREFIX}{gone.pid}-a").mkdir()
    (folder / f"{PREFIX}{psutil.Process().pid}-b").mkdir()

    remove_left_over()

    assert [path.name for path in folder.iterdir()] == [f"{PREFIX}{psutil.Process().pid}-b"]


def test_the_imports_of_the_notebooks_are_what_a_kernel_runs_beforehand():
    lines = imports_of(PROJECT_ROOT / "notebooks" / "optimise.ipynb").splitlines()

    assert "from bng_core.optimise import optimise" in lines
    assert "import pandas as pd" in lines
    assert all(line.startswith(("import ", "from ")) for line in lines)
