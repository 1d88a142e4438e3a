"""A Postgres of a test's own, apart from the session's: it may be killed, and starts empty."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg2

from bng_core.local_stack import postgres
from bng_core.local_stack.files import load_secrets
from bng_core.local_stack.homes import Home, find_home
from bng_core.local_stack.ports import claim_port
from tests.conftest import temporary_data_dir

SECRETS = {"bng": "postgres", "bng_owner": "postgres_owner", "bng_prefect": "postgres_prefect"}


@dataclass
class Server:
    """A Postgres with nothing but its administrator."""

    home: Home
    data: Path
    port: int
    passwords: dict[str, str]
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        postgres.clear_left_over(self.data)
        self.process = subprocess.Popen(
            postgres.command(self.home, self.data, self.port),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            **self.home.run_as,  # type: ignore[call-overload]
        )
        while not postgres.is_ready(self.home, self.port, self.passwords["postgres_admin"]):
            assert self.process.poll() is None
            time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        self.process.send_signal(how)
        self.process.wait()

    def make_databases(self) -> None:
        postgres.make_databases(self.home, self.port, self.passwords)

    def url(self, role: str, database: str = "bng") -> str:
        return postgres.url(self.port, role, self.passwords[SECRETS[role]], database)

    def environment(self) -> dict[str, str]:
        """What makes the command line work on this server."""
        return {"DATABASE_URL": self.url("bng"), "BNG_OWNER_DATABASE_URL": self.url("bng_owner")}

    def run(self, address: str, *statements: str) -> None:
        connection = psycopg2.connect(address)
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
        connection.close()

    def administer(self, *statements: str) -> None:
        admin = self.passwords["postgres_admin"]
        self.run(postgres.url(self.port, "postgres", admin, "postgres"), *statements)


@contextmanager
def new_server() -> Iterator[Server]:
    """A server that lives as long as the block."""
    with temporary_data_dir() as folder:
        home = find_home(folder)
        passwords = load_secrets(folder)
        data = postgres.initialise(home, passwords["postgres_admin"])
        server = Server(home, data, claim_port(45432), passwords)
        server.start()
        yield server
        server.stop()
