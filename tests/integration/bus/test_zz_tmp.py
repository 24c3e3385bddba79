from __future__ import annotations
import threading, time, psutil
from confluent_kafka import Producer
from creditbus.wire.topics import inbox, DEAD_LETTERS
from tests.bus_fixtures import LiveBus, eventually

def test_tmp(live: LiveBus) -> None:
    pid = next(e.pid for e in live.bus.services.states() if e.name == "intake-0")
    proc = psutil.Process(pid)
    peak = [0.0]; over = threading.Event()
    def look():
        while not over.wait(0.01):
            peak[0] = max(peak[0], proc.memory_info().rss / 2**20)
    threading.Thread(target=look, daemon=True).start()
    time.sleep(3)
    out = open("/tmp/h/wa/bombs.txt", "a")
    print("rest", peak[0], file=out, flush=True)
    for codec, size, n in (("gzip", 30_000_000, 5), ("gzip", 240_000_000, 1), ("gzip", 240_000_000, 12), ("lz4", 60_000_000, 12)):
        peak[0] = 0
        before = len([e for e in live.reader().values(DEAD_LETTERS)])
        p = Producer({**live.bus.stack.client_config("court"), "linger.ms": 0, "compression.codec": codec, "message.max.bytes": 900_000_000, "batch.size": 900_000_000, "queue.buffering.max.kbytes": 2000000})
        errs = []
        began = time.monotonic()
        for _ in range(n):
            p.produce(inbox("court"), b"\0" * size, b"k", on_delivery=lambda e, m: errs.append(e))
            p.flush(60)
        sent = time.monotonic() - began
        eventually(lambda: len([e for e in live.reader().values(DEAD_LETTERS)]) >= before + n, 120)
        time.sleep(1)
        print(codec, size, n, "errors", [str(e) for e in errs if e], "peak", round(peak[0]), "now", round(proc.memory_info().rss/2**20), "sent s", round(sent,1), "s", round(time.monotonic()-began,1), file=out, flush=True)
    over.set()
