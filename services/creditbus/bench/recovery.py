"""Recovery: how fast the changelog rebuilds lost stores, and how soon a kept store may begin."""

from __future__ import annotations

import shutil

from creditbus.bench.crew import Crew
from creditbus.bench.engine import Input, check_held, peak_mb
from creditbus.bench.rows import Row
from creditbus.bench.stopwatch import Sheet
from creditbus.bench.track import Track


def recovery(track: Track, given: Input) -> Row:
    """Fold the input, delete the stores, rebuild them, then restart with all in place.

    All partitions are restored at once, so the longest of them is the time of the whole.
    ``caught_up_s`` is that of the restart with nothing to rebuild.
    """
    with Crew(track, "engine", given.topic) as crew:
        crew.open_gate()
        crew.start_all()
        crew.wait_done()
        crew.stop()
        shutil.rmtree(crew.state)
        rebuilt = _restarted(crew)
        check_held(crew.state, given.truth)
        kept = _restarted(crew)
    seconds = max(rebuilt.restore_s)
    return Row(
        name="recovery",
        workers=1,
        events=rebuilt.restored,
        events_per_s=round(rebuilt.restored / seconds, 1),
        peak_mb=peak_mb([rebuilt]),
        extra={"rebuilt_s": round(seconds, 3), "caught_up_s": round(max(kept.restore_s), 4)},
    )


def _restarted(crew: Crew) -> Sheet:
    post = crew.start()
    crew.wait(lambda: len(post.sheet().restore_s) == crew.partitions, "every restore")
    return crew.stop()[0]
