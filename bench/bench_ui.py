"""The pages in a real Chromium on a stack of their own: prints a table, never a test.

    python bench/bench_ui.py [--rounds 8] [--sessions 20]

Limits (2 quiet cores): first useful paint of a signed-in page 1.5 s warm (its kernel was started
ahead) and 4 s cold; result visible 0.5 s after a cached answer is asked for; 150 MB for each idle
session; 20 sessions at once without a failed action.
"""

import argparse
import asyncio
import signal
import statistics
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from urllib.parse import urlsplit

import psutil
import pytest
from playwright.async_api import Browser, Error, Page, async_playwright

from bng_core.settings import PROJECT_ROOT, Settings, load_settings
from bng_core.store import Store, connect
from bng_core.store.sign_in import open_session
from dashboards.access import cookie_name

sys.path.insert(0, str(PROJECT_ROOT))  # the tests' people and browser are measured here

from tests.conftest import bng, temporary_data_dir
from tests.page_driver import ARGUMENTS, CHROMIUM
from tests.people import person

SAMPLE = PROJECT_ROOT / "sample" / "metric.xlsx"
PATIENCE_MS = 180_000
MEGABYTE = 1024 * 1024
REFILL_S = 8.0
"""Until the next kernel is ready again."""


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--sessions", type=int, default=20)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the stack must not outlive us
    with a_stack() as settings:
        asyncio.run(measure(settings, options.rounds, options.sessions))


@contextmanager
def a_stack() -> Iterator[Settings]:
    """A local stack in a folder that is removed afterwards."""
    with temporary_data_dir() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("BNG_DATA_DIR", str(folder))
        started = bng("up", "--json", "--workers", "2")
        try:
            if started.returncode != 0:
                sys.exit(started.stderr)
            yield load_settings()
        finally:
            bng("down")


async def measure(settings: Settings, rounds: int, sessions: int) -> None:
    """Every line of the table, as soon as it is known."""
    site = Site(str(settings.voila_url).rstrip("/"), connect(settings.database_url))
    say(f"{'what':<52}{'figure':>26}  limit")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        await asyncio.sleep(REFILL_S)
        await paints(browser, site, rounds)
        await cached(browser, site, rounds)
        await at_once(browser, site, sessions)
        await browser.close()
    site.store.dispose()


class Site:
    """The pages and their store."""

    def __init__(self, address: str, store: Store) -> None:
        self.address = address
        self.store = store
        self.login = person(store)

    @asynccontextmanager
    async def visit(self, browser: Browser) -> AsyncIterator[Page]:
        """A tab of a browser profile of its own, signed in."""
        context = await browser.new_context()
        context.set_default_timeout(PATIENCE_MS)
        secret = await asyncio.to_thread(open_session, self.store, self.login)
        name = cookie_name(urlsplit(self.address).netloc)
        await context.add_cookies([{"name": name, "value": secret, "url": self.address}])
        try:
            yield await context.new_page()
        finally:
            await context.close()

    async def opened(self, page: Page) -> float:
        """Open the quote page; the seconds until its first control can be used."""
        started = time.perf_counter()
        await page.goto(f"{self.address}/voila/render/quote.ipynb", wait_until="commit")
        await page.get_by_role("button", name="Choose a workbook").wait_for()
        return time.perf_counter() - started


async def paints(browser: Browser, site: Site, rounds: int) -> None:
    """Warm: a kernel is ready. Cold: the second of two visits at once finds none."""
    warm, cold = [], []
    for _ in range(rounds):
        async with site.visit(browser) as first, site.visit(browser) as second:
            warm.append(await site.opened(first))
            cold.append(await site.opened(second))
            kernels = [process.memory_full_info().pss / MEGABYTE for process in page_kernels()]
        await asyncio.sleep(REFILL_S)
    say(row("first useful paint, warm", warm, "1.5 s"))
    say(row("first useful paint, cold", cold, "4 s"))
    memory = f"{statistics.median(kernels):.0f} MB, max {max(kernels):.0f} MB"
    say(f"{'memory of an idle session (its kernel, PSS)':<52}{memory:>26}  150 MB")


def page_kernels() -> list[psutil.Process]:
    """The kernels of all pages."""
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "voila_" in (command := " ".join(process.info["cmdline"] or ()))
        and "ipykernel_launcher" in command
    ]


async def cached(browser: Browser, site: Site, rounds: int) -> None:
    """From the click to the table, for a question that was answered before."""
    times = []
    for _ in range(rounds + 1):
        async with site.visit(browser) as page:
            await site.opened(page)
            times.append(await asked(page))
        await asyncio.sleep(REFILL_S)
    say(row("from the click to the table, cached answer", times[1:], "0.5 s"))


async def asked(page: Page) -> float:
    """Upload the sample, confirm its place and ask; the seconds from the click to the table."""
    async with page.expect_file_chooser() as chooser:
        await page.get_by_role("button", name="Choose a workbook").click()
    await (await chooser.value).set_files(SAMPLE)
    await page.get_by_text("The workbook was read.").wait_for()
    await page.get_by_label("I confirm that the development lies").check()
    started = time.perf_counter()
    await page.get_by_role("button", name="Find cheapest purchase").click()
    await page.locator("table").filter(has_text="What to buy").first.wait_for()
    return time.perf_counter() - started


async def at_once(browser: Browser, site: Site, sessions: int) -> None:
    """Visitors who all come at the same moment, each with a whole journey."""

    async def journey() -> float | None:
        started = time.perf_counter()
        try:
            async with site.visit(browser) as page:
                await site.opened(page)
                await asked(page)
        except Error as error:
            say(f"  failed: {str(error).splitlines()[0]}")
            return None
        return time.perf_counter() - started

    times = await asyncio.gather(*(journey() for _ in range(sessions)))
    done = [seconds for seconds in times if seconds is not None]
    say(f"{f'{sessions} sessions at once, whole journeys done':<52}{len(done):>26}  all")
    if done:
        say(row("  each from opening to the table", done, ""))


def row(what: str, seconds: list[float], limit: str) -> str:
    """One line: the median and the largest."""
    figure = f"{statistics.median(seconds):.2f} s, max {max(seconds):.2f} s"
    return f"{what:<52}{figure:>26}  {limit}"


def say(text: str) -> None:
    """A line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
