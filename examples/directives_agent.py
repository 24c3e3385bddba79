"""A team's own Faust agent over the bus: each directive for one executing body, printed.

Run it with the login of the body (the addresses and passwords lie in stack.json of a local bus):

    CREDITBUS_KAFKA=127.0.0.1:9092 CREDITBUS_KAFKA_USER=railway CREDITBUS_KAFKA_PASSWORD=... \
    CREDITBUS_REGISTRY=http://127.0.0.1:8081 python examples/directives_agent.py railway

What it does with a record it may do twice, after a kill; so a real body compares the revision with
the last one that it carried out (``creditbus.sdk.receiver.Fence`` does that).
"""

import sys
from collections.abc import Sequence

from creditbus.domain.effects.directives import Directive
from creditbus.runtime.health import Readiness
from creditbus.runtime.kafka.clients import Record
from creditbus.runtime.process import Process
from creditbus.runtime.settings import read_settings
from creditbus.sdk.agents import Agents
from creditbus.wire.topics import directives


def main(body: str) -> None:
    """Print what comes for a body until told to stop."""
    process = Process(body, 0, read_settings())
    codec = process.codec

    async def carry_out(records: Sequence[Record]) -> None:
        for record in records:
            directive = codec.decode(record.value)
            assert isinstance(directive, Directive)
            sys.stdout.write(f"{directive.action} {directive.measure_id} {directive.subject_id}\n")
        sys.stdout.flush()

    agents = Agents(process, f"{body}.printer", topics=[directives(body)], take=carry_out)
    agents.run(lambda: Readiness(agents.is_ready))


if __name__ == "__main__":
    main(*sys.argv[1:])
