"""The group: workers that come and go, zombies, and offsets that somebody moved."""

from __future__ import annotations

import signal

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition

from creditbus.engine.health import Source
from creditbus.engine.watchdog import EXIT_CODE
from tests.crash.actor import NAP
from tests.crash.compaction import COMPACTED, compact, configure
from tests.crash.run import Run
from tests.crash.scenarios import Chapter
from tests.integration.engine.stage import BOUND_SECONDS, Actor, wait_until
from tests.integration.engine.words import BOOM

CHAPTER = Chapter("Workers that come and go")

ZOMBIE_SECONDS = 40.0
STEPS = ("sliced", "sent", "begun", "logging", "logged", "offered")


@CHAPTER.scenario(
    strikes="workers join and leave under load",
    then="partitions move one by one after a last checkpoint; the others go on",
)
def joins_and_leaves(run: Run) -> None:
    run.begin(0)
    run.wait_ready()
    with run.load():
        for _ in range(2):
            newcomer = max(run.team) + 1
            run.begin(newcomer)
            run.wait_ready(newcomer)
            run.pause(0.0, 0.5)
            leaver = run.dice.choice(list(run.team))
            run.stop(leaver)


@CHAPTER.scenario(
    strikes="a rolling restart under load, each worker in its turn",
    then="a worker that is back within its session keeps its partitions and its stores",
)
def rolling_restarts(run: Run) -> None:
    run.begin(0, 1, 2)
    with run.load():
        for number in (0, 1, 2, *run.dice.sample(range(3), 2)):
            run.wait_ready()
            run.stop(number)
            run.begin(number)


def stand_still(run: Run) -> None:
    """Let a worker stand still in mid-checkpoint while another takes all it had."""
    run.say(1000)
    run.begin(
        0,
        strike_at=run.dice.choice(STEPS),
        strike_after=run.dice.randrange(1, 6),
        lingers=0.05,
        stands_still=True,
    )
    zombie = run.team[0]
    with run.load():
        wait_until(lambda: "stands still" in zombie.log, "the zombie to be one", ZOMBIE_SECONDS)
        run.kills += 1
        run.begin(1)
    wait_until(run.is_done, "the successor", ZOMBIE_SECONDS)


def awake(run: Run) -> None:
    """Wake the zombie; it learns of its loss, or ends because its transaction was given up."""
    run.forgiven.add(1)
    run.team[0].signal(signal.SIGCONT)
    zombie = run.team[0]
    run.wait_until(
        lambda: "took partitions" in zombie.log or zombie.has_ended, "the loss", ZOMBIE_SECONDS
    )
    assert not zombie.has_ended or is_given_up(zombie), zombie.log


def is_given_up(zombie: Actor) -> bool:
    """Whether its transaction was given up meanwhile, or its checkpoint took too long."""
    return zombie.process.returncode == EXIT_CODE or "stood still for so long" in zombie.log


@CHAPTER.scenario(
    strikes="a worker stands still past its session in mid-checkpoint, then goes on (a zombie)",
    then="its transaction is refused and aborted with outputs and changelog; it joins again",
    is_short=True,
)
def a_zombie(run: Run) -> None:
    stand_still(run)
    awake(run)
    run.say(500)


@CHAPTER.scenario(
    strikes="a zombie, then compaction of the topic it wrote to",
    then="the cleaner drops the aborted records, never the successor's newer ones",
    readers="an empty reader of the compacted topic sees the newest value of each key",
)
def a_zombie_before_compaction(run: Run) -> None:
    configure(run, run.play.outputs, COMPACTED)
    stand_still(run)
    awake(run)
    run.say(500)
    run.wait_done()
    compact(run, run.play.outputs)
    run.is_compacted = True


