"""One of the strikes of tests.kill_parts, on the stack that all tests share."""

import pytest

from bng_core.store import RunStatus
from tests.kill_parts import strike

pytestmark = pytest.mark.stack


def test_a_worker_killed_in_mid_run_costs_no_answer(stack, whole):
    ended = strike(stack, whole, "task-worker-1", seed=20261124)

    assert {run.status for run in ended} == {RunStatus.DONE}
