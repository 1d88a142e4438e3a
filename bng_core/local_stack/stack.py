"""What one running stack knows: its folder, ports, secrets, and the addresses that follow."""

import sys
from dataclasses import dataclass, field
from pathlib import Path

from bng_core.local_stack import postgres, valkey
from bng_core.local_stack.homes import Home
from bng_core.local_stack.ports import HOST
from bng_core.local_stack.processes import MARK
from bng_core.settings import OWNER_ADDRESS, Settings, child_environment

DAY_S = 24 * 3600

# Measured in use: nothing leaves the machine, and the worker looks for runs every second. What
# Prefect remembers of runs is let go after a month; the runs themselves are in the store.
PREFECT_SETTINGS = {
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * DAY_S),
    "PREFECT_SERVER_DEPLOYMENTS_CONCURRENCY_SLOT_WAIT_SECONDS": "2",
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_CLI_COLORS": "false",
}


@dataclass(frozen=True)
class Stack:
    """Ports, processes and start times (seconds since 1970) are filled in as the services start."""

    settings: Settings
    home: Home
    secrets: dict[str, str]
    ports: dict[str, int] = field(default_factory=dict)
    started: dict[str, float] = field(default_factory=dict)
    pids: dict[str, int] = field(default_factory=dict)

    @property
    def data_dir(self) -> Path:
        """The folder of state, logs and secrets."""
        return self.settings.data_dir

    def log(self, name: str) -> Path:
        """Where a service writes."""
        return self.data_dir / "logs" / f"{name}.log"

    @property
    def postgres_data(self) -> Path:
        """Postgres' own folder."""
        return self.home.folder / "postgres"

    def pid(self, name: str) -> int:
        """The process of a service that was started; 0 before."""
        return self.pids.get(name, 0)

    def prefect_auth(self) -> str:
        """User and password of the Prefect server: the user's own choice, else ours."""
        if "PREFECT_API_AUTH_STRING" in self.settings.given:
            return str(self.settings.prefect_auth_string)
        return self.secrets["prefect"]

    def prefect_api(self) -> str:
        """Address of the Prefect server, ours or the given one."""
        if "PREFECT_API_URL" in self.settings.given:
            return str(self.settings.prefect_api_url)
        return f"http://{HOST}:{self.ports['prefect']}/api"

    def voila_url(self) -> str:
        """Address of the pages."""
        return f"http://{HOST}:{self.ports['voila']}/"

    def voila_token(self) -> str:
        """What whoever makes the first admin must bring."""
        if "BNG_VOILA_TOKEN" in self.settings.given:
            return str(self.settings.voila_token)
        return self.secrets["voila"]

    def api_url(self) -> str:
        """Address of the HTTP API, ours or the given one."""
        if "BNG_API_URL" in self.settings.given:
            return str(self.settings.api_url)
        return f"http://{HOST}:{self.ports['api']}/"

    def api_key(self) -> str:
        """The key of the stack itself."""
        if "BNG_API_KEY" in self.settings.given:
            return str(self.settings.api_key)
        return self.secrets["api"]

    def addresses(self) -> dict[str, str]:
        """The names of settings.py with the values that this stack gives them, as far as known.

        What the environment set itself is left out: it stays as it is.
        """
        known = {
            "postgres": lambda port: {
                "DATABASE_URL": postgres.url(port, postgres.APPLICATION, self.secrets["postgres"]),
                OWNER_ADDRESS: postgres.url(port, postgres.OWNER, self.secrets["postgres_owner"]),
            },
            "valkey": lambda port: {"REDIS_URL": valkey.url(port, self.secrets["valkey"])},
            "prefect": lambda port: {
                "PREFECT_API_URL": self.prefect_api(),
                "PREFECT_API_AUTH_STRING": self.prefect_auth(),
            },
            "api": lambda port: {
                "BNG_API_URL": self.api_url(),
                "BNG_API_KEY": self.api_key(),
            },
            "voila": lambda port: {
                "BNG_VOILA_URL": self.voila_url(),
                "BNG_VOILA_TOKEN": self.voila_token(),
            },
        }
        found = [known[name](port) for name, port in self.ports.items()]
        given = self.settings.given
        return {name: value for one in found for name, value in one.items() if name not in given}

    def owner_address(self) -> dict[str, str]:
        """The address of the tables' owner, for the one step that makes tables."""
        given = self.settings.owner_database_url if OWNER_ADDRESS in self.settings.given else None
        address = given or self.addresses().get(OWNER_ADDRESS)
        return {OWNER_ADDRESS: address} if address else {}

    def environment(self) -> dict[str, str]:
        """What every child of the stack gets, on top of the environment of `bng up`.

        Programs that serve requests have no use for the rights of the tables' owner.
        """
        found = child_environment(
            {
                **PREFECT_SETTINGS,
                **self.addresses(),
                "PREFECT_HOME": str(self.data_dir / "prefect"),
                "BNG_DATA_DIR": str(self.data_dir),
                MARK: str(self.data_dir),
            }
        )
        found.pop(OWNER_ADDRESS, None)
        return found


def python(*arguments: str) -> list[str]:
    """A command of this environment's Python."""
    return [sys.executable, *arguments]
