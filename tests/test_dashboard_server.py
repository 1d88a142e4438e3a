"""Who may open a page, and what the server never gives away."""

import json
import re
import shutil
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.ioloop import IOLoop
from tornado.websocket import websocket_connect

from bng_core.settings import PROJECT_ROOT, Settings
from tests.page_driver import FIRST_PAGE, launch, visiting
from tests.page_server import NOBODY, TOKEN, eventually, serving, status_of

pytestmark = pytest.mark.browser
KERNEL_ID = re.compile(r'"kernelId": "([0-9a-f-]{36})"')


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright, closing(launch(playwright)) as chromium:
        yield chromium


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving() as found:
        yield found


def open_page(address: str) -> tuple[str, str]:
    """The cookie and the kernel that a visitor with the token gets."""
    with urllib.request.urlopen(f"{address}{FIRST_PAGE}?token={TOKEN}", timeout=120) as answer:
        cookies = answer.headers.get_all("Set-Cookie")
        found = KERNEL_ID.search(answer.read().decode())
    assert found
    return "; ".join(cookie.split(";")[0] for cookie in cookies), found[1]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 401),
        (FIRST_PAGE, 401),
        (f"{FIRST_PAGE}?token=guessed", 401),
        (f"/api/kernels/{uuid.UUID(int=1)}", 403),
    ],
)
def test_a_visitor_without_the_token_is_refused(address: str, path: str, status: int) -> None:
    assert status_of(f"{address}{path}") == status


@pytest.mark.parametrize(
    "path",
    [
        "/voila/files/serve.py",
        "/voila/files/quote.ipynb",
        "/voila/tree",
        "/voila/api/contents",
        "/voila/static/../serve.py",
        "/voila/static/%2e%2e/serve.py",
        "/api/contents",
        "/api/sessions",
    ],
)
def test_no_file_and_no_listing_is_served_even_with_the_token(address: str, path: str) -> None:
    assert status_of(f"{address}{path}?token={TOKEN}") in (403, 404)


def test_a_page_outside_the_folder_of_pages_is_not_rendered(address: str) -> None:
    outside = "/voila/render/..%2Fnotebooks%2Foptimise.ipynb"

    assert status_of(f"{address}{outside}?token={TOKEN}") in (403, 404)


def test_a_websocket_without_the_token_is_refused(address: str) -> None:
    _, kernel = open_page(address)
    channel = f"{address.replace('http', 'ws')}/api/kernels/{kernel}/channels"

    async def connect() -> None:
        await websocket_connect(channel)

    with pytest.raises(HTTPClientError, match="403"):
        IOLoop().run_sync(connect, timeout=60)


def test_a_visitor_cannot_run_code_through_the_kernels_websocket(
    address: str, tmp_path: Path
) -> None:
    cookie, kernel = open_page(address)
    channel = f"{address.replace('http', 'ws')}/api/kernels/{kernel}/channels?session_id=x"
    mark = tmp_path / "executed"

    async def attack() -> list[str]:
        socket = await websocket_connect(HTTPRequest(channel, headers={"Cookie": cookie}))
        await socket.write_message(message("execute_request", code=f"open({str(mark)!r}, 'w')"))
        await socket.write_message(message("kernel_info_request"))
        kinds: list[str] = []
        while "kernel_info_reply" not in kinds:
            answer = await socket.read_message()
            assert answer is not None
            kinds.append(json.loads(answer)["msg_type"])
        socket.close()
        return kinds

    kinds = IOLoop().run_sync(attack, timeout=60)

    assert "execute_reply" not in kinds
    assert not mark.exists()


def message(kind: str, **content: object) -> str:
    """A message of the Jupyter protocol for the shell channel of a kernel."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "x",
              "date": "2026-11-24T00:00:00Z", "version": "5.3"}  # fmt: skip
    whole = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    return json.dumps(whole | {"channel": "shell", "buffers": []})


def test_the_token_typed_into_the_form_opens_the_page(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visit:
        visit.complaints_allowed = True  # the browser itself reports the refusals
        visit.page.goto(f"{address}/")
        visit.sees("Access token needed")
        visit.page.get_by_label("Access token").fill("guessed")
        visit.page.get_by_role("button", name="Open the page").click()
        assert visit.told() == "Error: that is not the token of this server."
        visit.page.get_by_label("Access token").fill(TOKEN)
        visit.page.get_by_role("button", name="Open the page").click()
        visit.sees("1. The metric workbook")


def test_the_token_does_not_stay_in_the_address(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(f"?token={TOKEN}")

        assert visit.page.url == f"{address}{FIRST_PAGE}"


def test_closing_the_page_ends_its_kernel(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(f"?token={TOKEN}")
        found = KERNEL_ID.search(visit.page.content())
        assert found
        kernel = f"{address}/api/kernels/{found[1]}?token={TOKEN}"
        assert status_of(kernel) == 200
        visit.page.goto("about:blank")

        assert eventually(lambda: status_of(kernel) == 404)


def test_without_postgres_the_page_says_what_to_do(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visit:
        visit.open(f"?token={TOKEN}")

        assert visit.told() == (
            "There is a problem Postgres does not answer at 127.0.0.1:1 (database 'bng', user "
            "'bng'). Start the stack with bng up, or check DATABASE_URL."
        )
        assert NOBODY not in visit.page.content()


def test_an_unknown_address_is_answered_in_words(browser: Browser, address: str) -> None:
    with visiting(browser, address) as visit:
        visit.complaints_allowed = True  # the browser itself reports the 404
        visit.page.goto(f"{address}/nowhere?token={TOKEN}")

        visit.sees("Page not found")


def test_a_lost_connection_is_said(browser: Browser) -> None:
    with serving() as found, visiting(browser, found) as visit:
        visit.complaints_allowed = True  # the browser itself reports the lost connection
        visit.open(f"?token={TOKEN}")
        visit.page.route("**/api/kernels/**", lambda route: route.abort())

        visit.sees("The connection to the server was lost.")


def test_pages_and_kernels_work_from_a_folder_with_a_space(
    browser: Browser, tmp_path: Path
) -> None:
    project = tmp_path / "a copy of the project"
    for part in ("bng_core", "dashboards", "flows", "notebooks"):
        shutil.copytree(PROJECT_ROOT / part, project / part)
    page = project / "dashboards" / "ui" / "page.py"
    page.write_text(page.read_text().replace("Market: not connected", "The kernel of the copy"))

    with serving(project) as found, visiting(browser, found) as visit:
        visit.open(f"?token={TOKEN}")

        visit.sees("The kernel of the copy")


@pytest.mark.stack
def test_without_prefect_a_local_process_answers_and_the_page_says_so(
    browser: Browser, stack: Settings
) -> None:
    parts = {"DATABASE_URL": str(stack.database_url), "PREFECT_API_URL": "http://127.0.0.1:1/api"}

    with (
        serving(**parts, REDIS_URL="redis://127.0.0.1:1/0") as found,
        visiting(browser, found) as visit,
    ):
        visit.open(f"?token={TOKEN}")
        visit.read(PROJECT_ROOT / "sample" / "metric.xlsx")
        visit.confirm()
        visit.find()

        visit.sees("Prefect was not available, so a process on this machine computed the answer")
