"""The web server of the pages: a stand-alone Voilà that serves this folder and nothing else.

    python -m dashboards.serve --port 8866 [--host 127.0.0.1]

Stand-alone, because under Voilà as an extension of Jupyter Server any visitor who may open a page
may also run code; here a kernel accepts only the messages that widgets need.
"""

import argparse
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_server.log import log_request
from jupyter_server.services.kernels.handlers import KernelHandler
from tornado.ioloop import PeriodicCallback
from traitlets import default
from traitlets.config import Config
from voila.app import Voila
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.static_file_handler import AllowListFileHandler, TemplateStaticFileHandler
from voila.tornado.contentshandler import VoilaContentsHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler
from voila.tornado.treehandler import TornadoVoilaTreeHandler

from bng_core.settings import load_settings
from dashboards import forms
from dashboards.access import StoreIdentityProvider
from dashboards.kernels import (
    Owners,
    OwnKernelHandler,
    OwnShutdownHandler,
    OwnWebsocketHandler,
    end_kernels_of_ended_sessions,
)
from dashboards.page_handler import VISITOR_HEADER, PageHandler, TemplateFileHandler
from dashboards.widget_assets import WIDGET_EXTENSIONS, only_used

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent
BASE_TEMPLATE = "lab"  # Voilà's own template, which ours extends; widget styles come from it
LARGEST_UPLOAD_BYTES = 20 * 1024 * 1024
IDLE_SECONDS_BEFORE_CULLING = 30 * 60
SWEEP_SECONDS = 60

# Voilà's files and file listings; the pages need none of them.
UNWANTED = (AllowListFileHandler, VoilaContentsHandler, TornadoVoilaTreeHandler)

# Voilà's handlers -> ours, which ask whose page and whose kernel it is.
OURS = {
    TornadoVoilaHandler: PageHandler,
    KernelHandler: OwnKernelHandler,
    VoilaShutdownKernelHandler: OwnShutdownHandler,
    VoilaKernelWebsocketHandler: OwnWebsocketHandler,
    TemplateStaticFileHandler: TemplateFileHandler,
}

ROUTES = [
    (r"/", forms.HomeHandler),
    (r"/login", forms.LoginHandler),
    (r"/logout", forms.LogoutHandler),
    (r"/set-up", forms.SetUpHandler),
    (r"/password", forms.PasswordHandler),
    (r"/account", forms.AccountHandler),
    (r"/accessibility", forms.StatementHandler),
]

HEADERS = {
    # JupyterLab's widget manager compiles its JSON schemas, hence unsafe-eval; nothing may be
    # loaded from or sent to another machine.
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'self'",
            "object-src 'none'",
        ]
    ),
    "Referrer-Policy": "same-origin",  # an address may carry the token or the id of a run
    "X-Content-Type-Options": "nosniff",
}


class OwnPython(KernelSpecManager):
    """Kernels run on the Python of this environment, whatever else is installed for the user."""

    @default("kernel_dirs")
    def _no_other_kernels(self) -> list[str]:
        return []


class PageServer(Voila):
    """Voilà without its file routes, with our template, sign-in and error pages."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.kernel_owners: Owners = {}

    def setup_template_dirs(self) -> None:
        """Put our template and assets before Voilà's."""
        super().setup_template_dirs()
        self.template_paths.insert(0, str(HERE / "templates" / "bng"))
        self.static_paths.insert(0, str(HERE / "static"))

    def init_settings(self) -> dict[str, Any]:
        """Let every handler, not only Voilà's, answer with our pages and scrubbed logs."""
        settings = super().init_settings()
        environment: jinja2.Environment = settings["voila_jinja2_env"]
        environment.globals["static_version"] = self.static_version
        return settings | {
            "jinja2_env": environment,
            "kernel_owners": self.kernel_owners,
            "log_function": lambda handler: log_request(handler, record_prometheus_metrics=False),
        }

    def init_handlers(self) -> list[Any]:
        """Drop the file routes; add the way in and a page for every other address."""
        kept = [handler for handler in super().init_handlers() if handler[1] not in UNWANTED]
        ours = [(route, OURS.get(handler, handler), *rest) for route, handler, *rest in kept]
        return [*ROUTES, *ours, (r".*", forms.NotFoundHandler)]

    def start(self) -> None:
        """Serve; every minute the kernels of ended sessions end too."""
        sweep = PeriodicCallback(self._end_kernels_of_ended_sessions, SWEEP_SECONDS * 1000)
        sweep.start()
        super().start()

    async def _end_kernels_of_ended_sessions(self) -> None:
        await end_kernels_of_ended_sessions(
            self.kernel_manager, self.kernel_owners, self.identity_provider
        )

    @property
    def static_version(self) -> str:
        """Changes when an asset changes, so that no browser shows an old one."""
        return str(int(max(path.stat().st_mtime for path in (HERE / "static").iterdir())))


def configuration(host: str, port: int, token: str) -> Config:
    """Everything that is set, in one place; no configuration file is read."""
    config = Config()
    config.Voila = Config(
        ip=host,
        port=port,
        port_retries=0,  # the caller chose the port and tells it to others
        token=token,
        open_browser=False,
        root_dir=str(HERE),
        config_file_paths=[],
        identity_provider_class=StoreIdentityProvider,
        tornado_settings={
            "headers": HEADERS,
            # base64 adds a third, the message around it a little more
            "websocket_max_message_size": LARGEST_UPLOAD_BYTES * 3 // 2,
        },
    )
    config.VoilaConfiguration = Config(
        template=BASE_TEMPLATE,
        strip_sources=True,
        show_tracebacks=False,
        allow_template_override="NO",
        allow_theme_override="NO",
        file_allowlist=[],
        kernel_spec_manager_class=OwnPython,
        http_header_envs=[VISITOR_HEADER],
        extension_allowlist=list(WIDGET_EXTENSIONS),
        page_config_hook=only_used,
        preheat_kernel=True,
        default_pool_size=1,
        resources={"language_code": "en-GB"},
    )
    config.VoilaExecutor = Config(
        cell_error_instruction="Reload the page; if it happens again, tell whoever runs this site."
    )
    # Over TCP any user of the machine could read what a kernel shows; the sockets of ipc lie in a
    # folder that only this user may enter.
    config.KernelManager = Config(transport="ipc")
    config.MappingKernelManager = Config(
        cull_idle_timeout=IDLE_SECONDS_BEFORE_CULLING, cull_interval=60, cull_connected=False
    )
    return config


def let_kernels_find_the_project() -> None:
    """Kernels start in the notebook's folder with this environment; the token is not for them."""
    paths = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    os.environ.pop("BNG_VOILA_TOKEN", None)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until stopped."""
    parser = argparse.ArgumentParser(prog="python -m dashboards.serve", description=__doc__)
    parser.add_argument("--port", type=int, default=8866)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    options = parser.parse_args(arguments)
    token = load_settings().voila_token
    if not token:
        token = secrets.token_urlsafe(24)
        sys.stdout.write(f"Open http://{options.host}:{options.port}/set-up?token={token}\n")
        sys.stdout.flush()
    let_kernels_find_the_project()
    server = PageServer.instance(config=configuration(options.host, options.port, token))
    server.initialize(argv=[])
    server.start()
    return 0


if __name__ == "__main__":
    sys.exit(main())
