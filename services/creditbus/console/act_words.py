"""Words of acts: what the console says of what persons do to the bus, and of what waits."""

from __future__ import annotations

from typing import Final

ACTS: Final[dict[str, tuple[str, str]]] = {
    "act": ("操作", "Act"),
    "step_SKIP": ("略过", "Skip"),
    "step_SKIP_hint": (
        "停住处的整个批次被略过，其中每条记录成为不可读记录并告知报送单位；不可撤销。条数较多时须由另一人批准。",
        (
            "The whole batch that it stands at is passed over; each of its records becomes a dead "
            "letter, which the sender is told. This is not undone. "
            "Very many wait for a second person."
        ),
    ),
    "step_REDRIVE": ("重新投入", "Redrive"),
    "step_REDRIVE_hint": (
        "原字节再次写入该单位的收件箱；此前已处理的按重复报送处理。",
        "The same bytes are put into the inbox again; what was decided before is a duplicate.",
    ),
    "step_REDELIVER": ("立即投递", "Send now"),
    "step_REDELIVER_hint": (
        "不等下次重试时间，立即投递一次；直至收到回执前仍为待执行。",
        "It is sent now and not when it is due; it stays owed until its body acknowledges it.",
    ),
    "step_PAUSE": ("暂停", "Pause"),
    "step_PAUSE_hint": (
        "保留分区，不再读取，直至恢复。",
        "It keeps its partitions and reads nothing until it is resumed.",
    ),
    "step_RESUME": ("恢复", "Resume"),
    "step_RESUME_hint": ("从停住处继续。", "It goes on where it stood."),
    "step_DRAIN": ("排空", "Drain"),
    "step_DRAIN_hint": (
        "处理完已读取的记录，交出分区后结束。",
        "It finishes what it has read, gives its partitions away and ends.",
    ),
    "way_CONSOLE": ("控制台", "console"),
    "way_COMMAND_LINE": ("命令行", "command line"),
    "held_page": ("停住", "Held"),
    "held_total": ("停住与待批", "Held, or to approve"),
    "held_page_hint": (
        "无法读取的收件箱在此等待，其他收件箱照常；该单位的解除也在等待",
        "inboxes that cannot be read wait here, all others go on; their lifts wait too",
    ),
    "proposals": ("待另一人批准", "Waiting for a second person"),
    "proposals_hint": (
        "略过大量记录须由提出者以外的一人批准或驳回；二十四小时后失效",
        "somebody other than who proposed it approves a large skip, or rejects it; good for a day",
    ),
    "proposed_by": ("提出人", "Proposed by"),
    "records": ("记录数", "Records"),
    "runs_out": ("失效时间", "Runs out"),
    "decide": ("处理", "Decide"),
    "step_PROPOSE": ("提议略过", "Propose a skip"),
    "step_PROPOSE_hint": ("等待另一人批准。", "It waits for a second person."),
    "step_APPROVE": ("批准并执行", "Approve"),
    "step_APPROVE_hint": (
        "所列记录全部被略过，每条成为不可读记录并告知报送单位；不可撤销。",
        (
            "All of these records are passed over; each becomes a dead letter, which its sender "
            "is told. This is not undone."
        ),
    ),
    "step_REJECT": ("驳回", "Reject"),
    "step_REJECT_hint": (
        "不执行；收件箱仍停在原处。",
        "Nothing is done, and the inbox stays where it stands.",
    ),
    "decided_already": ("该提议已处理或已过期。", "Somebody has decided about it, or it ran out."),
}
