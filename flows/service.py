"""The run service with the ways to a worker that this project has."""

from functools import partial

from bng_core.cache import open_cache
from bng_core.runs import RunService
from bng_core.settings import load_settings
from bng_core.store import connect
from flows.dispatch import dispatch


def open_service() -> RunService:
    """Connect to the store and the cache; runs go to Prefect, or to a process of our own.

    Raises StoreError when Postgres does not answer.
    """
    settings = load_settings()
    return RunService(
        store=connect(settings.database_url),
        cache=open_cache(settings.redis_url, settings.cache_ttl_seconds),
        dispatch=partial(dispatch, settings),
        notebooks=settings.project_root / "notebooks",
    )
