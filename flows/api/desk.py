"""What the routes share: settings, the run service once Postgres answers, and the cache."""

import threading
from dataclasses import dataclass, field

from fastapi import Request

from bng_core.cache import Cache, open_cache
from bng_core.runs import RunService
from bng_core.settings import Settings
from flows.service import open_service


@dataclass
class Desk:
    """Opens the run service at the first request, so that the API starts before Postgres does."""

    settings: Settings
    cache: Cache = field(init=False)
    _service: RunService | None = None
    _opening: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.cache = open_cache(self.settings.redis_url, self.settings.cache_ttl_seconds)

    @property
    def service(self) -> RunService:
        """The run service. Raises StoreError when Postgres does not answer."""
        with self._opening:
            if self._service is None:
                self._service = open_service()
            return self._service


def desk_of(request: Request) -> Desk:
    """The desk of the app that answers a request."""
    desk: Desk = request.app.state.desk
    return desk
