"""The API's server: `python -m flows.api --port 8000 [--host 127.0.0.1]`."""

import argparse
import sys

import uvicorn

from bng_core.errors import BngError
from bng_core.logs import start_logging
from bng_core.settings import load_settings
from flows.api.app import create_app
from flows.api.limits import LARGEST_BODY


def main() -> int:
    """Serve until stopped; 1 with a sentence where the settings cannot be used."""
    parser = argparse.ArgumentParser(prog="python -m flows.api", description=main.__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    options = parser.parse_args()
    try:
        settings = load_settings()
    except BngError as fault:
        sys.stderr.write(f"{fault}\n")
        return 1
    start_logging(settings, "api")
    uvicorn.run(
        create_app(settings),
        host=options.host,
        port=options.port,
        log_config=None,
        access_log=False,
        server_header=False,
        ws_max_size=LARGEST_BODY,
        timeout_graceful_shutdown=5,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
