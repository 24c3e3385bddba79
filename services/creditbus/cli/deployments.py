"""``creditbus secrets`` and ``creditbus provision``: what a bus of containers needs first."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from creditbus.cli.faults import fail, told
from creditbus.cli.places import parties, sites
from creditbus.cli.prints import give, say
from creditbus.runtime.settings import read_settings
from creditbus.stack.deployment import STACK, make_secrets, provision_servers, publish_schemas
from creditbus.stack.folder import StackFile

Into = Annotated[Path, typer.Option("--into", help="Folder of the deployment.")]
Of = Annotated[Path, typer.Option("--home", help="Folder with the deployment's stack.json.")]
RUN: Final = Path("deploy/run")


@told
def secrets(
    into: Into = RUN,
    redis: Annotated[
        str, typer.Option(help="Where the services reach Redis, host:port.")
    ] = "valkey:6379",
) -> None:
    """Make the passwords, keys and tokens that a deployment lacks, and each process's files."""
    file = make_secrets(into, parties(sites()), redis)
    give({"into": str(into), "logins": len(file.credentials), "secrets": len(file.secrets)})
    say(
        f"{len(file.credentials)} logins and {len(file.secrets)} keys and tokens lie in "
        f"{into / STACK}: keep it. Each process's own are in the folders beside it."
    )


@told
def provision(
    home: Of = RUN,
    only_schemas: Annotated[
        bool,
        typer.Option(help="Publish the schemas alone: topics and logins are an operator's."),
    ] = False,
) -> None:
    """Make topics, logins, rights and schemas on the servers that the settings name."""
    path = home / STACK
    if not path.exists():
        fail(f"there is no {path}: run `creditbus secrets --into {home}` first")
    if only_schemas:
        published = publish_schemas(StackFile.load(path), read_settings())
        give({"changes": 0, "schemas": published})
        say(f"{published} schemas are published")
        return
    done = provision_servers(StackFile.load(path), read_settings(), parties(sites()))
    give(done)
    say(
        f"topics, logins and rights are as declared ({done.changes} changes); "
        f"{done.schemas} schemas are published"
    )
