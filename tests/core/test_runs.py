import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import text

from bng_core import attempt as attempts
from bng_core.actor import SYSTEM, Actor, Role
from bng_core.attempt import ClaimLost
from bng_core.cache import Cache, open_cache
from bng_core.errors import BadInput, MetricError, NotAllowed, UnknownPlace
from bng_core.question import Question
from bng_core.runs import RunService, Upload, file_name, poll, recover, submit, where_it_stands
from bng_core.settings import PROJECT_ROOT
from bng_core.store import (
    Queue,
    RunStatus,
    Store,
    connect,
    list_runs,
    load_notebook,
    load_run,
    save_market,
)
from bng_core.store.leases import Outcome, cancel_run, claim_next
from bng_core.store.run_pages import RunSearch, list_run_rows
from tests.asking import start_attempt
from tests.builders import ORCHARD, a_market, an_offer

UPLOAD = Upload("demand.csv", b"module,habitat,units\n")
QUESTION = Question("South Oxfordshire", "Chilterns", date(2026, 11, 24))
ANSWER = {"status": "optimal", "cost": {"total_gbp": 40_000.01}}


@dataclass
class Desk:
    """A run service whose dispatch notes what is sent; the test itself is the worker."""

    store: Store
    redis_url: str | None
    folder: Path
    sent: list[uuid.UUID] = field(default_factory=list)

    @property
    def service(self) -> RunService:
        notebooks = PROJECT_ROOT / "notebooks"
        return RunService(self.store, open_cache(self.redis_url, 60), self._send, notebooks)

    def _send(self, run_id: uuid.UUID) -> str:
        self.sent.append(run_id)
        return "prefect"

    def ask(self, upload: Upload = UPLOAD, question: Question = QUESTION):
        return submit(self.service, upload, question)

    def start(self, run_id: uuid.UUID):
        found = start_attempt(self.store, run_id, "prefect", self.folder / "executed.ipynb")
        assert found is not None
        return found

    def compute(self, run_id: uuid.UUID) -> None:
        (self.folder / "executed.ipynb").write_bytes(b"{}")
        with self.start(run_id) as attempt:
            attempt.close(Outcome(RunStatus.DONE, ANSWER, notebook=attempt.notebook()))
        self.service.cache.keep(attempt.run.run_key, run_id)

    def let_lease_pass(self) -> None:
        with self.store.begin() as connection:
            connection.execute(text("UPDATE runs SET lease_until = now() - interval '1 second'"))


@pytest.fixture
def desk(store, services, tmp_path) -> Desk:
    save_market(store, a_market(an_offer(ORCHARD, 40_000)))
    return Desk(store, services.redis_url, tmp_path)


def test_a_new_question_is_sent_to_a_worker_once(desk):
    run = desk.ask()

    assert (run.status, run.executor, run.attempts) == (RunStatus.QUEUED, "prefect", 0)
    assert desk.sent == [run.run_id]


def test_who_waits_is_told_the_place_in_the_queue_and_that_prefect_does_not_answer(desk):
    first, second = desk.ask(), desk.ask(question=replace(QUESTION, lot="0.1"))
    with desk.start(first.run_id):
        pass

    assert where_it_stands(second) == "Place in the queue: 2."
    assert where_it_stands(load_run(desk.store, second.run_id)) == "Place in the queue: 1."
    assert where_it_stands(load_run(desk.store, first.run_id)) == ""
    assert where_it_stands(replace(first, position=None, executor="local")) == (
        "No worker can be reached, so a process on this machine computes the run."
    )


def test_runs_are_taken_in_order_and_interactive_ones_before_the_batch(desk):
    lots = ("0.1", "0.2", "0.5")
    batch, *waiting = (
        submit(desk.service, UPLOAD, replace(QUESTION, lot=lot), queue)
        for lot, queue in zip(lots, (Queue.BATCH, *[Queue.INTERACTIVE] * 2), strict=True)
    )

    taken = [claim_next(desk.store, "prefect", tuple(Queue)) for _ in range(4)]

    order = [*[run.run_id for run in waiting], batch.run_id]
    assert [claim.run.run_id for claim in taken if claim] == order
    assert taken[3] is None


def test_what_waits_behind_busy_workers_is_not_offered_again(desk):
    busy, behind = desk.ask(), desk.ask(question=replace(QUESTION, lot="0.1"))
    desk.sent.clear()
    desk.let_lease_pass()
    with desk.start(busy.run_id):
        recover(desk.service)

        assert desk.sent == []
        assert load_run(desk.store, behind.run_id).status is RunStatus.QUEUED


