"""Step of the stack: tables, the application's rights, and a market in an empty store."""

import sys

from bng_core.errors import BngError
from bng_core.settings import load_settings
from bng_core.store.prepare import prepare


def main() -> int:
    """Prepare the store; 1 with a sentence where that cannot be done."""
    settings = load_settings()
    try:
        sample = settings.project_root / "sample" / "market"
        prepare(settings.database_url or "", sample, settings.owner_database_url)
    except BngError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
