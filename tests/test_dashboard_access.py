"""Who may open which page and whose kernel, and what the server never gives away."""

import json
import urllib.parse
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request

import pytest
from tornado.httpclient import HTTPClientError, HTTPRequest
from tornado.ioloop import IOLoop
from tornado.websocket import websocket_connect

from bng_core.actor import SYSTEM, Role
from bng_core.settings import Settings
from bng_core.store import Store, connect
from bng_core.store.sign_in import visitor_of
from bng_core.store.users import set_enabled, set_role
from dashboards.pages import PAGES
from tests.page_server import QUOTE, Site, answer_to, cookie_of, serving
from tests.people import person


@pytest.fixture(scope="module")
def site_of_the_file(services: Settings) -> Iterator[Site]:
    parts = {"DATABASE_URL": str(services.database_url), "REDIS_URL": str(services.redis_url)}
    with serving(**parts) as address:
        store = connect(services.database_url)
        yield Site(address, store)
        store.dispose()


@pytest.fixture
def site(site_of_the_file: Site, owner: Store) -> Site:
    """Pages over an empty store."""
    return site_of_the_file


@pytest.mark.parametrize("secret", ["", "guessed"])
@pytest.mark.parametrize("path", ["/", "/account", *(page.path for page in PAGES)])
def test_without_a_session_every_page_leads_to_signing_in(
    site: Site, path: str, secret: str
) -> None:
    status, text = site.get(path, secret)

    assert status == 200
    assert "<h1>Sign in</h1>" in text
    assert "kernelId" not in text


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
def test_a_page_is_for_those_whose_role_allows_what_it_does(site: Site, role: Role) -> None:
    secret = site.secret(role)
    visitor = visitor_of(site.store, secret)
    assert visitor is not None
    closed = [page for page in PAGES if not visitor.actor.may(page.action)]

    menu = site.get("/account", secret)[1]

    for page in closed:
        status, text = site.get(page.path, secret)
        assert status == 403
        assert "<h1>Not for your role</h1>" in text
        assert "kernelId" not in text
    for page in PAGES:
        assert (f'href="{page.path}"' in menu) == (page not in closed)


def test_a_role_taken_away_closes_its_pages_at_once(site: Site) -> None:
    analytics = "/voila/render/analytics.ipynb"
    secret = site.secret(Role.ANALYST)
    assert site.get(analytics, secret)[0] == 200

    set_role(site.store, SYSTEM, "analyst@example.org", Role.END_USER)

    assert site.get(analytics, secret)[0] == 403


@pytest.mark.parametrize(
    "path",
    [
        "/voila/files/serve.py",
        "/voila/files/quote.ipynb",
        "/voila/tree",
        "/voila/api/contents",
        "/voila/static/../serve.py",
        "/voila/static/%2e%2e/serve.py",
        "/voila/static/..%2f..%2fserve.py",
        "/voila/templates/bng/..%2f..%2f..%2fserve.py",
        "/voila/labextensions/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/voila/render/..%2Fnotebooks%2Foptimise.ipynb",
        "/voila/render/quote.ipynb%00.txt",
        "/voila/render/serve.py",
        "/api/contents",
        "/api/sessions",
        "/api/kernels",
        "/api/terminals",
    ],
)
def test_no_file_and_no_listing_is_served_even_to_an_admin(site: Site, path: str) -> None:
    status, text = site.get(path, site.secret(Role.ADMIN))

    assert status in (400, 403, 404)
    assert "import " not in text
    assert "Traceback" not in text


def test_a_kernel_is_its_visitors_alone(site: Site) -> None:
    ann, bob = site.secret(), site.secret(Role.ADMIN)
    kernel = site.kernel(ann)

    assert site.get(f"/api/kernels/{kernel}", ann)[0] == 200
    assert site.get(f"/api/kernels/{kernel}", bob)[0] == 404
    assert site.get(f"/api/kernels/{kernel}")[0] == 403
    assert site.post(f"/voila/api/shutdown/{kernel}", bob) in (403, 404)
    assert site.get(f"/api/kernels/{kernel}", ann)[0] == 200


