"""A visitor in a real Chromium, who also watches what the page does behind its back."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import (
    Browser,
    Page,
    Playwright,
    ViewportSize,
    expect,
)

from bng_core.store import Store
from bng_core.store.sign_in import open_session
from dashboards.access import cookie_name

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
NO_CHROMIUM = "no Chromium on this machine; install it with: apt-get install chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WCAG_2_2_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PATIENCE_MS = 60_000  # a cold worker on a busy machine; nothing is asserted about speed
DESKTOP: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 320, "height": 640}

SETTLED = """() => new Promise(resolve => {
  let timer = setTimeout(resolve, 1000);
  new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(resolve, 1000); })
    .observe(document.body, { subtree: true, childList: true, characterData: true });
})"""

# Voilà ships another version of JupyterLab's modules than the widget manager was built for.
EXPECTED_CONSOLE = ("shared singleton module", "No satisfying version", "Starting WebSocket")


class Visit:
    """One tab, with what it asked for and what it complained about."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.foreign_requests: list[str] = []
        self.complaints: list[str] = []
        self.complaints_allowed = False
        page.set_default_timeout(PATIENCE_MS)
        page.on("request", lambda request: self._watch(request.url))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda message: self._listen(message.type, message.text))
        page.on("filechooser", lambda _: None)  # else Playwright asks for them too late for a key

    def _watch(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob", "about") and parts.hostname != "127.0.0.1":
            self.foreign_requests.append(url)

    def _listen(self, kind: str, text: str) -> None:
        if kind == "error" and not any(known in text for known in EXPECTED_CONSOLE):
            self.complaints.append(text)

    def sign_in(self, store: Store, login: str) -> None:
        """Hold an open session of a user, as after the form."""
        secret = open_session(store, login)
        cookie = cookie_name(urlsplit(self.address).netloc)
        self.page.context.add_cookies([{"name": cookie, "value": secret, "url": self.address}])

    def open(self, query: str = "", page: str = "quote") -> None:
        """Go to a page and wait until it can be used."""
        self.page.goto(f"{self.address}/voila/render/{page}.ipynb{query}")
        loading = self.page.locator("body.bng-loading")
        expect(loading).to_have_count(0, timeout=PATIENCE_MS)
        expect(self.page.locator("footer li").first).to_be_visible(timeout=PATIENCE_MS)

    def fill(self, label: str, text: str) -> None:
        """Type into the field of that label."""
        self.page.get_by_label(label, exact=False).first.fill(text)

    def press(self, name: str) -> None:
        """Press the button of that name."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def settles(self) -> None:
        """Wait until the page has not changed for a second."""
        self.page.evaluate(SETTLED)

    def scrolls_sideways(self) -> bool:
        """Whether something is wider than the window."""
        wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        return bool(self.page.evaluate(wider))

    def is_accessible(self) -> None:
        """Fail with what axe-core finds against WCAG 2.2 A and AA on the page as it stands."""
        rules = {"runOnly": {"type": "tag", "values": WCAG_2_2_AA}}
        found = Axe().run(self.page, options=rules).response["violations"]
        faults = [
            f"{fault['id']}: {fault['help']}: {node['html'][:200]}"
            for fault in found
            for node in fault["nodes"]
        ]
        assert not faults, "\n".join(faults)

    def upload(self, path: Path) -> None:
        """Choose a workbook as a visitor does; the input is not in the document."""
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Choose a workbook").click()
        chooser.value.set_files(path)

    def read(self, path: Path) -> None:
        """Upload a workbook that can be read."""
        self.upload(path)
        self.sees("The workbook was read.")

    def confirm(self) -> None:
        """Confirm the place as it stands in the form."""
        self.page.get_by_label("I confirm that the development lies").check()

    def find(self) -> None:
        """Ask for the cheapest purchase and wait for the end of the run."""
        self.page.get_by_role("button", name="Find cheapest purchase").click()
        self.sees("What was asked")

    def sees(self, text: str) -> None:
        """Wait until a text is on the page."""
        expect(self.page.get_by_text(text).first).to_be_visible(timeout=PATIENCE_MS)

    def tab_to(self, name: str) -> None:
        """Press Tab until the control of that name has the focus."""
        focused = "(document.activeElement.labels?.[0] ?? document.activeElement).textContent"
        for _ in range(40):
            self.page.keyboard.press("Tab")
            if name in str(self.page.evaluate(focused)):
                return
        raise AssertionError(f"Tab never reached {name}")

    def told(self) -> str:
        """What the page says has gone wrong."""
        box = self.page.locator(".bng-error")
        expect(box.first).to_be_visible(timeout=PATIENCE_MS)
        return " ".join(box.first.inner_text().split())

    def table(self, caption: str) -> list[list[str]]:
        """The body of a table by its caption, as text."""
        found = self.page.locator("table").filter(has_text=caption).first
        expect(found).to_be_attached(timeout=PATIENCE_MS)
        rows = found.locator("tbody tr")
        return [row.locator("th, td").all_inner_texts() for row in rows.all()]

    def download(self, label: str) -> tuple[str, bytes]:
        """A file's suggested name and content."""
        with self.page.expect_download() as waiting:
            self.page.get_by_role("link", name=label).click()
        return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def launch(playwright: Playwright) -> Browser:
    """The system's Chromium; skips with a reason where there is none."""
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    return playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)


@contextmanager
def visiting(browser: Browser, address: str, **options: Any) -> Iterator[Visit]:
    """A visitor with a clean browser profile; whatever happens, no request leaves the machine."""
    context = browser.new_context(**({"viewport": DESKTOP} | options))
    visit = Visit(context.new_page(), address)
    try:
        yield visit
    finally:
        context.close()
    assert not visit.foreign_requests, visit.foreign_requests
    assert visit.complaints_allowed or not visit.complaints, visit.complaints
