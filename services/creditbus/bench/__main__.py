"""``python -m creditbus.bench``: measure the bus on this machine."""

from __future__ import annotations

import typer

from creditbus.bench.chain import chain

if __name__ == "__main__":
    typer.run(chain)
