"""The API as one ASGI application."""

from importlib.metadata import version

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CollectorRegistry
from swagger_ui_bundle import swagger_ui_path

from bng_core.settings import Settings
from flows.api import faults, jobs, live, metric, operations
from flows.api.access import Counters
from flows.api.desk import Desk
from flows.api.figures import RunCollector, answer_seconds
from flows.api.limits import LimitBody, Timed
from flows.api.models import Refused

ASSETS = "/docs/assets"
REFUSALS: dict[int | str, dict[str, object]] = {
    status: {"model": Refused} for status in (401, 403, 409, 413, 422, 429, 503)
}


def create_app(settings: Settings) -> FastAPI:
    """The API with these settings; it starts before Postgres and Redis do."""
    app = FastAPI(
        title="BNG Optimiser",
        version=version("bng-optimiser"),
        description="Jobs that answer with the cheapest lawful set of biodiversity units.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    desk = Desk(settings)
    registry = CollectorRegistry(auto_describe=False)
    app.state.desk = desk
    app.state.registry = registry
    app.state.counters = Counters(desk.cache.client)
    faults.install(app)
    for module in (jobs, live, metric, operations):
        app.include_router(module.router, responses=REFUSALS)
    _add_docs(app)
    app.add_middleware(LimitBody)
    app.add_middleware(Timed, seconds=answer_seconds(registry))
    if settings.api_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.api_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Idempotency-Key"],
        )
    registry.register(RunCollector(desk))
    return app


def _add_docs(app: FastAPI) -> None:
    """Swagger's page with its own files, so that it needs no network."""
    app.mount(ASSETS, StaticFiles(directory=swagger_ui_path))

    @app.get("/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        return get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="BNG Optimiser: API",
            swagger_js_url=f"{ASSETS}/swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS}/swagger-ui.css",
            swagger_favicon_url=f"{ASSETS}/favicon-32x32.png",
        )
