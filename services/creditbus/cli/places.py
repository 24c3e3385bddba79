"""Where the command line finds things: the local bus's folder, addresses and credentials."""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from creditbus.cli.faults import MISUSED, fail
from creditbus.cli.prints import machine
from creditbus.domain.acts.interventions import NoReason, Way, checked_reason
from creditbus.domain.law.catalogue import Catalogue
from creditbus.domain.law.editions import EditionUnknown
from creditbus.runtime.interventions.writer import InterventionWriter
from creditbus.runtime.law.catalogue import load_catalogue
from creditbus.runtime.law.editions import load_editions
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings, read_settings
from creditbus.stack.bus import Sites
from creditbus.stack.folder import Folder, StackFile
from creditbus.stack.ports import HOST, Ports, free, single
from creditbus.wire.topics import OPERATOR

Home = Annotated[
    Path | None, typer.Option("--home", help="Folder of the local bus (default .creditbus).")
]
Reason = Annotated[
    str, typer.Option("--reason", help="Why, in a few words; it is kept with your name.")
]

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
    return _process("audit", 0, _AUDITOR, home)


def intervention_writer(home: Path | None = None) -> InterventionWriter:
    """Return where it is written what the person at this command line does to the bus."""
    # Each command has a transaction of its own: two at once must not fence one another.
    process = _process(OPERATOR, os.getpid(), OPERATOR, home)
    return InterventionWriter(process, _login(), Way.COMMAND_LINE)


def _login() -> str:
    """Return who types, as the machine knows it; a variable would say whatever one likes."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid-{number}"


def why(given: str) -> str:
    """Return the reason that was given, or ask for one where somebody is there to answer."""
    if not given.strip() and machine() is None and sys.stdin.isatty():
        given = str(typer.prompt("Why"))
    try:
        return checked_reason(given)
    except NoReason as fault:
        fail(f"{fault} (--reason)", MISUSED)


def _process(service: str, worker: int, principal: str, home: Path | None) -> Process:
    file, places = stack_file(home), sites(home)
    return Process(
        service,
        worker,
        Settings(
            home=places.home,
            kafka=file.bootstrap,
            kafka_user=principal,
            kafka_password=file.credentials[principal],
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
