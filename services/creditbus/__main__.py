"""The command ``creditbus``: the one place where everything is put together."""

from __future__ import annotations

import gc

from creditbus.cli.main import app
from creditbus.runtime.settings import spare_the_loopback


def main() -> None:
    """Run the command line."""
    # What is imported stays: to look through it for cycles took an eighth of a service's start.
    gc.set_threshold(50_000)
    spare_the_loopback()
    app()


if __name__ == "__main__":
    main()
