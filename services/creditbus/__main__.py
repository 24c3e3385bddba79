"""The command ``creditbus``: the one place where everything is put together."""

from __future__ import annotations

import gc
import sys

try:
    from creditbus.cli.main import app
    from creditbus.runtime.settings import spare_the_loopback
except ModuleNotFoundError as lacking:
    # A plain installation is for who publishes or receives in Python: creditbus.sdk.
    sys.exit(f"The command line needs more ({lacking.name} is missing): install creditbus[local].")


def main() -> None:
    """Run the command line."""
    # What is imported stays: to look through it for cycles took an eighth of a service's start.
    gc.set_threshold(50_000)
    spare_the_loopback()
    app()


if __name__ == "__main__":
    main()
