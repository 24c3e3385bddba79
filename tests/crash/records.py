"""Records: those nobody can read, decide or write, and offsets that are not there."""

from __future__ import annotations

from confluent_kafka import Producer

from tests.crash.actor import SWELL
from tests.crash.compaction import configure
from tests.crash.run import Run
from tests.crash.scenarios import Chapter
from tests.integration.engine.stage import BOUND_SECONDS, wait_until
from tests.integration.engine.words import FORGET, POISON

CHAPTER = Chapter("Records that cannot be read, decided or written")

SWOLLEN = 20_000
SMALL = "10000"
LARGE = "1048588"
TINY = "200"  # enough for the marker of a transaction, which the broker cannot do without


@CHAPTER.scenario(
    strikes="records that nobody can read, among others, with kills",
    then="each is buried once, in the transaction of its neighbours",
    readers="one dead letter for each",
    is_short=True,
)
def poisoned_records(run: Run) -> None:
    run.begin(0, 1)
    run.wait_ready()
    with run.load():
        for number in range(60):
            run.feed_garbage(f"garbled-{number}")
            run.pause(0.0, 0.02)
            if run.dice.random() < 0.04:
                run.kill(number % 2)
                run.begin(number % 2)


@CHAPTER.scenario(
    strikes="`decide` raises",
    then="the worker ends with the traceback at every start until the service is mended",
)
def a_failing_decision(run: Run) -> None:
    run.begin(0)
    run.wait_ready()
    run.say(300)
    run.feed([("poisoned", POISON)])
    run.halted("a bug of the toy")
    run.say(300)
    run.begin(0)
    run.halted("a bug of the toy")
    run.begin(0, is_mended=True)
    run.begin(1, is_mended=True)


@CHAPTER.scenario(
    strikes="an output that is larger than its topic allows",
    then="a halt: `an output is larger than its topic allows`; with a higher limit it goes on",
)
def an_output_too_large(run: Run) -> None:
    configure(run, run.play.outputs, {"max.message.bytes": SMALL})
    run.begin(0, swollen_bytes=SWOLLEN)
    run.wait_ready()
    run.say(300)
    run.feed([(f"{SWELL}-{run.dice.randrange(50)}", "said")])
    run.say(300)
    run.halted("an output is larger than its topic allows")
    configure(run, run.play.outputs, {"max.message.bytes": LARGE})
    run.begin(0, swollen_bytes=SWOLLEN)


@CHAPTER.scenario(
    strikes="an output that is larger than the client allows",
    then="the same halt; here the service has to be mended",
)
def an_output_no_client_sends(run: Run) -> None:
    run.begin(0, swollen_bytes=2_000_000)
    run.wait_ready()
    run.say(300)
    run.feed([(f"{SWELL}-{run.dice.randrange(50)}", "said")])
    run.say(300)
    run.halted("an output is larger than its topic allows")
    run.begin(0, swollen_bytes=SWOLLEN)


@CHAPTER.scenario(
    strikes="a topic's limit is lowered for a while, so that no batch fits",
    then="the same halt, at every start until the limit is back",
)
def a_limit_lowered_for_a_while(run: Run) -> None:
    run.begin(0)
    run.wait_ready()
    run.say(300)
    run.wait_done()
    topic = run.dice.choice((run.play.outputs, run.changelog))
    configure(run, topic, {"max.message.bytes": TINY})
    run.say(1000)
    run.halted("an output is larger than its topic allows")
    run.begin(0)
    run.halted("an output is larger than its topic allows")
    configure(run, topic, {"max.message.bytes": LARGE})
    run.begin(0, 1)


@CHAPTER.scenario(
    strikes="the topic of the outputs is deleted",
    then="a halt: `a topic or partition is missing`; created again, it goes on",
    readers="the outputs from there on; those deleted are gone",
)
def a_missing_topic(run: Run) -> None:
    topic = run.play.outputs
    run.admin.delete_topics([topic])[topic].result(BOUND_SECONDS)
    wait_until(lambda: topic not in run.admin.list_topics().topics, "its deletion")
    run.begin(0)
    run.wait_ready()
    run.say(300)
    actor = run.team.pop(0)
    assert actor.ended() == 1, actor.log
    assert "a topic or partition is missing" in actor.log
    assert set(run.standing().values()) == {None}
    run.create(topic, run.partitions)
    run.begin(0, 1)


@CHAPTER.scenario(
    strikes="aborted transactions leave gaps in the offsets of the source, with kills",
    then="positions come from the records, never from counting",
    is_short=True,
)
def gaps_in_the_offsets(run: Run) -> None:
    writer = Producer({**run.client, "transactional.id": f"{run.play.application}-writer"})
    writer.init_transactions(BOUND_SECONDS)
    run.begin(0, 1)
    run.wait_ready()
    for _ in range(12):
        writer.begin_transaction()
        for number in range(run.dice.randrange(1, 50)):
            writer.produce(run.sources[0], b"never said", f"word-{number}".encode())
        writer.flush(BOUND_SECONDS)
        writer.abort_transaction(BOUND_SECONDS)
        run.say(run.dice.randrange(1, 100))
        if run.dice.random() < 0.25:
            number = run.dice.randrange(2)
            run.kill(number)
            run.begin(number)


@CHAPTER.scenario(
    strikes="deletions of rows, said again and deleted again, with kills",
    then="a deletion is a change like any other: a tombstone in the changelog",
)
def deletions_of_rows(run: Run) -> None:
    run.begin(0, 1)
    for _ in range(8):
        words = [f"word-{run.dice.randrange(60)}" for _ in range(300)]
        run.feed([(word, FORGET if run.dice.random() < 0.5 else "said") for word in words])
        if run.dice.random() < 0.5:
            number = run.dice.randrange(2)
            run.kill(number)
            run.begin(number)
            run.wait_ready()
    run.feed([(f"word-{number}", FORGET) for number in range(50)])
