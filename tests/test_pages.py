"""What holds for every page of the menu, in a real Chromium on the whole stack."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Browser, sync_playwright

from bng_core.actor import Role
from bng_core.settings import PROJECT_ROOT, Settings
from bng_core.store import Store, connect
from dashboards.pages import PAGES, SitePage
from tests.page_driver import DESKTOP, NARROW, launch, visiting
from tests.people import person

pytestmark = [pytest.mark.browser, pytest.mark.stack]

SCREENSHOTS = PROJECT_ROOT / "tests" / "screenshots"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, closing(launch(playwright)) as chromium:
        yield chromium


@pytest.fixture
def store(stack: Settings) -> Iterator[Store]:
    """The store of the whole stack."""
    store = connect(stack.database_url)
    yield store
    store.dispose()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_itself_and_is_accessible_in_light_and_dark_wide_and_narrow(
    browser: Browser, stack: Settings, store: Store, page: SitePage
) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    with visiting(browser, str(stack.voila_url).rstrip("/")) as visit:
        visit.sign_in(store, person(store, Role.ADMIN))
        visit.open(page=page.name)
        visit.settles()

        assert visit.page.locator("html").get_attribute("lang") == "en-GB"
        assert visit.page.locator("h1").count() == 1
        assert visit.page.locator("h1").inner_text() in visit.page.title()
        assert visit.page.locator('nav [aria-current="page"]').inner_text() == page.label
        visit.sees("admin@example.org (admin)")
        for scheme in ("light", "dark"):
            visit.page.emulate_media(color_scheme=scheme)
            for size in (DESKTOP, NARROW):
                visit.page.set_viewport_size(size)
                picture = SCREENSHOTS / f"{page.name}_{scheme}_{size['width']}.png"
                visit.page.screenshot(path=picture, full_page=True)
                assert not visit.scrolls_sideways(), f"at {size['width']} px"
                visit.is_accessible()
