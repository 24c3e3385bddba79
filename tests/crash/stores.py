"""Stores: deleted, broken, locked, foreign, behind, ahead, and on a disk without room."""

from __future__ import annotations

import shutil
from pathlib import Path

from creditbus.engine.store import Store, StoreMark
from tests.crash.compaction import (
    CLEANER_SECONDS,
    COMPACTED,
    close_segments,
    configure,
    forget,
    has_each_once,
    is_clean,
)
from tests.crash.disk import small_disk
from tests.crash.run import Run
from tests.crash.scenarios import Chapter
from tests.integration.engine.stage import BOUND_SECONDS, wait_until
from tests.integration.engine.words import COUNTS, FORGET

CHAPTER = Chapter("Broken, foreign and outdated stores")

ASIDE = "a store was set aside and is built again from its changelog"
FULL = "see to the machine and start the worker again; nothing is lost"
NO_ROOM = "make room and start the worker again"


def work(run: Run, count: int = 1000) -> None:
    """Let one worker do some work and leave its stores behind."""
    run.begin(0)
    run.wait_ready()
    run.say(count)
    run.wait_done()
    run.stop()


def flip(run: Run, pattern: str, least: int = 1) -> None:
    """Flip bytes in files of some of the worker's stores, one in each 200 on the average."""
    files = [file for file in sorted(run.home().glob(pattern)) if file.stat().st_size]
    assert files, pattern
    for file in run.dice.sample(files, run.dice.randrange(least, len(files) + 1)):
        content = bytearray(file.read_bytes())
        for _ in range(max(1, len(content) // 200)):
            content[run.dice.randrange(len(content))] ^= run.dice.randrange(1, 256)
        file.write_bytes(content)


def ends_once(run: Run) -> None:
    """Start the worker; what it finds while it works ends it, and its next start mends that."""
    run.begin(0)
    actor = run.team[0]
    run.say(500)
    run.forgiven.add(1)
    run.wait_done()
    run.forgiven.discard(1)
    told = "".join(log.read_text() for log in run.folder.glob("worker-0-*.log"))
    assert ASIDE in told, told
    assert not actor.has_ended or "the next start builds it again" in actor.log, actor.log


@CHAPTER.scenario(
    strikes="bytes flipped in the tables of a store",
    then="what finds the damage ends the worker; its next start sets the store aside and rebuilds",
    is_short=True,
)
def flipped_bytes_in_tables(run: Run) -> None:
    work(run, 5000)
    flip(run, "p*/*.sst")
    ends_once(run)


@CHAPTER.scenario(
    strikes="bytes flipped in a store's list of files",
    then="the store cannot be opened: it is set aside and rebuilt",
)
def flipped_bytes_in_a_manifest(run: Run) -> None:
    work(run)
    flip(run, "p*/MANIFEST-*")
    ends_once(run)


@CHAPTER.scenario(
    strikes="bytes flipped in a store's write-ahead log after a kill",
    then="the store opens as it was before the damage, and follows the changelog from there",
)
def flipped_bytes_in_a_write_ahead_log(run: Run) -> None:
    run.begin(0)
    run.wait_ready()
    run.say(2000)
    run.wait_done()
    run.kill()
    flip(run, "p*/*.log")
    run.begin(0)


@CHAPTER.scenario(
    strikes="files of a store are deleted",
    then="the store is set aside and rebuilt",
)
def missing_files(run: Run) -> None:
    work(run)
    pattern = run.dice.choice(("p*/CURRENT", "p*/*.sst", "p*/MANIFEST-*"))
    files = sorted(run.home().glob(pattern))
    for file in run.dice.sample(files, run.dice.randrange(1, len(files) + 1)):
        file.unlink()
    run.begin(0)
    run.wait_ready()
    run.say(300)


@CHAPTER.scenario(
    strikes="an older copy of the stores is put back",
    then="they follow the changelog from where they are",
)
def an_older_copy(run: Run) -> None:
    work(run)
    copy = shutil.copytree(run.home(), run.folder / "copy")
    work(run)
    shutil.rmtree(run.home())
    copy.rename(run.home())
    run.begin(0)


@CHAPTER.scenario(
    strikes="stores of another application are put in place",
    then="the topic's id in them is not the changelog's: they are set aside and rebuilt",
)
def stores_of_another_topic(run: Run) -> None:
    other = Run(run.connection, make(run.folder / "other"), seed=1, broker=run.broker)
    work(other)
    foreign = other.home()
    work(run)
    shutil.rmtree(run.home())
    foreign.rename(run.home())
    other.close()
    run.begin(0)
    run.wait_ready()
    assert ASIDE in run.team[0].log
    assert "it belongs to another changelog" in run.team[0].log


@CHAPTER.scenario(
    strikes="a store is ahead of its changelog, because the broker lost the end of it",
    then="what is in the store is believed by nobody: it is set aside and rebuilt",
)
def a_store_ahead_of_its_changelog(run: Run) -> None:
    work(run)
    store = Store(run.home() / f"p{run.dice.randrange(run.partitions)}")
    mark = store.mark
    assert mark is not None
    row = (COUNTS.stored(b"never said"), b"9")
    store.write([row], StoreMark(topic_id=mark.topic_id, offset=mark.offset + 10_000, at=mark.at))
    store.close()
    run.begin(0)
    run.wait_ready()
    assert "it is ahead of its changelog" in run.team[0].log


@CHAPTER.scenario(
    strikes="a store comes back that was away for longer than its changelog keeps deletions",
    then="it is set aside and rebuilt, or rows that were deleted meanwhile would be back",
)
def a_store_away_longer_than_its_tombstones(run: Run) -> None:
    configure(run, run.changelog, COMPACTED)
    work(run)
    copy = shutil.copytree(run.home(), run.folder / "copy")
    run.begin(0)
    deleted = [word for word, count in sorted(run.counts.items()) if count][:100]
    run.feed([(word, FORGET) for word in deleted])
    forget(run, run.changelog, {COUNTS.stored(word.encode()) for word in deleted})
    run.stop()
    shutil.rmtree(run.home())
    copy.rename(run.home())
    run.begin(0)
    run.wait_ready()
    assert "the changelog may have forgotten deletions" in run.team[0].log


@CHAPTER.scenario(
    strikes="the changelog is compacted while a restore reads it",
    then="the restore gets the newest row of each key, and its positions may jump",
)
def compaction_during_a_restore(run: Run) -> None:
    configure(run, run.changelog, {**COMPACTED, "min.cleanable.dirty.ratio": "1.0"})
    run.begin(0, 1)
    run.wait_ready()
    wait_until(lambda: is_worth_cleaning(run), "something to clean", CLEANER_SECONDS)
    run.kill(0)
    shutil.rmtree(run.home())
    gate = run.dice.choice(("opened", "followed"))
    run.begin(0, shut_at=gate)
    wait_until(lambda: "shut" in run.team[0].log, "a restore")
    configure(run, run.changelog, COMPACTED)
    wait_until(lambda: has_each_once(run, run.changelog), "the cleaner", CLEANER_SECONDS)
    (Path(run.play.folder) / gate).touch()
    run.say(300)


def is_worth_cleaning(run: Run) -> bool:
    """Feed words, and tell whether the changelog holds keys more than once.

    The broker may clean once more, or leave its segment open, until it has learned the settings.
    """
    run.say(2000)
    close_segments(run)
    return not is_clean(run, run.changelog)


@CHAPTER.scenario(
    strikes="another process has a store open",
    then="a halt: `is open in another process`; without it, the next start goes on",
)
def a_locked_store(run: Run) -> None:
    work(run)
    run.say(300)
    held = Store(run.home() / f"p{run.dice.randrange(run.partitions)}")
    run.begin(0)
    run.halted("is open in another process; stop the other process")
    held.close()
    run.begin(0)


@CHAPTER.scenario(
    strikes="a second process is started under a worker's name",
    then="a halt of the second: `another process runs the worker`; the first goes on",
)
def a_second_process_of_a_name(run: Run) -> None:
    run.begin(0)
    run.wait_ready()
    with run.load():
        second = run.enter(0)
        assert second.ended() == 1, second.log
        assert "another process runs the worker" in second.log
        run.pause(0.1, 0.5)
    assert not run.team[0].has_ended


@CHAPTER.scenario(
    strikes="the disk is full",
    then="a halt before the transaction: `make room`, then at every start until there is room:"
    " `see to the machine`; no store is set aside",
)
def a_full_disk(run: Run) -> None:
    with small_disk(run) as disk:
        work(run)
        run.begin(0)
        run.wait_ready()
        disk.fill()
        with run.load():
            run.halted(NO_ROOM)
        run.begin(0)
        run.halted(FULL)
        assert not list(run.home().glob("*.aside-*"))
        disk.free()
        run.begin(0)
        run.say(500)
        run.wait_done()
        run.stop()
        assert not list(run.home().glob("*.aside-*"))
        disk.keep()
    run.begin(0)


@CHAPTER.scenario(
    strikes="a file may not grow any more (a limit of the process)",
    then="as on a full disk",
)
def files_that_may_not_grow(run: Run) -> None:
    work(run)
    run.begin(0, file_bytes=run.dice.randrange(40_000, 80_000))
    with run.load():
        run.halted(FULL)
    run.begin(0)


@CHAPTER.scenario(
    strikes="somebody deletes the changelog and creates it again",
    then="a halt: `the state at no offset`; the sources are replayed under a new application id",
    readers="the outputs again, from the start, where the new application writes them",
)
def a_changelog_made_anew(run: Run) -> None:
    work(run)
    run.admin.delete_topics([run.changelog])[run.changelog].result(BOUND_SECONDS)
    wait_until(lambda: run.changelog not in run.admin.list_topics().topics, "its deletion")
    run.create(run.changelog, run.partitions, {"cleanup.policy": "compact"})
    run.say(200)
    run.begin(0)
    run.halted("the state at no offset; somebody deleted or moved the group's offsets")
    name = f"{run.play.application}-again"
    run.changelog = f"{name}-changelog"
    run.rename(name, outputs=f"{name}-out", dead_letters=f"{name}-dead")
    for topic in (run.play.outputs, run.changelog):
        run.create(topic, run.partitions)
    run.create(f"{name}-dead", 1)
    run.begin(0, 1)


def make(folder: Path) -> Path:
    """Return the folder, which is made."""
    folder.mkdir()
    return folder
