"""One of the strikes of tests.kill_parts, on the stack that all tests share."""

import pytest

from bng_core.runs import RunService
from bng_core.settings import Settings
from bng_core.store import RunStatus
from flows.service import open_service
from tests.kill_parts import strike

pytestmark = pytest.mark.stack


@pytest.fixture
def whole(stack: Settings, monkeypatch: pytest.MonkeyPatch) -> RunService:
    monkeypatch.setenv("BNG_DATA_DIR", str(stack.data_dir))
    return open_service()


def test_a_worker_killed_in_mid_run_costs_no_answer(stack, whole):
    ended = strike(stack, whole, "task-worker-1", seed=20261124)

    assert {run.status for run in ended} == {RunStatus.DONE}
