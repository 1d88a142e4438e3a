"""The administrators' page without a browser: its sections on a real store."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from bng_core.actor import SYSTEM, Action, Role
from bng_core.cache import Cache, open_cache
from bng_core.quote_words import Discount
from bng_core.runs import RunService, submit
from bng_core.settings import Settings
from bng_core.stock_words import Policy
from bng_core.store import Store, load_run, save_market
from bng_core.store.api_keys import actor_of_key
from bng_core.store.audit_log import entries
from bng_core.store.holds import StockPolicy, load_stock_policy
from bng_core.store.parties import Promoter, list_promoters, save_promoter
from bng_core.store.sign_in import sign_in
from bng_core.store.users import NewUser, add_user, list_users, set_password
from dashboards.ui.api_keys import ApiKeys
from dashboards.ui.log_view import AuditLog
from dashboards.ui.operation import CachedAnswers, Runs
from dashboards.ui.promoters import Promoters
from dashboards.ui.stock_rules import Rulebook, StockRules
from dashboards.ui.users import Users
from tests.asking import QUESTION, SAMPLE_UPLOAD
from tests.builders import ORCHARD, a_market, an_offer
from tests.page_parts import Visit, buttons, done, fill, press, text_of

SCRIPT = "<script>alert('x')</script>"
LONG = "Correct horse battery"


@pytest.fixture
def admin(store: Store) -> Visit:
    add_user(store, SYSTEM, NewUser("ada", Role.ADMIN))
    return Visit(store, "ada")


def code_in(shown: str) -> str:
    """What stands between the tags of a code that is shown once."""
    return shown.split("<code>")[1].split("</code>")[0]


def test_a_new_user_gets_a_link_that_is_shown_once_and_sets_their_password(store, admin):
    users = Users(admin)
    done(users.begin)

    press(users.widget, "Add a user")
    fill(users.widget, "Login", "ann@example.org")
    fill(users.widget, "Name (optional)", SCRIPT)
    press(users.widget, "Yes: add a user")

    shown = text_of(users.widget)
    assert "ann@example.org can set a password with the link below" in shown
    assert "<script>" not in shown
    assert "open, no password set yet" in shown
    code = code_in(shown)
    assert f'href="/password?code={code}"' in shown
    set_password(store, code, LONG)
    assert sign_in(store, "ann@example.org", LONG).role is Role.HANDLER
    fill(users.widget, "User", "ann@example.org")
    press(users.widget, "Close this login")
    assert "Copy the link" in text_of(users.widget)
    press(users.widget, "Yes: close this login")
    assert "Copy the link" not in text_of(users.widget)
    assert {user.login: user.enabled for user in list_users(store, SYSTEM)} == {
        "ada": True,
        "ann@example.org": False,
    }


def test_a_role_is_changed_with_the_promoter_that_it_takes(store, admin):
    save_promoter(store, SYSTEM, Promoter("Green", Discount.NONE), "new partner")
    add_user(store, SYSTEM, NewUser("ann", Role.HANDLER))
    users = Users(admin)
    done(users.begin)
    fill(users.widget, "User", "ann")

    press(users.widget, "Change the role of this user")
    fill(users.widget, "Role", Role.PROMOTER)
    press(users.widget, "Yes: change the role of this user")
    assert "belongs to a promoter; name it." in users.problem.value
    fill(users.widget, "Promoter that they belong to", "Green")
    press(users.widget, "Yes: change the role of this user")

    assert "ann is promoter now." in users.said.value
    ann = next(user for user in list_users(store, SYSTEM) if user.login == "ann")
    assert (ann.role, ann.promoter) == (Role.PROMOTER, "Green")


def test_the_last_admin_is_not_closed(admin):
    users = Users(admin)
    done(users.begin)

    press(users.widget, "Close this login")
    press(users.widget, "Yes: close this login")

    assert "This is the last admin; make another before closing" in users.problem.value


def test_a_key_is_shown_once_does_what_its_scopes_say_and_is_revoked(store, admin):
    keys = ApiKeys(admin)
    done(keys.begin)

    press(keys.widget, "Make a key")
    fill(keys.widget, "Login of the user", "ada")
    fill(keys.widget, "What the key is for", "nightly figures")
    fill(keys.widget, "See the market", True)
    press(keys.widget, "Yes: make a key")
    key = code_in(text_of(keys.widget))
    actor = actor_of_key(store, key)
    assert (actor.who, actor.scopes) == ("ada", frozenset({Action.SEE_MARKET}))
    press(keys.widget, "Revoke a key")
    press(keys.widget, "Yes: revoke a key")

    shown = text_of(keys.widget)
    assert key not in shown
    assert "revoked 2" in shown
    assert "nightly figures" in shown


def test_a_promoter_gets_a_discount_and_fees(store, admin):
    promoters = Promoters(admin)
    done(promoters.begin)

    press(promoters.widget, "Add or change a promoter")
    fill(promoters.widget, "Name of a new promoter", "Green")
    fill(promoters.widget, "Discount", Discount.PERCENTAGE)
    fill(promoters.widget, "Percentage off", "five")
    fill(promoters.widget, "Reason", "new partner")
    press(promoters.widget, "Yes: add or change a promoter")
    assert "The percentage off is “five”; give a number such as 12.50." in promoters.problem.value
    fill(promoters.widget, "Percentage off", "2.5")
    fill(promoters.widget, "Fee a quote (£)", "1,250.50")
    press(promoters.widget, "Yes: add or change a promoter")

    green = Promoter("Green", Discount.PERCENTAGE, Decimal("2.50"), quote_fee_pence=125_050)
    assert list_promoters(store, SYSTEM) == [green]
    assert "2.5 % off the units" in text_of(promoters.widget)
    press(promoters.widget, "Add or change a promoter")
    fill(promoters.widget, "Promoter", "Green")
    fill(promoters.widget, "Active", False)
    fill(promoters.widget, "Reason", "left")
    press(promoters.widget, "Yes: add or change a promoter")
    assert list_promoters(store, SYSTEM) == [replace(green, active=False)]


def test_the_stock_policy_is_shown_and_set_with_a_reason(store, admin):
    rules = StockRules(admin)
    done(rules.begin)
    assert "Quotes that go out hold" in text_of(rules.widget)

    press(rules.widget, "Change the stock policy")
    fill(rules.widget, "Policy", Policy.HOLD_SHARE)
    fill(rules.widget, "Share in per cent", "25")
    fill(rules.widget, "Days of a hold", 10)
    fill(rules.widget, "Reason", "spring")
    press(rules.widget, "Yes: change the stock policy")

    assert load_stock_policy(store) == StockPolicy(Policy.HOLD_SHARE, Decimal("0.25"), 10)
    assert "Quotes that go out hold 25 % of their units, for 10 days." in text_of(rules.widget)


def test_the_rules_of_another_day_are_called_a_preview(admin):
    rulebook = Rulebook(admin)
    assert "nothing differs from today" in text_of(rulebook.widget)

    fill(rulebook.widget, "Day to look at", date(2023, 12, 1))
    press(rulebook.widget, "Show the rules of this day")

    shown = text_of(rulebook.widget)
    assert "quoting by rules that are not in force would not be lawful" in shown
    assert "What differs on 1 December 2023" in shown
    assert "area, Very High" in shown
    assert "not in force" in shown


class Served(Visit):
    """A visit of a site that has a run service."""

    def __init__(self, served: RunService, login: str) -> None:
        super().__init__(served.store, login)
        self._served = served

    @property
    def service(self) -> RunService:  # type: ignore[override]
        return self._served


def test_runs_are_listed_with_who_asked_and_one_is_cancelled(waiting: RunService):
    add_user(waiting.store, SYSTEM, NewUser("ada", Role.ADMIN))
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION, asked_by="hannah")
    runs = Runs(Served(waiting, "ada"))
    done(runs.begin)
    assert f"?run={run.run_id}" in text_of(runs.widget)
    assert "hannah" in text_of(runs.widget)

    press(runs.widget, "Cancel a run")
    assert load_run(waiting.store, run.run_id).in_flight
    press(runs.widget, "Yes: cancel a run")

    assert load_run(waiting.store, run.run_id).error == "The run was cancelled by ada."
    assert "Cancel a run" not in buttons(runs.widget)
    fill(runs.widget, "Asked by (login)", "nobody")
    press(runs.widget, "Show runs")
    assert "No run found." in text_of(runs.widget)


def test_the_cache_is_deleted_by_answer_or_cleared_after_a_question(
    waiting: RunService, services: Settings
):
    add_user(waiting.store, SYSTEM, NewUser("ada", Role.ADMIN))
    cache: Cache = open_cache(services.redis_url, 60)
    run = submit(waiting, SAMPLE_UPLOAD, QUESTION)
    for key in ("a" * 64, "b" * 64, "c" * 64):
        cache.keep(key, run.run_id)
    kept = CachedAnswers(Served(replace(waiting, cache=cache), "ada"))
    done(kept.begin)

    press(kept.widget, "Delete a kept answer")
    fill(kept.widget, "Kept answer", "b" * 64)
    press(kept.widget, "Yes: delete a kept answer")
    assert cache.find("b" * 64) is None
    press(kept.widget, "Clear the whole cache")
    assert cache.find("a" * 64) == run.run_id
    press(kept.widget, "No, go back")
    assert cache.find("a" * 64) == run.run_id
    press(kept.widget, "Clear the whole cache")
    press(kept.widget, "Yes: clear the whole cache")

    assert cache.find("a" * 64) is None
    assert "0 answers kept; no answer was given yet." in text_of(kept.widget)


def test_the_log_is_filtered_and_its_chain_verified_in_words(store, admin):
    save_market(store, a_market(an_offer(ORCHARD, 40_000)))
    add_user(store, SYSTEM, NewUser("ann", Role.HANDLER))
    log = AuditLog(admin)
    done(log.begin)

    fill(log.widget, "What was done", "user.add")
    press(log.widget, "Show entries")
    press(log.widget, "Verify the chain")

    shown = text_of(log.widget)
    assert "user ann" in shown
    assert "market.save" not in shown
    assert "role handler" in shown
    written = len(entries(store, SYSTEM))
    assert f"The log is whole: {written} entries, each as it was sealed." in shown
    fill(log.widget, "Head that was noted before (optional)", "99:abc")
    press(log.widget, "Verify the chain")
    assert "The log has been tampered with:" in text_of(log.widget)


@pytest.mark.parametrize("section", [Users, ApiKeys, Promoters, Runs, AuditLog])
def test_who_is_no_admin_is_refused_by_the_store_itself(store, section: Callable[[Visit], Users]):
    add_user(store, SYSTEM, NewUser("eve", Role.END_USER))
    opened = section(Visit(store, "eve"))

    done(opened.begin)

    assert "eve may not " in opened.problem.value
