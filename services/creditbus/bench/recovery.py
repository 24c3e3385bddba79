"""Recovery: how fast the changelog rebuilds lost stores, and how soon a kept store may begin."""

from __future__ import annotations

import shutil

from creditbus.bench.crew import Crew
from creditbus.bench.engine import Input, check_held, peak_mb
from creditbus.bench.machine import spent, watched
from creditbus.bench.rows import BenchRow
from creditbus.bench.stopwatch import TimeSheet
from creditbus.bench.track import Track


def recovery(track: Track, given: Input) -> BenchRow:
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
        with watched(track.broker) as watch:
            rebuilt, cpu_s = _restarted(crew)
        check_held(crew.state, given.truth)
        kept, _ = _restarted(crew)
    seconds = max(rebuilt.restore_s)
    return BenchRow(
        name="recovery",
        workers=1,
        events=rebuilt.restored,
        events_per_s=round(rebuilt.restored / seconds, 1),
        peak_mb=peak_mb([rebuilt]),
        extra={
            "rebuilt_s": round(seconds, 3),
            "caught_up_s": round(max(kept.restore_s), 4),
            "others_cores": watch.others_cores(cpu_s),
        },
    )


def _restarted(crew: Crew) -> tuple[TimeSheet, float]:
    """Return the sheet of one more start, and the processor seconds of the process so far."""
    post = crew.start()
    crew.wait(lambda: len(post.sheet().restore_s) == crew.partitions, "every restore")
    cpu_s = spent(post.process.pid)
    return crew.stop()[0], cpu_s
