"""Waits for the visitor of a kernel that was started ahead of them.

The same as voila.utils.wait_for_request: importing Voilà would cost every page's kernel its whole
server, some 30 MB and a second.
"""

import json
import os

from websockets.sync.client import connect

OPEN_WITHIN_S = 10.0


def wait_for_visit() -> None:
    """Put what Voilà tells of the request into the environment, once somebody opens the page."""
    told = os.environ
    if told.get("VOILA_PREHEAT", "False") == "False":
        return  # started for a visitor who is here already
    at = f"127.0.0.1:{told['VOILA_APP_PORT']}{told.get('VOILA_SERVER_URL', '/')}"
    address = f"ws://{at}voila/query/{told['VOILA_KERNEL_ID']}"
    with connect(address, open_timeout=OPEN_WITHIN_S, proxy=None) as socket:
        os.environ.update(json.loads(socket.recv()))
