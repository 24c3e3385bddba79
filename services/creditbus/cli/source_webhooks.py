"""``creditbus sources webhook``: where a source is told what becomes of its records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer

from creditbus.cli.faults import MISUSED, fail, told
from creditbus.cli.places import Home, sites, stack_file
from creditbus.cli.prints import give, say
from creditbus.cli.tokens import Into, SourceId, known_source, refuse_taken
from creditbus.delivery.addresses import literal, why_not_target
from creditbus.domain.ids import SourceId as PartyId
from creditbus.runtime.http.source_webhooks import (
    SourceWebhook,
    SourceWebhooks,
    WebhooksDamaged,
    file_of,
)
from creditbus.stack.bus import new_webhook_secret
from creditbus.stack.folder import OWNER_ONLY_FILE, SOURCE_WEBHOOKS, replace_private


@told
def webhook(
    source: SourceId,
    address: Annotated[
        str, typer.Argument(metavar="[URL]", help="Where it is told; without one, where it is.")
    ] = "",
    off: Annotated[bool, typer.Option("--off", help="Tell it no more.")] = False,
    into: Into = None,
    file: Annotated[
        Path | None,
        typer.Option("--webhooks", help="File of webhooks of a delivery that runs elsewhere."),
    ] = None,
    home: Home = None,
) -> None:
    """Let a source be told by signed webhook what becomes of its records, once it is decided.

    The signing secret is new each time, and said once; it holds at once, without a restart.
    """
    if file is None:
        stack_file(home)
    party = PartyId(known_source(source, home))
    path = sites(home).home / SOURCE_WEBHOOKS if file is None else file
    try:
        rows = SourceWebhooks(path).rows()
    except WebhooksDamaged as damaged:
        fail(str(damaged))
    known = next((each for each in rows if each.source == party), None)
    others = tuple(each for each in rows if each.source != party)
    if off:
        if known is None or address:
            fail(f"{party} has no webhook, or name none beside --off", MISUSED)
        replace_private(path, file_of(others))
        say(f"{party} is told no more at {known.url}; the pages and the stream have its fates")
        give({"source": party, "url": None})
        return
    if not address:
        say(f"{party} is told at {known.url}" if known else f"{party} has no webhook")
        give({"source": party, "url": known.url if known else None})
        return
    if why_not := why_not_target(address, literal(urlsplit(address).hostname or "")):
        fail(f"{address}: {why_not}", MISUSED)
    refuse_taken(into)
    row = SourceWebhook(source=party, url=address, secret=new_webhook_secret())
    replace_private(path, file_of((*others, row)))
    _hand_over(row, into)


def _hand_over(row: SourceWebhook, into: Path | None) -> None:
    say(f"{row.source} is told at {row.url}, from now on")
    told_of = {"source": row.source, "url": row.url}
    if into is None:
        say("what is sent there is signed with this secret, said once:")
        say(row.secret)
        give(told_of | {"secret": row.secret, "into": None})
        return
    into.touch(mode=OWNER_ONLY_FILE, exist_ok=False)
    into.write_text(row.secret + "\n", encoding="ascii")
    say(f"what is sent there is signed with the secret in {into}")
    give(told_of | {"secret": None, "into": str(into)})
