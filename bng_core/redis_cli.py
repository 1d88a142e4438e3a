"""Ask the Redis of the running stack, with its password: `python -m bng_core.redis_cli KEYS *`.

The packages bring a server but no client of Redis; this sends one command, or each line of stdin.
"""

import shlex
import sys
from typing import Any

from redis import Redis, RedisError

from bng_core.settings import load_settings


def main(arguments: list[str]) -> int:
    """Send commands and print what comes back; 1 where Redis does not answer."""
    address = load_settings().redis_url
    if address is None:
        sys.stderr.write("No Redis is known: start the local stack with `make local-up`.\n")
        return 1
    lines = [arguments] if arguments else map(shlex.split, sys.stdin)
    with Redis.from_url(address, decode_responses=True) as client:
        for words in filter(None, lines):
            try:
                sys.stdout.write(f"{_shown(client.execute_command(*words))}\n")
            except RedisError as fault:
                sys.stderr.write(f"{fault}\n")
                return 1
            sys.stdout.flush()
    return 0


def _shown(reply: Any) -> str:
    return "\n".join(map(str, reply)) if isinstance(reply, list) else str(reply)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
