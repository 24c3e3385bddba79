"""Publishing on real servers: a record in every partition, and listing goes on under it."""

from __future__ import annotations

import shutil
from pathlib import Path

from typer.testing import CliRunner

from creditbus.cli.main import app
from creditbus.domain.acts.activations import EditionActivated
from creditbus.domain.effects.directives import Directive
from creditbus.domain.ids import SubjectId
from creditbus.sdk.publisher import Publisher
from creditbus.wire.topics import EVENTS, PARTITIONS, directives
from tests.bus_fixtures import LiveBus, eventually
from tests.examples import EDITIONS_FOLDER, a_bid_bar, a_catalogue


def test_a_published_edition_is_in_every_partition_and_on_the_shelf(
    live: LiveBus, subject: SubjectId, tmp_path: Path
) -> None:
    shelf = Path(shutil.copytree(EDITIONS_FOLDER, tmp_path / "editions"))
    home = live.sites.home
    result = CliRunner().invoke(
        app,
        ["catalogue", "publish", "--home", str(home)],
        env={"CREDITBUS_EDITIONS": str(shelf)},
    )
    assert result.exit_code == 0, result.output
    name = f"{a_catalogue().edition}.json"
    assert (shelf / name).read_bytes() == (live.sites.shelf / name).read_bytes()
    said = [
        each
        for each in live.reader().values(EVENTS)
        if isinstance(each, EditionActivated) and each.edition == a_catalogue().edition
    ]
    assert len({each.envelope.event_id for each in said}) == PARTITIONS

    with Publisher(
        "tender",
        kafka=live.file.bootstrap,
        registry=live.file.registry_url,
        password=live.file.credentials["tender"],
    ) as publisher:
        publisher.publish(a_bid_bar(subject_id=subject, record_id=f"edition-{subject}"))
    eventually(lambda: live.received(subject))
    (directive,) = [
        each
        for each in live.reader().values(directives("tender-platform"))
        if isinstance(each, Directive) and each.subject_id == subject
    ]
    assert directive.edition == a_catalogue().edition
