"""Signing in and out, and what a page says when something of the server is gone."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, sync_playwright

from bng_core.actor import SYSTEM, Role
from bng_core.market import read_market
from bng_core.settings import PROJECT_ROOT, Settings
from bng_core.store import connect, save_market
from bng_core.store.users import NewUser, add_user
from tests.conftest import empty, make_tables
from tests.page_driver import launch, visiting
from tests.page_server import KERNEL_ID, QUOTE, TOKEN, Site, eventually, serving
from tests.people import PASSWORD, person

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, closing(launch(playwright)) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def site(services: Settings) -> Iterator[Site]:
    owner = connect(services.owner_database_url)
    empty(owner)
    make_tables(owner, str(services.database_url))
    owner.dispose()
    parts = {"DATABASE_URL": str(services.database_url), "REDIS_URL": str(services.redis_url)}
    with serving(**parts) as address:
        store = connect(services.database_url)
        save_market(store, read_market(PROJECT_ROOT / "sample" / "market"))
        yield Site(address, store)
        store.dispose()


def test_whoever_started_the_site_becomes_its_first_admin_in_one_form(
    browser: Browser, site: Site
) -> None:
    with visiting(browser, site.address) as visit:
        visit.complaints_allowed = True  # the browser itself reports the refusals
        visit.page.goto(f"{site.address}/set-up?token={TOKEN}")
        visit.is_accessible()
        visit.fill("Login", "ann@example.org")
        visit.fill("New password", "short")
        visit.fill("The new password again", "short")
        visit.press("Make the first administrator")
        assert visit.told() == (
            "There is a problem: The password has 5 characters; give 12 to 200."
        )
        visit.is_accessible()
        visit.fill("New password", PASSWORD)
        visit.fill("The new password again", PASSWORD)
        visit.press("Make the first administrator")
        visit.sees("1. Who it is for")
        visit.sees("ann@example.org (admin)")

    with visiting(browser, site.address) as late:
        late.page.goto(f"{site.address}/set-up?token={TOKEN}")
        late.sees("Sign in")


def test_a_visitor_signs_in_on_the_way_to_a_page_and_out_again(
    browser: Browser, site: Site
) -> None:
    login = person(site.store, Role.HANDLER)
    with visiting(browser, site.address) as visit:
        visit.complaints_allowed = True  # the browser itself reports the refusal
        visit.page.goto(f"{site.address}{QUOTE}")
        visit.fill("Login", login)
        visit.fill("Password", "guessed")
        visit.press("Sign in")
        assert visit.told() == (
            "There is a problem: The login or the password is not right. After 5 failed tries a "
            "login is closed for 15 minutes."
        )
        visit.is_accessible()
        visit.fill("Password", PASSWORD)
        visit.press("Sign in")
        visit.sees("1. Who it is for")
        found = KERNEL_ID.search(visit.page.content())
        assert found
        visit.press("Sign out")
        visit.sees("Use the login that your administrator gave you.")

    assert eventually(lambda: not runs_a_process(found[1]))


def runs_a_process(kernel: str) -> bool:
    """Whether a kernel's process is there: its connection file has its id."""
    return any(
        kernel in " ".join(process.info["cmdline"] or ())
        for process in psutil.process_iter(["cmdline"])
    )


def test_a_link_sets_a_password_once(browser: Browser, site: Site) -> None:
    code = add_user(site.store, SYSTEM, NewUser("eve@example.org", Role.END_USER))
    with visiting(browser, site.address) as visit:
        visit.complaints_allowed = True  # the browser itself reports the refusals
        visit.page.goto(f"{site.address}/password?code={code}")
        visit.fill("New password", PASSWORD)
        visit.fill("The new password again", "Another horse battery")
        visit.press("Set the password and sign in")
        assert visit.told() == (
            "There is a problem: The two new passwords differ; type the same one twice."
        )
        visit.fill("New password", PASSWORD)
        visit.fill("The new password again", PASSWORD)
        visit.press("Set the password and sign in")
        visit.sees("eve@example.org (end user)")

        visit.page.goto(f"{site.address}/password?code={code}")
        visit.fill("New password", PASSWORD)
        visit.fill("The new password again", PASSWORD)
        visit.press("Set the password and sign in")
        assert visit.told() == (
            "There is a problem: The set-password code is not valid, was used already or has "
            "expired; ask an admin for another."
        )


def test_the_accessibility_statement_is_there_for_everybody(browser: Browser, site: Site) -> None:
    with visiting(browser, site.address) as visit:
        visit.page.goto(f"{site.address}/login")
        visit.page.get_by_role("link", name="Accessibility").click()
        visit.sees("Known limits")
        visit.is_accessible()


def test_closing_the_page_ends_its_kernel(browser: Browser, site: Site) -> None:
    with visiting(browser, site.address) as visit:
        visit.sign_in(site.store, person(site.store))
        visit.open()
        found = KERNEL_ID.search(visit.page.content())
        assert found
        visit.page.goto("about:blank")

        assert eventually(lambda: not runs_a_process(found[1]))


def test_an_unknown_address_is_answered_in_words(browser: Browser, site: Site) -> None:
    with visiting(browser, site.address) as visit:
        visit.complaints_allowed = True  # the browser itself reports the 404
        visit.page.goto(f"{site.address}/nowhere")

        visit.sees("Page not found")


def test_a_lost_connection_is_said(browser: Browser, site: Site) -> None:
    with visiting(browser, site.address) as visit:
        visit.complaints_allowed = True  # the browser itself reports the lost connection
        visit.sign_in(site.store, person(site.store))
        visit.open()
        visit.page.route("**/api/kernels/**", lambda route: route.abort())

        visit.sees("The connection to the server was lost.")


def test_pages_and_kernels_work_from_a_folder_with_a_space(
    browser: Browser, site: Site, services: Settings, tmp_path: Path
) -> None:
    project = tmp_path / "a copy of the project"
    for part in ("bng_core", "dashboards", "flows", "notebooks"):
        shutil.copytree(PROJECT_ROOT / part, project / part)
    page = project / "dashboards" / "ui" / "page.py"
    page.write_text(page.read_text().replace("BNG Optimiser {", "The kernel of the copy {"))

    parts = {"DATABASE_URL": str(services.database_url)}
    with serving(project, **parts) as found, visiting(browser, found) as visit:
        visit.sign_in(site.store, person(site.store))
        visit.open()

        visit.sees("The kernel of the copy")


def test_without_prefect_a_local_process_answers_and_the_page_says_so(
    browser: Browser, site: Site, services: Settings
) -> None:
    parts = {
        "DATABASE_URL": str(services.database_url),
        "PREFECT_API_URL": "http://127.0.0.1:1/api",
    }

    with (
        serving(**parts, REDIS_URL="redis://127.0.0.1:1/0") as found,
        visiting(browser, found) as visit,
    ):
        visit.sign_in(site.store, person(site.store))
        visit.open()
        visit.read(PROJECT_ROOT / "sample" / "metric.xlsx")
        visit.confirm()
        visit.find()

        visit.sees("Prefect was not available, so a process on this machine computed the answer")
