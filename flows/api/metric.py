"""Reading a metric workbook, without a job."""

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.concurrency import run_in_threadpool

from bng_core.actor import Action, require
from bng_core.metric import Source, metric_json, read_metric
from bng_core.runs import MAX_INPUT_BYTES, MEGABYTE, file_name
from flows.api.access import Asker
from flows.api.faults import Refusal

router = APIRouter(tags=["metric"])

FILE = {"schema": {"type": "string", "format": "binary"}}
BODY = {"required": True, "content": {"application/octet-stream": FILE}}


@router.post("/metric", openapi_extra={"requestBody": BODY})
async def read(
    request: Request,
    asker: Asker,
    name: Annotated[str, Query(min_length=1, max_length=200)] = "workbook.xlsx",
    use: Annotated[Source | None, Query(description="whose figures count")] = None,
) -> dict[str, Any]:
    """What a metric workbook says and requires, as `bng metric --json`; the body is the file."""
    require(asker, Action.OPTIMISE)
    content = await request.body()
    if len(content) > MAX_INPUT_BYTES:
        most = f"{MAX_INPUT_BYTES / MEGABYTE:.0f} MB"
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The file is larger than {most}.")
    return await run_in_threadpool(lambda: metric_json(read_metric(content, file_name(name), use)))
