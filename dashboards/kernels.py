"""Whose kernel is whose: each belongs to the session that it was started or taken for.

Nobody else reaches it, by page, request or websocket, and it ends with its session.
"""

import asyncio
import logging
from http import HTTPStatus
from typing import Any

from jupyter_core.utils import ensure_async
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.services.kernels.handlers import KernelHandler
from tornado import web
from voila.shutdown_kernel_handler import VoilaShutdownKernelHandler
from voila.tornado.kernel_websocket_handler import VoilaKernelWebsocketHandler

from bng_core.errors import StoreError
from bng_core.store.sign_in import sessions_in_force
from dashboards.access import StoreIdentityProvider, visitor_here

log = logging.getLogger("bng.pages")

Owners = dict[str, str]
"""The session of each kernel that somebody uses."""


class KernelsOf:
    """Voilà's kernel manager for one visit: notes every kernel that it hands out."""

    def __init__(self, manager: Any, owners: Owners, session_id: str) -> None:
        self._manager = manager
        self._owners = owners
        self._session_id = session_id

    def __getattr__(self, name: str) -> Any:
        return getattr(self._manager, name)

    async def start_kernel(self, **options: Any) -> str:
        """Start a kernel for this visit."""
        kernel_id: str = await ensure_async(self._manager.start_kernel(**options))
        self._owners[kernel_id] = self._session_id
        return kernel_id

    async def get_rendered_notebook(self, **options: Any) -> tuple[Any, Any, str]:
        """Take a kernel that was started ahead."""
        task, rendered, kernel_id = await self._manager.get_rendered_notebook(**options)
        self._owners[kernel_id] = self._session_id
        return task, rendered, kernel_id


class _OwnKernelOnly(JupyterHandler):
    """Another visitor's kernel is as if it were not there."""

    async def prepare(self, **options: Any) -> None:
        """Let in whoever owns the kernel of the address."""
        await ensure_async(super().prepare(**options))
        if self._finished:
            return
        kernel_id = self.path_kwargs.get("kernel_id") or self.path_args[0]
        owners: Owners = self.settings["kernel_owners"]
        if self.current_user is None or owners.get(kernel_id) != visitor_here(self).session_id:
            raise web.HTTPError(HTTPStatus.NOT_FOUND)


class OwnKernelHandler(_OwnKernelOnly, KernelHandler):
    """Whether one's kernel is still there."""


class OwnShutdownHandler(_OwnKernelOnly, VoilaShutdownKernelHandler):
    """End one's kernel as the page is closed."""


class OwnWebsocketHandler(_OwnKernelOnly, VoilaKernelWebsocketHandler):
    """The websocket to one's kernel."""


async def end_kernels(manager: Any, owners: Owners, session_ids: set[str]) -> None:
    """End the kernels of these sessions; forget kernels that are gone."""
    for kernel_id, session_id in list(owners.items()):
        if kernel_id in manager and session_id in session_ids:
            await ensure_async(manager.shutdown_kernel(kernel_id))
        if kernel_id not in manager:
            owners.pop(kernel_id, None)


async def end_kernels_of_ended_sessions(
    manager: Any, owners: Owners, identities: StoreIdentityProvider
) -> None:
    """End what closed logins and old sessions left running; without the store all stay."""
    try:
        in_force = await asyncio.to_thread(lambda: sessions_in_force(identities.store))
    except StoreError as error:
        log.warning("Sessions cannot be looked up: %s", error)
    else:
        for session_id in set(identities.known) - in_force:
            del identities.known[session_id]
        await end_kernels(manager, owners, set(owners.values()) - in_force)
