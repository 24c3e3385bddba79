"""No module is dead, packages do nothing when imported, and libraries stay on their floors.

The import contracts hold the floors among our own modules; they cannot say "only these libraries",
so that is said here.
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable
from typing import Final

import pytest

from tests.tidy import sources
from tests.tidy.sources import Source, assert_tidy

# What starts by itself, or is imported by others than us.
ENTRANCES: Final = ("creditbus.__main__", "creditbus.sdk")
LIBRARIES: Final[dict[str, frozenset[str]]] = {
    "creditbus.domain": frozenset({"msgspec"}),
    "creditbus.wire": frozenset({"fastavro", "msgspec", "pyarrow", "pyruhvro"}),
    "creditbus.wire.signatures": frozenset({"joserfc", "msgspec"}),
    "creditbus.engine": frozenset({"confluent_kafka", "msgspec", "rocksdict"}),
    "creditbus.engine.values": frozenset({"msgspec"}),
    "creditbus.sdk": frozenset(
        {"confluent_kafka", "httpx2", "msgspec", "python_calamine", "standardwebhooks"}
    ),
    "creditbus.sdk.agents": frozenset({"aiokafka", "confluent_kafka", "faust"}),
    "decide": frozenset({"msgspec"}),
}


def imported(source: Source) -> list[tuple[int, str]]:
    """Return the dotted names that the module may import, also those it names in a string."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(source.tree):
        match node:
            case ast.Import():
                found += [(node.lineno, alias.name) for alias in node.names]
            case ast.ImportFrom(module=str(module)):
                found.append((node.lineno, module))
                found += [(node.lineno, f"{module}.{alias.name}") for alias in node.names]
            case ast.Constant(value=str(value)) if value.startswith("creditbus."):
                found.append((node.lineno, value.split(":")[0]))
            case _:
                pass
    return found


def dead_modules(modules: Iterable[Source]) -> list[str]:
    """Complain about modules that no entrance leads to; tests do not keep a module alive."""
    by_name = {source.name: source for source in modules}
    waiting = [name for name in by_name if _is_entrance(name)]
    alive: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in alive:
            alive.add(name)
            waiting += [target for _, target in imported(by_name[name])]
    return [
        source.at(1, "nothing leads here: use it or delete it")
        for name, source in sorted(by_name.items())
        if name not in alive and not source.path.endswith("__init__.py")
    ]


def _is_entrance(name: str) -> bool:
    # A service is started by its name, so its app is found without an import.
    is_app = name.count(".") == 2 and name.endswith(".app")
    return is_app or any(
        name == entrance or name.startswith(f"{entrance}.") for entrance in ENTRANCES
    )


def busy_package(source: Source) -> list[str]:
    """Complain about a package that imports when it is imported: that goes round the contracts."""
    return [
        source.at(line, f"a package imports nothing, not {name}") for line, name in imported(source)
    ]


def strange_libraries(source: Source) -> list[str]:
    """Complain about libraries that the module's floor may not use."""
    allowed = _allowed(source.name)
    if allowed is None:
        return []
    known = allowed | sys.stdlib_module_names | {"creditbus"}
    return sorted(
        {
            source.at(line, f"{name.split('.')[0]} does not belong on this floor")
            for line, name in imported(source)
            if name.split(".")[0] not in known
        }
    )


def _allowed(name: str) -> frozenset[str] | None:
    if name.endswith(".decide"):
        return LIBRARIES["decide"]
    fitting = [floor for floor in LIBRARIES if name == floor or name.startswith(f"{floor}.")]
    return LIBRARIES[max(fitting, key=len)] if fitting else None


def test_every_module_is_used() -> None:
    assert_tidy(dead_modules(sources.package()))


def test_packages_do_nothing_when_imported() -> None:
    packages = [source for source in sources.package() if source.path.endswith("/__init__.py")]
    assert_tidy(wrong for source in packages for wrong in busy_package(source))


def test_libraries_stay_on_their_floors() -> None:
    assert_tidy(wrong for source in sources.package() for wrong in strange_libraries(source))


def test_the_version_is_one() -> None:
    project = tomllib.loads((sources.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    root = (sources.PACKAGE / "__init__.py").read_text(encoding="utf-8")
    assert f'__version__ = "{project["project"]["version"]}"' in root


def test_dead_module_is_caught() -> None:
    start = Source("services/creditbus/__main__.py", "from creditbus.cli import commands\n")
    commands = Source("services/creditbus/cli/commands.py", "RUN = 'creditbus.demo.city:run'\n")
    city = Source("services/creditbus/demo/city.py", "")
    app = Source("services/creditbus/listing/app.py", "")
    ring = Source("services/creditbus/demo/ring.py", "from creditbus.demo import round\n")
    round_ = Source("services/creditbus/demo/round.py", "from creditbus.demo import ring\n")
    assert dead_modules([start, commands, city, app]) == []
    assert len(dead_modules([start, commands, city, app, ring, round_])) == 2


def test_busy_package_is_caught() -> None:
    path = "services/creditbus/engine/__init__.py"
    assert busy_package(Source(path, '"""The engine."""\n')) == []
    assert busy_package(Source(path, "import rocksdict\n")) == [
        f"{path}:1: a package imports nothing, not rocksdict"
    ]


@pytest.mark.parametrize(
    ("module", "line"),
    [
        ("domain/entries", "import attrs"),
        ("wire/records", "from confluent_kafka import Producer"),
        ("engine/values", "import rocksdict"),
        ("engine/worker", "import faust"),
        ("sdk/publisher", "from fastapi import FastAPI"),
        ("listing/decide", "import pydantic"),
    ],
)
def test_strange_library_is_caught(module: str, line: str) -> None:
    assert strange_libraries(Source(f"services/creditbus/{module}.py", line))


def test_library_on_its_floor_is_free() -> None:
    text = "import bisect\nimport confluent_kafka\nfrom creditbus.engine import values\n"
    assert strange_libraries(Source("services/creditbus/engine/worker.py", text)) == []
    assert strange_libraries(Source("services/creditbus/query/app.py", "import fastapi")) == []


COMMAND: Final = re.compile(r"creditbus [a-z-]+ ?[a-z-]*`")


def commands(source: Source) -> list[str]:
    """Complain about commands of the bus: whoever hosts the engine gives such advice."""
    return [
        source.at(number, f"{found.group()}: let runtime.workers give that advice")
        for number, line in enumerate(source.lines, start=1)
        if (found := COMMAND.search(line))
    ]


def test_the_engine_knows_no_command_of_the_bus() -> None:
    engine = [each for each in sources.package() if each.name.startswith("creditbus.engine")]
    assert len(engine) > 20
    assert_tidy(wrong for source in engine for wrong in commands(source))


def test_command_in_the_engine_is_caught() -> None:
    assert commands(Source("a.py", 'raise Halt("gone", "run `creditbus topics create`")'))
    assert commands(Source("a.py", "from creditbus.engine.values import Slice")) == []
