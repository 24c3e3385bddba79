"""``creditbus topics`` and ``creditbus schemas``: what is declared, against what is there."""

from __future__ import annotations

import typer
from rich.table import Table

from creditbus.cli.faults import fail, told
from creditbus.cli.places import Home, parties, sites, stack_file
from creditbus.cli.prints import give, say, show
from creditbus.runtime.registry import Registry
from creditbus.stack.folder import Folder
from creditbus.stack.local import registry_ids
from creditbus.stack.principals import reached_admin
from creditbus.stack.provision import check_topics, create_topics
from creditbus.stack.registry import read_registered
from creditbus.stack.renewals import restore_schemas
from creditbus.wire.schemas import load_schemas, release, unreleased, unreleased_changes
from creditbus.wire.topics import Topic
from creditbus.wire.topics import topics as declared_topics

topics = typer.Typer(help="The topics, as declared and as they are.", no_args_is_help=True)
schemas = typer.Typer(help="The schemas, as released and as published.", no_args_is_help=True)


@topics.command("list")
@told
def list_topics(home: Home = None) -> None:
    """Print the table of topics."""
    table = _declared(home)
    give(table)
    printed = Table("topic", "key", "partitions", "kept", "written by", "read by")
    for topic in table:
        kept = "last of each key" if topic.compact else _duration(topic.retention_ms)
        writers, readers = ", ".join(topic.writers), ", ".join(topic.readers)
        printed.add_row(topic.name, topic.key, str(topic.partitions), kept, writers, readers)
    show(printed)


@topics.command("create")
@told
def create(home: Home = None) -> None:
    """Create the topics that are missing."""
    made = create_topics(reached_admin(stack_file(home)), _declared(home))
    give({"created": made})
    say(f"{made} topics created")


@topics.command("check")
@told
def check(home: Home = None) -> None:
    """Compare the broker's topics with the table."""
    differences = check_topics(reached_admin(stack_file(home)), _declared(home))
    give(differences)
    if differences:
        fail(" ".join(differences))
    say("the topics are as declared")


@schemas.command("check")
@told
def check_schemas(home: Home = None) -> None:
    """Check that no released schema was edited, and that the registry would take the newest."""
    folder = sites(home).schemas
    problems = unreleased_changes(folder)
    if Folder(sites(home).home).stack_file.exists():
        registry = Registry(stack_file(home).registry_url)
        newest = load_schemas(folder).newest.values()
        problems += [
            f"{schema.record} {schema.version} breaks {schema.compatibility}"
            for schema in newest
            if not registry.is_compatible(schema)
        ]
    give(problems)
    if problems:
        fail("; ".join(problems))
    new = unreleased(folder)
    say(f"{len(load_schemas(folder).versions) - len(new)} schemas are as released")
    for name in new:
        say(f"{name} is not released yet")


@schemas.command("release")
@told
def release_schemas() -> None:
    """Enter new schema files into the register of what the world has seen; they are final then."""
    names = release(sites().schemas)
    give({"released": names})
    for name in names:
        say(f"released {name}")


@schemas.command("publish")
@told
def publish(home: Home = None) -> None:
    """Register every schema under its compatibility rule."""
    file = stack_file(home)
    ids = Registry(file.registry_url, file.registry_login).publish(
        load_schemas(sites(home).schemas)
    )
    registry_ids(Folder(sites(home).home)).record(read_registered(file.registry_url))
    give([{"record": name, "version": one, "id": number} for (name, one), number in ids.items()])
    for (record, version), number in ids.items():
        say(f"{record} {version}: id {number}")


@schemas.command("restore")
@told
def restore(home: Home = None) -> None:
    """Publish every schema to an empty registry, each under the id that the log knows."""
    folder = Folder(sites(home).home)
    stack_file(home)
    count = restore_schemas(folder, load_schemas(sites(home).schemas))
    give({"published": count})
    say(f"{count} schemas are published, each under the id that the log knows")


def _declared(home: Home) -> tuple[Topic, ...]:
    known = parties(sites(home))
    return declared_topics(sorted(known.sources), sorted(known.bodies))


def _duration(milliseconds: int | None) -> str:
    return "for ever" if milliseconds is None else f"{milliseconds // 86_400_000} days"
