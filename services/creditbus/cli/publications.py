"""``creditbus catalogue publish``: a catalogue becomes an edition, and the log is told of it."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from creditbus.cli.faults import fail, told
from creditbus.cli.places import Home, sites, stack_file
from creditbus.cli.prints import give, say
from creditbus.domain.acts.activations import edition_activated
from creditbus.runtime.kafka.transactions import write_together
from creditbus.runtime.kafka.written import Written
from creditbus.runtime.law.catalogue import load_draft
from creditbus.runtime.law.editions import load_editions, put
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings
from creditbus.wire.headers import event_headers
from creditbus.wire.topics import EVENTS, PARTITIONS, service_principal

_SERVICE: Final = "catalogue"


@told
def publish(
    home: Home = None,
    only_file: Annotated[
        bool, typer.Option("--only-file", help="Write the file, and tell no bus of it.")
    ] = False,
) -> None:
    """Freeze the catalogue as an edition, and write to the log that it counts from here on."""
    places = sites(home)
    load_editions(places.catalogue, places.editions, places.shelf)
    edition, data = load_draft(places.catalogue)
    path = put(edition, data, places.editions)
    give({"edition": edition.id, "in_force_from": edition.in_force_from, "file": str(path)})
    say(f"edition {edition.id}, in force from {edition.in_force_from}: {path}")
    if not only_file:
        process = _publisher(home)
        put(edition, data, places.shelf)
        activated = [edition_activated(edition, place) for place in range(PARTITIONS)]
        codec = process.codec
        write_together(
            process,
            [
                Written(
                    topic=EVENTS,
                    partition=place,
                    value=codec.encode(event),
                    headers=event_headers("edition_activated", event.envelope),
                )
                for place, event in enumerate(activated)
            ],
        )
        say(f"written to the {PARTITIONS} partitions of {EVENTS}")
    say(
        f'the next edition follows this one: write follows = "{edition.id}" and its first day'
        f" into {places.catalogue / 'edition.toml'}"
    )


def _publisher(home: Home) -> Process:
    """Return the process that may write to the log of the local bus, and to nothing else."""
    file, places = stack_file(home), sites(home)
    principal = service_principal(_SERVICE)
    if principal not in file.credentials:
        fail(f"this bus has no login {principal}; `creditbus down`, `creditbus up` gives it one")
    settings = Settings(
        home=places.home,
        kafka=file.bootstrap,
        kafka_user=principal,
        kafka_password=file.credentials[principal],
        registry=file.registry_url,
        schemas=places.schemas,
        catalogue=places.catalogue,
        editions=places.editions,
        log_level="error",
    )
    return Process(_SERVICE, 0, settings)