def test_an_identical_question_in_flight_joins_the_run(desk):
    first = desk.ask()
    second = desk.ask()
    with desk.start(first.run_id) as attempt:
        third = desk.ask()
        attempt.close(Outcome(RunStatus.FAILED, error="for the test"))

    assert first.run_id == second.run_id == third.run_id
    assert desk.sent == [first.run_id]


def test_sixteen_identical_questions_at_once_compute_once(desk, services):
    def ask(_: int) -> uuid.UUID:
        own = Desk(connect(services.database_url), services.redis_url, desk.folder, desk.sent)
        return own.ask().run_id

    with ThreadPoolExecutor(8) as pool:
        answered = set(pool.map(ask, range(16)))

    assert answered == set(desk.sent)
    assert len(desk.sent) == 1


def test_a_question_answered_before_is_answered_from_the_cache(desk):
    first = desk.ask()
    desk.compute(first.run_id)

    second = desk.ask()

    assert (second.status, second.executor) == (RunStatus.DONE, "cache")
    assert second.answered_from_cache_of == first.run_id
    assert second.result == ANSWER
    assert load_notebook(desk.store, second.run_id) == b"{}"
    assert desk.sent == [first.run_id]


def test_an_answer_that_comes_while_the_question_is_asked_is_not_computed_again(desk):
    first = desk.ask()
    desk.compute(first.run_id)
    slow = desk.service
    looks = iter([None, first.run_id])  # the first look was a moment too early
    cache = Cache(slow.cache.client, slow.cache.ttl_seconds)
    object.__setattr__(cache, "find", lambda key: next(looks))

    second = submit(replace(slow, cache=cache), UPLOAD, QUESTION)

    assert (second.status, second.answered_from_cache_of) == (RunStatus.DONE, first.run_id)
    assert desk.sent == [first.run_id]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO stock_ledger (stock_id, kind, units, who) "
        "SELECT stock_id, 'correct', -0.01, 'psql' FROM stock",
        "UPDATE prices SET unit_price = unit_price + 0.01",
        "UPDATE banks SET nca = 'Cotswolds'",
    ],
)
def test_a_changed_market_is_never_answered_from_an_old_result(desk, statement):
    first = desk.ask()
    desk.compute(first.run_id)
    with desk.store.begin() as connection:
        connection.execute(text(statement))

    second = desk.ask()

    assert desk.sent == [first.run_id, second.run_id]
    assert second.market_version != first.market_version


@pytest.mark.parametrize(
    ("upload", "question"),
    [
        (Upload("demand.csv", b"module,habitat,units\n\n"), QUESTION),
        (UPLOAD, replace(QUESTION, nca="Cotswolds")),
        (UPLOAD, replace(QUESTION, on_date=date(2026, 11, 25))),
        (UPLOAD, replace(QUESTION, preferences={"max_banks": 2})),
        (UPLOAD, replace(QUESTION, charges={"bank_fee_gbp": 500})),
        (UPLOAD, replace(QUESTION, contract_size="next")),
        (UPLOAD, replace(QUESTION, lot="0.1")),
    ],
    ids=["workbook", "place", "day", "preference", "fee", "size", "lot"],
)
def test_a_changed_question_is_computed_anew(desk, upload, question):
    first = desk.ask()
    desk.compute(first.run_id)

    second = desk.ask(upload, question)

    assert desk.sent == [first.run_id, second.run_id]


def test_the_same_question_in_other_words_is_the_same(desk):
    desk.compute(desk.ask().run_id)

    again = Question("south oxfordshire lpa", "CHILTERNS", "2026-11-24", lot="0.0100")

    assert desk.ask(question=again).executor == "cache"


@pytest.mark.parametrize("address", [None, "redis://127.0.0.1:9/0"])
def test_without_redis_every_answer_is_computed_and_still_one_at_a_time(desk, address):
    desk.redis_url = address
    first, joined = desk.ask(), desk.ask()
    desk.compute(first.run_id)
    second = desk.ask()

    assert first.run_id == joined.run_id
    assert desk.sent == [first.run_id, second.run_id]


def test_a_cache_that_names_a_run_of_another_store_is_not_believed(desk):
    first = desk.ask()
    desk.service.cache.keep(first.run_key, uuid.uuid4())

    assert desk.ask().run_id == first.run_id


