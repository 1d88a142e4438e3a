"""Where the parts are: the environment first, then the running local stack, else nothing.

The only module that reads os.environ. A team sets DATABASE_URL, REDIS_URL and PREFECT_API_URL
(§5); on one machine `bng up` writes the same names into the state file, which only its owner reads.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bng_core.errors import BadInput

PROJECT_ROOT = Path(__file__).resolve().parent.parent
STATE_FILE = "state.json"
DEFAULT_CACHE_TTL_SECONDS = 43_200
OWNER_ADDRESS = "BNG_OWNER_DATABASE_URL"
STACK_NAMES = (
    "DATABASE_URL",
    OWNER_ADDRESS,
    "REDIS_URL",
    "PREFECT_API_URL",
    "PREFECT_API_AUTH_STRING",
    "BNG_VOILA_URL",
    "BNG_VOILA_TOKEN",
    "BNG_API_URL",
    "BNG_API_KEY",
)
DEFAULT_REQUESTS_A_MINUTE = 1_200


@dataclass(frozen=True)
class Settings:
    """Addresses and secrets of the parts; None where a part is not known.

    `given` holds the names that the environment set itself, so that the local stack
    starts nothing in their place. `owner_database_url` names the role that owns the tables, for
    migrations, backup and restore; the other one is the application's. `backend_url` is the API
    that pages ask; without it they compute on their own machine. `boundaries_dir` holds the
    outlines of planning areas for maps, where somebody has put them there.
    """

    project_root: Path
    data_dir: Path
    database_url: str | None
    owner_database_url: str | None
    redis_url: str | None
    prefect_api_url: str | None
    prefect_auth_string: str | None
    voila_url: str | None
    voila_token: str | None
    api_url: str | None
    api_key: str | None
    backend_url: str | None
    api_origins: tuple[str, ...]
    requests_a_minute: int
    sentry_dsn: str | None
    cache_ttl_seconds: int
    register_on: bool
    boundaries_dir: Path | None
    given: frozenset[str]


def load_settings() -> Settings:
    """Read the environment, then the state file of the local stack.

    Raises BadInput where CACHE_TTL or BNG_API_RATE_LIMIT is no whole number.
    """
    data_dir = Path(os.environ.get("BNG_DATA_DIR") or PROJECT_ROOT / ".bng").absolute()
    given = {name: value for name in STACK_NAMES if (value := os.environ.get(name))}
    found = _of_running_stack(data_dir)
    if "DATABASE_URL" in given:
        found.pop(OWNER_ADDRESS, None)  # that of another server
    found |= given
    return Settings(
        project_root=PROJECT_ROOT,
        data_dir=data_dir,
        database_url=found.get("DATABASE_URL"),
        owner_database_url=found.get(OWNER_ADDRESS),
        redis_url=found.get("REDIS_URL"),
        prefect_api_url=found.get("PREFECT_API_URL"),
        prefect_auth_string=found.get("PREFECT_API_AUTH_STRING"),
        voila_url=found.get("BNG_VOILA_URL"),
        voila_token=found.get("BNG_VOILA_TOKEN"),
        api_url=found.get("BNG_API_URL"),
        api_key=found.get("BNG_API_KEY"),
        backend_url=os.environ.get("BACKEND_URL") or None,
        api_origins=tuple(os.environ.get("BNG_API_ORIGINS", "").split()),
        requests_a_minute=_whole_number(
            "BNG_API_RATE_LIMIT", "requests a minute", DEFAULT_REQUESTS_A_MINUTE
        ),
        sentry_dsn=os.environ.get("SENTRY_DSN"),
        cache_ttl_seconds=_whole_number("CACHE_TTL", "seconds", DEFAULT_CACHE_TTL_SECONDS),
        register_on=os.environ.get("BNG_REGISTER", "").casefold() == "on",
        boundaries_dir=Path(folder) if (folder := os.environ.get("BNG_BOUNDARIES")) else None,
        given=frozenset(given),
    )


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The environment for a process of ours: this one's, with `extra` on top.

    A proxy must not stand between parts of one machine, whatever the user's own settings.
    """
    local = "127.0.0.1,localhost"
    others = os.environ.get("NO_PROXY") or os.environ.get("no_proxy")
    no_proxy = f"{others},{local}" if others else local
    return {**os.environ, "NO_PROXY": no_proxy, "no_proxy": no_proxy, **extra}


def _of_running_stack(data_dir: Path) -> dict[str, str]:
    """The addresses that the local stack wrote; none where it does not run."""
    try:
        state = json.loads((data_dir / STATE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # no stack, another user's stack, or a file cut short by a power loss
    environment = state.get("environment") if isinstance(state, dict) else None
    if not isinstance(environment, dict):
        return {}
    return {name: str(environment[name]) for name in STACK_NAMES if name in environment}


def _whole_number(name: str, unit: str, default: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or int(text) == 0:
        raise BadInput(
            f"{name} is {text!r}; expected a whole number of {unit} above 0, such as {default}. "
            "Correct or unset it."
        )
    return int(text)