@pytest.mark.parametrize("who", ["nobody", "another"])
def test_a_kernels_websocket_is_closed_to_everybody_else(site: Site, who: str) -> None:
    kernel = site.kernel(site.secret())
    secret = site.secret(Role.ADMIN) if who == "another" else ""

    with pytest.raises(HTTPClientError, match=r"40[34]"):
        IOLoop().run_sync(lambda: connected(site, kernel, secret), timeout=60)


def test_a_websocket_from_another_web_site_is_refused(site: Site) -> None:
    secret = site.secret()
    kernel = site.kernel(secret)
    foreign = {"Origin": "http://elsewhere.example"}

    with pytest.raises(HTTPClientError, match="403"):
        IOLoop().run_sync(lambda: connected(site, kernel, secret, foreign), timeout=60)


def test_a_visitor_cannot_run_code_through_the_kernels_websocket(
    site: Site, tmp_path: Path
) -> None:
    secret = site.secret(Role.ADMIN)
    kernel = site.kernel(secret)
    mark = tmp_path / "executed"

    async def attack() -> list[str]:
        socket = await connected(site, kernel, secret)
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


async def connected(site: Site, kernel: str, secret: str, headers: dict[str, str] | None = None):
    """A websocket to a kernel."""
    channel = f"{site.address.replace('http', 'ws')}/api/kernels/{kernel}/channels?session_id=x"
    head = (headers or {}) | ({"Cookie": cookie_of(site.address, secret)} if secret else {})
    return await websocket_connect(HTTPRequest(channel, headers=head))


def message(kind: str, **content: object) -> str:
    """A message of the Jupyter protocol for the shell channel of a kernel."""
    header = {"msg_id": uuid.uuid4().hex, "msg_type": kind, "username": "", "session": "x",
              "date": "2026-11-24T00:00:00Z", "version": "5.3"}  # fmt: skip
    whole = {"header": header, "parent_header": {}, "metadata": {}, "content": content}
    return json.dumps(whole | {"channel": "shell", "buffers": []})


def test_the_name_in_the_header_is_the_servers_word_not_the_browsers(site: Site) -> None:
    page = site.get(QUOTE, site.secret(), X_Bng_Visitor="admin@example.org")[1]

    assert "handler@example.org" in page
    assert "admin@example.org" not in page


@pytest.mark.parametrize("path", ["/login", "/logout", "/account", "/set-up", "/password"])
def test_a_form_sent_from_another_web_site_is_refused(site: Site, path: str) -> None:
    secret = site.secret()

    assert site.post(path, secret) == 403
    assert site.get("/account", secret)[1].count("<h1>Your account</h1>") == 1


def test_a_closed_login_ends_its_session_and_soon_its_kernels(site: Site) -> None:
    secret = site.secret()
    kernel = site.kernel(secret)

    set_enabled(site.store, SYSTEM, person(site.store), False)

    assert "<h1>Sign in</h1>" in site.get(QUOTE, secret)[1]
    set_enabled(site.store, SYSTEM, person(site.store), True)
    again = site.secret()
    assert site.get(f"/api/kernels/{kernel}", again)[0] == 404


def test_after_signing_in_nobody_is_sent_to_another_site(site: Site) -> None:
    elsewhere = urllib.parse.quote("//elsewhere.example/")

    status, text = site.get(f"/login?next={elsewhere}", site.secret())

    assert status == 200
    assert "kernelId" in text


def test_without_postgres_nobody_is_let_in_and_the_reason_is_said() -> None:
    with serving() as address:
        secret = {"Cookie": cookie_of(address, "a secret")}
        status, text = answer_to(Request(f"{address}{QUOTE}", headers=secret))

    assert status == 503  # of the sign-in page
    assert "<h1>The store does not answer</h1>" in text
