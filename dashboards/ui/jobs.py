"""How pages reach a worker: by the run service, which knows of Prefect only an address."""

from flows.service import open_service

__all__ = ["open_service"]