def test_a_silent_run_shows_as_lost_and_is_offered_again(desk):
    run = desk.ask()
    desk.start(run.run_id)
    desk.let_lease_pass()
    assert load_run(desk.store, run.run_id).status is RunStatus.LOST

    shown = poll(desk.service, run.run_id)

    assert (shown.status, shown.stage) == (RunStatus.QUEUED, "Interrupted; waiting for a worker")
    assert desk.sent == [run.run_id, run.run_id]


def test_several_who_find_a_lost_run_send_it_once(desk):
    run = desk.ask()
    desk.let_lease_pass()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: recover(desk.service), range(8)))

    assert desk.sent == [run.run_id, run.run_id]


def test_a_run_interrupted_three_times_is_given_up_with_a_reason(desk):
    run = desk.ask()
    for _ in range(3):
        desk.start(run.run_id)
        desk.let_lease_pass()
        shown = poll(desk.service, run.run_id)

    assert shown.status is RunStatus.LOST
    assert shown.error == (
        f"The run was interrupted 3 times and was given up; reference {run.run_id}."
    )
    assert not shown.in_flight
    assert desk.ask().run_id != run.run_id


def test_one_run_is_claimed_by_one_worker(desk, tmp_path):
    run = desk.ask()

    with ThreadPoolExecutor(8) as pool:
        claims = list(
            pool.map(lambda _: start_attempt(desk.store, run.run_id, "x", tmp_path), range(8))
        )

    assert sum(claim is not None for claim in claims) == 1


def test_a_worker_given_up_for_dead_cannot_overwrite_its_successor(desk):
    run = desk.ask()
    late = desk.start(run.run_id)
    desk.let_lease_pass()
    desk.compute(run.run_id)

    with pytest.raises(ClaimLost):
        late.close(Outcome(RunStatus.FAILED, error="too late"))

    assert load_run(desk.store, run.run_id).result == ANSWER


def test_a_worker_that_computes_renews_its_lease(desk, monkeypatch):
    monkeypatch.setattr(attempts, "RENEW_SECONDS", 0.02)
    run = desk.ask()

    with desk.start(run.run_id) as attempt:
        first = load_run(desk.store, run.run_id).lease_until
        while load_run(desk.store, run.run_id).lease_until == first:
            time.sleep(0.01)
        attempt.close(Outcome(RunStatus.FAILED, error="for the test"))


def test_stages_are_shown_while_the_run_goes_on(desk):
    run = desk.ask()

    with desk.start(run.run_id) as attempt:
        attempt.stage("Read the market", 20)
        shown = load_run(desk.store, run.run_id)
        attempt.close(Outcome(RunStatus.DONE, ANSWER))

    assert (shown.status, shown.stage, shown.progress) == ("running", "Read the market", 20)
    assert load_run(desk.store, run.run_id).progress == 100


def fail(desk: Desk, fault: BaseException) -> uuid.UUID:
    run = desk.ask()
    (desk.folder / "executed.ipynb").write_bytes(b"as far as it came")
    with pytest.raises(type(fault)), desk.start(run.run_id):
        raise fault
    return run.run_id


def test_a_fault_in_words_for_users_reaches_the_run_as_it_is(desk):
    run_id = fail(desk, MetricError("site.xlsx is no metric."))

    run = load_run(desk.store, run_id)
    assert (run.status, run.error) == (RunStatus.FAILED, "site.xlsx is no metric.")
    assert load_notebook(desk.store, run_id) == b"as far as it came"


def test_an_unforeseen_fault_reaches_the_run_as_a_reference_only(desk):
    run_id = fail(desk, KeyError("secret detail"))

    assert load_run(desk.store, run_id).error == f"The run failed; reference {run_id}."


def test_a_worker_told_to_stop_puts_its_run_back_at_once(desk):
    run_id = fail(desk, SystemExit(143))

    poll(desk.service, run_id)

    assert desk.sent == [run_id, run_id]
    assert load_run(desk.store, run_id).status is RunStatus.QUEUED


def test_a_cancelled_run_stays_cancelled_and_its_worker_stops_at_the_next_stage(desk):
    run = desk.ask()
    attempt = desk.start(run.run_id)

    cancel_run(desk.store, run.run_id, "The run was cancelled in Prefect.")

    with pytest.raises(ClaimLost), attempt:
        attempt.stage("Find the cheapest lawful purchase", 40)

    shown = poll(desk.service, run.run_id)
    assert (shown.status, shown.error) == ("cancelled", "The run was cancelled in Prefect.")


