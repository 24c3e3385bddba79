"""The command ``creditbus``: the one place where everything is put together."""

from __future__ import annotations

from creditbus.cli.main import app


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
