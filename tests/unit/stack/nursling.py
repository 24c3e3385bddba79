"""What the tests of the nursery let it run: ``python -m tests.unit.stack.nursling WHAT``."""

from __future__ import annotations

import os
import sys
import time
from typing import Never


def main(what: str) -> None:
    """Do what the argument says."""
    match what:
        case "tell":
            alone = os.getsid(0) == os.getpid()
            print(sys.argv[1:], sorted(name for name in os.environ if name == "MARK"), alone)  # noqa: T201, TID251
            sys.exit(7)
        case "sleep":
            time.sleep(60)
        case "fail":
            _fail()


def _fail() -> Never:
    raise ValueError("broken")


if __name__ == "__main__":
    main(sys.argv[1])