def test_runs_are_listed_newest_first(desk):
    first = desk.ask()
    second = desk.ask(Upload("demand.csv", b"another"))

    assert [run.run_id for run in list_runs(desk.store)] == [second.run_id, first.run_id]


def test_what_cannot_be_asked_is_refused_before_anything_is_stored(desk):
    with pytest.raises(UnknownPlace):
        desk.ask(question=Question("Atlantis", "Chilterns", date(2026, 11, 24)))
    with pytest.raises(BadInput) as fault:
        desk.ask(Upload("big.xlsx", bytes(21 * 1024 * 1024)))

    assert str(fault.value) == (
        "big.xlsx is 21.0 MB; at most 20 MB can be read. Save the workbook without pictures."
    )
    assert list_runs(desk.store) == []
    assert desk.sent == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"on_date": "soon"}, "The day is 'soon'; expected a date such as 2026-11-24."),
        (
            {"preferences": {"max_banks": 0}},
            "The preferences are wrong at max_banks: 0 is less than the minimum of 1.",
        ),
        (
            {"preferences": {"nearest": "near"}},
            "The preferences are wrong at nearest: 'near' is not one of ['local', 'adjacent', "
            "'far'].",
        ),
        (
            {"preferences": {"cheapest": True}},
            "The preferences are wrong: Additional properties are not allowed ('cheapest' was "
            "unexpected).",
        ),
        (
            {"preferences": {"keep": {"A1": float("nan")}}},
            "The preferences are wrong: a value is no number and no text.",
        ),
        (
            {"charges": {"bank_fee_gbp": "500"}},
            "The charges are wrong at bank_fee_gbp: '500' is not of type 'number'.",
        ),
        ({"time_limit_s": 0}, "The time limit is 0; expected seconds up to 3600."),
        ({"lot": "NaN"}, "The lot is 'NaN'; expected 0 for none, or 0.0001 to 100 units."),
        (
            {"contract_size": "huge"},
            "The contract size is 'huge'; expected one of auto, next, fractional, small, medium, "
            "large.",
        ),
        (
            {"default_basis": "guess"},
            "The price basis is 'guess'; expected one of bought, effective.",
        ),
    ],
)
def test_each_value_of_a_question_is_checked(value, message):
    asked = {"lpa": "Leeds", "nca": "Chilterns", "on_date": "2026-11-24"} | value

    with pytest.raises(BadInput) as fault:
        Question(**asked).parameters()

    assert str(fault.value) == message


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("Site B (final).xlsx", "Site B (final).xlsx"),
        ("../../etc/passwd", "passwd"),
        (r"C:\Users\me\metric.xlsm", "metric.xlsm"),
        ("a\x00b<c>.xlsx", "a_b_c_.xlsx"),
        ("...", "upload"),
        ("x" * 300 + ".xlsx", "x" * 80 + ".xlsx"),
    ],
)
def test_a_file_name_is_safe_and_keeps_its_ending(given, safe):
    assert file_name(given) == safe


def test_the_list_of_runs_says_who_asked_and_pages_without_gap(desk):
    made = [
        submit(desk.service, Upload("demand.csv", content), QUESTION, Queue.BATCH, name)
        for name, content in (("ann", b"1"), ("bob", b"2"), ("ann", b"3"))
    ]
    cancel_run(desk.store, made[0].run_id, "The run was cancelled by ann.")

    first = list_run_rows(desk.store, SYSTEM, RunSearch(limit=2))
    rest = list_run_rows(desk.store, SYSTEM, RunSearch(limit=2, after=first[-1]))

    assert [row.run_id for row in first + rest] == [run.run_id for run in reversed(made)]
    assert [row.asked_by for row in first + rest] == ["ann", "bob", "ann"]
    cancelled = RunSearch(status=RunStatus.CANCELLED, asked_by="ann")
    (found,) = list_run_rows(desk.store, SYSTEM, cancelled)
    assert (found.in_flight, found.error) == (False, "The run was cancelled by ann.")
    desk.let_lease_pass()
    lost = list_run_rows(desk.store, SYSTEM, RunSearch(status=RunStatus.LOST))
    assert [row.run_id for row in lost] == [made[2].run_id, made[1].run_id]
    with pytest.raises(NotAllowed):
        list_run_rows(desk.store, Actor("eve", Role.END_USER))
