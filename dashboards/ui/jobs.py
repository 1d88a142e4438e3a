"""How pages reach a worker: by the HTTP API or by this machine, which they need not know."""

from flows.backend import ask, open_service

__all__ = ["ask", "open_service"]
