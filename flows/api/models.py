"""What is asked of the API and what it answers; OpenAPI is made from these."""

import base64
import binascii
from dataclasses import fields
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from bng_core.errors import BadInput
from bng_core.portfolio.question import PortfolioQuestion
from bng_core.preferences import CHARGES_SCHEMA, PREFERENCES_SCHEMA
from bng_core.question import LONGEST_S, ExploreQuestion, Question
from bng_core.runs import MAX_INPUT_BYTES, Asked, Upload
from bng_core.solver import Limits
from bng_core.store import Queue, Run, RunStatus
from flows.api.faults import at_field

LONGEST_BASE64 = MAX_INPUT_BYTES * 4 // 3 + 4

Name = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]
Optional = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]

Preferences = Annotated[dict[str, Any], WithJsonSchema(PREFERENCES_SCHEMA)]
Charges = Annotated[dict[str, Any], WithJsonSchema(CHARGES_SCHEMA)]


class JobStatus(StrEnum):
    """Where a job stands; `lost` is one whose worker fell silent, and which is offered again."""

    QUEUED = "queued"
    STARTED = "started"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


STATUS_OF_RUN = {
    RunStatus.QUEUED: JobStatus.QUEUED,
    RunStatus.RUNNING: JobStatus.STARTED,
    RunStatus.DONE: JobStatus.FINISHED,
    RunStatus.FAILED: JobStatus.FAILED,
    RunStatus.CANCELLED: JobStatus.CANCELLED,
    RunStatus.LOST: JobStatus.LOST,
}


class Strict(BaseModel):
    """A request that is refused when it has a field that nobody reads."""

    model_config = ConfigDict(extra="forbid")


class _Asked(Strict):
    input_name: Name = Field(description="name of the file, with its ending", examples=["a.xlsx"])
    input_base64: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_BASE64)] = (
        Field(description="the file itself, in base64; at most 20 MB")
    )
    on_date: date | None = Field(None, description="day whose prices hold; none: today")
    default_basis: Literal["bought", "effective"] = "bought"
    lot: Annotated[str, StringConstraints(max_length=12)] = Field(
        "0.01", description="units are sold in steps of this; 0: no steps"
    )
    queue: Literal["interactive", "batch"] = "interactive"

    def upload(self) -> Upload:
        """The file. Raises BadInput for what is not base64."""
        with at_field("input_base64"):
            try:
                content = base64.b64decode(self.input_base64, validate=True)
            except (binascii.Error, ValueError) as fault:
                raise BadInput(f"The file is not in base64: {fault}.") from None
        return Upload(self.input_name, content)

    def in_queue(self) -> Queue:
        """Where it waits."""
        return Queue(self.queue)


class DevelopmentJob(_Asked):
    """What is asked of one development."""

    asks: ClassVar[type[Question]]
    lpa: Name = Field(description="local planning authority", examples=["South Oxfordshire"])
    nca: Name = Field(description="National Character Area", examples=["Chilterns"])
    waterbody: Optional = ""
    marine_plan_area: Optional = ""
    contract_size: Literal["auto", "next", "fractional", "small", "medium", "large"] = "auto"
    preferences: Preferences = Field({}, description="each is priced against the free optimum")
    charges: Charges = Field({}, description="fees and a discount")
    time_limit_s: float = Field(Limits.time_limit_s, gt=0, le=LONGEST_S)
    use: Literal["", "workbook", "recomputed"] = Field(
        "", description="whose figures of a workbook count where saved and recomputed ones differ"
    )

    def question(self) -> Asked:
        """The question in canonical names. Raises BadInput, with the field at fault."""
        given = {field.name: getattr(self, field.name) for field in fields(Question)}
        return self.asks(**given | {"on_date": self.on_date or date.today()})


class OptimiseJob(DevelopmentJob):
    """The cheapest lawful purchase for one development."""

    kind: Literal["optimise"]
    asks: ClassVar[type[Question]] = Question


class ExploreJob(DevelopmentJob):
    """What stands around the cheapest purchase: the next best, fewer banks, other prices."""

    kind: Literal["explore"]
    asks: ClassVar[type[Question]] = ExploreQuestion


class PortfolioJob(_Asked):
    """Many developments on one stock; the file is a .zip of sites.csv and what it names."""

    kind: Literal["portfolio"]

    def question(self) -> Asked:
        """The question. Raises BadInput."""
        return PortfolioQuestion(self.on_date or date.today(), self.default_basis, self.lot)


JobRequest = Annotated[OptimiseJob | ExploreJob | PortfolioJob, Field(discriminator="kind")]


class Job(BaseModel):
    """A run as it stands; `result` is what `bng optimise --json` prints, once it is finished."""

    id: UUID
    kind: str
    status: JobStatus
    stage: str
    progress: int = Field(description="per cent")
    position: int | None = Field(description="place in the queue, from 1, while it waits")
    queue: str
    executor: str | None
    run_key: str
    from_cache: bool
    attempts: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: str | None
    result: dict[str, Any] | None


def job_of(run: Run) -> Job:
    """The run as the API shows it."""
    return Job(
        id=run.run_id,
        kind=run.kind,
        status=STATUS_OF_RUN[run.status],
        stage=run.stage,
        progress=run.progress,
        position=run.position,
        queue=run.queue,
        executor=run.executor,
        run_key=run.run_key,
        from_cache=run.answered_from_cache_of is not None,
        attempts=run.attempts,
        created_at=run.created_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        error=run.error,
        result=run.result,
    )


class Part(BaseModel):
    """One part of the system."""

    state: Literal["up", "down", "not set"]
    message: str


class Health(BaseModel):
    """`ok`: all parts answer; `degraded`: runs go on without one; `down`: nothing can be asked."""

    status: Literal["ok", "degraded", "down"]
    parts: dict[str, Part]


class Cleared(BaseModel):
    """How many answers were removed from the cache."""

    removed: int


class Fault(BaseModel):
    """Why a request was refused; `field` is the one at fault, where there is one."""

    kind: str
    message: str
    field: str | None = None


class Refused(BaseModel):
    """The body of every answer that is an error."""

    error: Fault
