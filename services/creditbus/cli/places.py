"""Where the command line finds things: the local bus's folder, addresses and credentials."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from creditbus.cli.faults import fail
from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.law.editions import EditionUnknown
from creditbus.runtime.law.catalogue import load_catalogue
from creditbus.runtime.law.editions import load_editions
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings, read_settings
from creditbus.stack.bus import Sites
from creditbus.stack.folder import Folder, StackFile
from creditbus.stack.ports import HOST, Ports, free, single

Home = Annotated[
    Path | None, typer.Option("--home", help="Folder of the local bus (default .creditbus).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]

_AUDITOR: Final = "svc.audit"


def sites(home: Path | None = None) -> Sites:
    """Return where the local bus lies, by the settings and the command line."""
    settings = read_settings()
    return Sites(
        home=home or settings.home,
        cache=settings.cache,
        schemas=settings.schemas,
        catalogue=settings.catalogue,
        editions=settings.editions,
    )


def ports() -> Ports:
    """Return the ports of the local bus, each a setting, or free ones."""
    settings = read_settings()
    if settings.free_ports:
        return free()
    chosen = {name: getattr(settings, f"{name}_port") for name in single()}
    return Ports(**chosen, metrics=settings.metrics_base)


def catalogue(places: Sites) -> Catalogue:
    """Return the catalogue, or say what is wrong with it."""
    try:
        return load_catalogue(places.catalogue)
    except (OSError, ValueError) as fault:
        fail(str(fault))


def parties(places: Sites) -> Catalogue:
    """Return the catalogue with whom only older editions name, or say what is wrong with it."""
    try:
        return load_editions(places.catalogue, places.editions, places.shelf).inclusive
    except (OSError, ValueError, EditionUnknown) as fault:
        fail(str(fault))


def stack_file(home: Path | None = None) -> StackFile:
    """Return the addresses and credentials of the local bus, or say how to start one."""
    folder = Folder(sites(home).home)
    try:
        return StackFile.load(folder.stack_file)
    except FileNotFoundError:
        fail(f"no bus was started in {folder.path}: run `creditbus up`, or name it with --home")


def auditor(home: Path | None = None) -> Process:
    """Return a process that may read everything, for the commands that look into the topics."""
    file, places = stack_file(home), sites(home)
    return Process(
        "audit",
        0,
        Settings(
            home=places.home,
            kafka=file.bootstrap,
            kafka_user=_AUDITOR,
            kafka_password=file.credentials[_AUDITOR],
            kafka_protocol=file.protocol,
            tls_ca=file.ca,
            registry=file.registry_url,
            redis=file.redis_url,
            schemas=places.schemas,
            catalogue=places.catalogue,
            editions=places.editions,
            log_level="error",
        ),
    )


def url(port: int) -> str:
    """Return the address of a local HTTP service."""
    return f"http://{HOST}:{port}"
