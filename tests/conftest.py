"""No test sees the developer's own stack or services; those that need a stack get a real one."""

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bng_core.settings import PROJECT_ROOT, STACK_NAMES, Settings, load_settings

BNG = [sys.executable, "-m", "bng_core.cli"]


def bng(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user would."""
    return subprocess.run(
        [*BNG, *arguments],
        capture_output=True,
        text=True,
        cwd=PROJECT_ROOT,
        check=False,
    )


@pytest.fixture(scope="session", autouse=True)
def data_dir() -> Iterator[Path]:
    """An empty data folder, with a space in its name, for the whole session."""
    with pytest.MonkeyPatch.context() as patch, temporary_data_dir() as folder:
        for name in STACK_NAMES:
            patch.delenv(name, raising=False)
        patch.setenv("BNG_DATA_DIR", str(folder))
        yield folder


class temporary_data_dir:  # noqa: N801
    """A data folder straight under the temporary folder, where a root user's services may enter."""

    def __enter__(self) -> Path:
        self.folder = Path(tempfile.mkdtemp(prefix="bng test "))
        return self.folder

    def __exit__(self, *error: object) -> None:
        pointer = self.folder / "service-home"
        if pointer.exists():
            shutil.rmtree(pointer.read_text().strip(), ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


@pytest.fixture(scope="session")
def stack(data_dir: Path) -> Iterator[Settings]:
    """One real local stack for all tests that ask for it; load_settings() finds it too."""
    started = bng("up", "--json")
    assert started.returncode == 0, started.stderr
    yield load_settings()
    stopped = bng("down")
    assert stopped.returncode == 0, stopped.stderr