@CHAPTER.scenario(
    strikes="a zombie is killed just when it learns that it has lost its partitions",
    then="its transaction is aborted by its next start",
)
def a_zombie_killed_as_it_wakes(run: Run) -> None:
    step = run.dice.choice(("lost", "aborted", "parted"))
    run.begin(0, strike_at=step)
    run.wait_ready()
    with run.load():
        run.pause(0.0, 0.3)
        zombie = run.team.pop(0)
        zombie.signal(signal.SIGSTOP)
    run.forgiven.add(BOOM)
    run.begin(2)
    wait_until(run.is_done, "the successor", ZOMBIE_SECONDS)
    zombie.signal(signal.SIGCONT)
    run.kills += 1
    # One that stood still inside a commit learns first that it was not answered, and goes on.
    learnt = "left a commit unanswered"
    run.wait_until(lambda: zombie.has_ended or learnt in zombie.log, "the loss", ZOMBIE_SECONDS)
    if not zombie.has_ended:
        zombie.signal(signal.SIGKILL)
    ended = zombie.ended()
    assert ended in {BOOM, -signal.SIGKILL} or is_given_up(zombie), zombie.log
    run.say(300)


@CHAPTER.scenario(
    strikes="a decision takes longer than max.poll.interval",
    then="the group takes the partitions away; the worker drops what it did and joins again",
)
def a_decision_that_takes_too_long(run: Run) -> None:
    slow = {"poll_ms": 6500, "nap_seconds": 8.0}
    run.begin(0, **slow)
    run.begin(1, **slow)
    run.wait_ready()
    run.say(500)
    run.feed([(f"word-{run.dice.randrange(100)}", NAP)])
    run.say(500)
    # It hears of its loss first, or of the refusal that comes of it.
    signs = ("took partitions", "was refused")
    wait_until(
        lambda: any(sign in actor.log for actor in run.team.values() for sign in signs), "the loss"
    )


def moved(run: Run, places: dict[Source, int]) -> None:
    """Move the group's offsets as a person would."""
    partitions = [TopicPartition(topic, number, at) for (topic, number), at in places.items()]
    asked = run.admin.alter_consumer_group_offsets(
        [ConsumerGroupTopicPartitions(run.play.application, partitions)]
    )
    done = asked[run.play.application].result()
    assert all(place.error is None for place in done.topic_partitions)


def standing_still(run: Run) -> dict[Source, int]:
    """Let workers do some work and leave, and return where the group stands."""
    run.begin(0, 1)
    run.wait_ready()
    run.say(500)
    run.wait_done()
    run.stop()
    return {source: at for source, at in run.standing().items() if at is not None}


@CHAPTER.scenario(
    strikes="somebody rewinds the group's offsets",
    then="a halt: `the group stands at ..., the state at ...`; put back, the workers go on",
)
def a_rewound_group(run: Run) -> None:
    places = standing_still(run)
    wait_until(lambda: is_empty(run), "the group to be empty")
    source = run.dice.choice(sorted(places))
    moved(run, {source: places[source] - run.dice.randrange(1, 20)})
    run.say(200)
    run.begin(0)
    run.halted(f"the group stands at {source[0]}/{source[1]}/")
    wait_until(lambda: is_empty(run), "the group to be empty")
    moved(run, {source: places[source]})
    run.begin(0, 1)


@CHAPTER.scenario(
    strikes="somebody deletes the group",
    then="a halt: `the state stands at ..., its group at no offset`; put back, the workers go on",
)
def a_deleted_group(run: Run) -> None:
    places = standing_still(run)
    wait_until(lambda: is_empty(run), "the group to be empty")
    group = run.play.application
    run.admin.delete_consumer_groups([group])[group].result(BOUND_SECONDS)
    run.say(200)
    run.begin(0)
    run.halted("its group at no offset; somebody deleted or moved the group's offsets")
    wait_until(lambda: is_empty(run), "the group to be empty")
    moved(run, places)
    run.begin(0, 1)


def is_empty(run: Run) -> bool:
    """Whether the broker has given up the group's last member."""
    group = run.play.application
    told = run.admin.describe_consumer_groups([group])[group].result(BOUND_SECONDS)
    return not told.members
