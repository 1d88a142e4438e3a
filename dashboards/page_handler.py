"""A page of the menu: for those who may open it, with their name in its header."""

from http import HTTPStatus
from typing import Any

from tornado import web
from voila.static_file_handler import TemplateStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler

from dashboards.access import visitor_here
from dashboards.forms import frame
from dashboards.kernels import KernelsOf
from dashboards.pages import find_page

VISITOR_HEADER = "X-Bng-Visitor"
"""Voilà passes it on to the kernel as HTTP_X_BNG_VISITOR; what a browser sends is replaced."""

PLACE_OF_VISITOR = "<!-- visitor -->"
"""Where the header of a page, perhaps rendered before anybody came, has room for the visitor."""


class PageHandler(TornadoVoilaHandler):
    """A page, which can also end its kernel.

    When it is closed Voilà's page posts the cross-site token from a cookie that Voilà never sets:
    the server would refuse, and every kernel would stay until it is culled.
    """

    @property
    def kernel_manager(self) -> Any:
        """The kernels, with a note of those that this visit uses."""
        owners = self.settings["kernel_owners"]
        return KernelsOf(super().kernel_manager, owners, visitor_here(self).session_id)

    @web.authenticated
    async def get(self, path: str | None = None) -> None:
        """Refuse whose role may not, set the cookie, then render."""
        page, visitor = find_page(path or ""), visitor_here(self)
        if page is None:
            raise web.HTTPError(HTTPStatus.NOT_FOUND)
        if not visitor.actor.may(page.action):
            raise web.HTTPError(HTTPStatus.FORBIDDEN)
        _ = self.xsrf_token  # reading it sets its cookie
        self.request.headers[VISITOR_HEADER] = visitor.actor.who
        header = frame(self)
        async for html in self.get_generator(path=path):
            self.write(html.replace(PLACE_OF_VISITOR, header, 1))
            self.flush()


class TemplateFileHandler(TemplateStaticFileHandler):
    """The static files of Voilà's template; Voilà itself fails where an address is none of them."""

    def parse_url_path(self, url_path: str) -> str:
        """The file of an address "template/static/file"."""
        if url_path.split("/")[1:2] != ["static"]:
            raise web.HTTPError(HTTPStatus.NOT_FOUND)
        return str(super().parse_url_path(url_path))
