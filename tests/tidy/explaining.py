"""The page that tells how to ask why a subject stands as it does, with what five histories say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.explained import HISTORIES

SENTENCES: Final = (
    "`creditbus explain SUBJECT` says why a subject stands as it does: for each entry and measure",
    "the act that did it, its document, the basis with its article, the gates that were passed,",
    "the term with its arithmetic, the marks, the way out, and when it ends. An ended entry says",
    "what ended it and when, and no more. A subject without entries is told so.",
    "",
    "The command reads the subject's part of the log and decides it again as listing did, so it",
    "tells what the log says even while Redis is away or behind, and says when they differ. It",
    "needs a broker and a schema registry. A natural person is asked for by token and shown by it:",
    "names and numbers are never printed, nor why a court lifted a restriction.",
    "",
    "Below, five synthetic firms and persons, each as the command tells it.",
)
OPTIONS: Final = (
    (
        "`--on DATE`",
        "how it stood on that day, by the log and the edition of then, or how it will stand",
    ),
    ("`--zh`", "in Chinese, from the same messages"),
    ("`--json`", "every field, and the sentences in both languages under `explained`"),
)


def told() -> Iterator[str]:
    """Yield each history with the command and what it prints."""
    for history in HISTORIES:
        yield from ("", f"## {history.title}", "", history.sentence)
        for day, language in history.asked:
            yield from ("", "```console", *history.lines(day, language), "```")
