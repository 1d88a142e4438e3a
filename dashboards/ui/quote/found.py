"""A finished run with all that is shown of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bng_core.demand import Demand
from bng_core.explain import LineReason, ModuleAccount
from bng_core.store import Run
from dashboards.ui.downloads import Download
from dashboards.ui.maps import MapPoint

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Explanation:
    """By module what is required, by stock id why a purchase costs that, and the last resort."""

    accounts: Sequence[ModuleAccount] = ()
    reasons: Mapping[str, LineReason] = field(default_factory=dict)
    credits: Json | None = None


NOTHING_EXPLAINED = Explanation()


@dataclass(frozen=True)
class Result:
    """A finished run; bank names by id, and where its figures come from."""

    run: Run
    bank_names: Mapping[str, str]
    downloads: Sequence[Download]
    explanation: Explanation = NOTHING_EXPLAINED
    demand: Demand | None = None
    points: Sequence[MapPoint] = ()

    @property
    def answer(self) -> Json:
        """The JSON of §4.3."""
        return self.run.result or {}
