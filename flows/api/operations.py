"""For those who operate the program: health, figures for Prometheus, and the cache."""

import logging
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis import RedisError

from bng_core import cache
from bng_core.actor import Action, require
from bng_core.errors import StoreError
from bng_core.store import ping
from flows.api.access import Asker
from flows.api.desk import Desk, desk_of
from flows.api.models import Cleared, Health, Part
from flows.dispatch import has_task_worker

log = logging.getLogger(__name__)

router = APIRouter(tags=["operations"])
RunKey = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="the run key of an answer")]


@router.get("/health", responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": Health}})
def health(request: Request, response: Response) -> Health:
    """Each part with its state; 503 only where nothing can be asked."""
    desk = desk_of(request)
    parts = {"postgres": _postgres(desk), "redis": _redis(desk), **_prefect(desk)}
    if parts["postgres"].state != "up":
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return Health(status="down", parts=parts)
    all_up = all(part.state == "up" for part in parts.values())
    return Health(status="ok" if all_up else "degraded", parts=parts)


def _postgres(desk: Desk) -> Part:
    try:
        ping(desk.service.store)
    except StoreError as fault:
        log.warning("%s", fault)  # anybody may ask for the health, so the address is not told
        return Part(state="down", message="Nothing can be asked.")
    return Part(state="up", message="Runs are stored.")


def _redis(desk: Desk) -> Part:
    if desk.cache.client is None:
        return Part(state="not set", message="Every answer is computed anew.")
    try:
        desk.cache.client.ping()
    except RedisError:
        return Part(state="down", message="Every answer is computed anew.")
    return Part(state="up", message="Answers are cached.")


def _prefect(desk: Desk) -> dict[str, Part]:
    try:
        listens = has_task_worker(desk.settings)
    except (OSError, ValueError):
        down = Part(state="down", message="Runs are computed by local processes.")
        return {"prefect": down, "workers": down}
    up = Part(state="up", message="Runs are seen in Prefect.")
    if listens:
        return {"prefect": up, "workers": Part(state="up", message="A task worker listens.")}
    slow = "No task worker listens: runs go to the work pool, or to local processes."
    return {"prefect": up, "workers": Part(state="down", message=slow)}


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(request: Request, asker: Asker) -> Response:
    """Figures for Prometheus."""
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)


@router.delete("/cache/{key}")
def forget(request: Request, asker: Asker, key: RunKey) -> Cleared:
    """Let one answer be computed anew; for admins. Nothing kept is no fault."""
    return Cleared(removed=int(cache.forget(desk_of(request).cache, asker, key)))


@router.post("/cache/clear-all")
def clear(request: Request, asker: Asker) -> Cleared:
    """Let every answer be computed anew; for admins."""
    require(asker, Action.CLEAR_CACHE)
    return Cleared(removed=cache.clear(desk_of(request).cache, asker))
