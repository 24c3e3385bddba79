"""The gateway by HTTP: events and what became of them, for whoever has a token and an address.

A no is ``GatewayRefused`` with the whole problem: every mistake, its pointer and what to do. A
gateway that does not answer is ``NotPublished``, as a broker that does not.
"""

from __future__ import annotations

import ssl
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote

import httpx2
import msgspec

from creditbus.domain.effects.directives import Acknowledgement, Statement
from creditbus.domain.subjects import PersonNumber
from creditbus.sdk.receipts import NotPublished, Receipt
from creditbus.sdk.statements import checked
from creditbus.wire.answers import (
    PROBLEM_JSON,
    BatchLine,
    FateReset,
    FileLine,
    Problem,
    ReceiptPage,
    RecordFate,
    RecordFates,
)
from creditbus.wire.records import RECORD_OF, to_record

ANSWER_BOUND_S: Final = 30.0
FILE_BOUND_S: Final = 180.0
"""How long a file may give no answer: it is unpacked and measured before its first row."""
WAIT_MOST_S: Final = 60
"""How long the gateway lets somebody wait for a decision in one question."""

SILENCE_BOUND_S: Final = 30.0
"""How long a stream may say nothing: it says that it lives every 10 s."""

T = TypeVar("T")


class GatewayRefused(Exception):
    """The gateway says no; ``problem`` tells why, with every mistake and what to do."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


class FateNews(msgspec.Struct, frozen=True, kw_only=True):
    """One event of the stream of fates: a fate, or that some may have been left out, and why.

    The first has neither: it says by its cursor from where on it is told.
    """

    cursor: str
    fate: RecordFate | None = None
    gap: str = ""


class Gateway:
    """One source's way to the gateway; use it as a context, its end closes the connection.

    ``language`` is ``en`` or ``zh``: in which mistakes are told. ``ca`` is a PEM file with whose
    authorities an https address is believed, by default the system's.
    """

    def __init__(
        self, url: str, token: str, *, language: str = "en", ca: Path | None = None
    ) -> None:
        self.url = url.rstrip("/")
        if not self.url.startswith(("http://", "https://")):
            raise NotPublished(f"{url} is no address of a gateway: give http://host:port")
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": language}
        try:
            self._client = httpx2.Client(
                base_url=self.url,
                headers=headers,
                timeout=ANSWER_BOUND_S,
                verify=True if ca is None else _trusting(ca),
            )
        except (httpx2.InvalidURL, UnicodeEncodeError) as wrong:
            raise NotPublished(f"{url} or its token cannot be used: {wrong}") from wrong

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._client.close()

    def publish(self, event: Statement, person: PersonNumber | None = None) -> Receipt:
        """State one event, or give one answer, and return its receipt, as ``Publisher`` does.

        Every mistake that needs no other record is told before the receipt. A natural person is
        given by number, in place of the envelope's subject; the gateway makes a token of it and
        lets the number go. Raises ``Unsendable``, ``GatewayRefused`` with every mistake, and
        ``NotPublished`` for a gateway that does not answer: to send again is safe.
        """
        is_answer = isinstance(event, Acknowledgement)
        answer = self._sent(
            self._client.build_request(
                "POST",
                "/v1/acknowledgements" if is_answer else "/v1/events",
                content=submission_of(event, person),
                headers={"Content-Type": "application/json"},
            )
        )
        return msgspec.json.decode(answer, type=Receipt)

    def fate(self, record_id: str, wait_s: int = 0) -> RecordFates:
        """Return what became of a record, once its newest arrival is decided or the wait is over.

        Raises ``GatewayRefused`` (``RECORD_UNKNOWN`` when nothing is known) and ``NotPublished``.
        """
        path = f"/v1/records/{quote(record_id, safe='')}"
        return self._get(path, {"wait": wait_s}, RecordFates)

    def fate_at(self, offset: int, wait_s: int = 0, *, partition: int = 0) -> RecordFate:
        """Return what became of what a receipt says lies at an offset of the inbox."""
        asked = {"wait": wait_s, **_of(partition)}
        return self._get(f"/v1/receipts/{offset}", asked, RecordFate)

    def fates_between(self, start: int, limit: int = 500, *, partition: int = 0) -> ReceiptPage:
        """Return what became of what lies at some offsets of the inbox, as after a file."""
        asked = {"start": start, "limit": limit, **_of(partition)}
        return self._get("/v1/receipts", asked, ReceiptPage)

    def follow(self, after: str = "") -> Generator[FateNews, None, None]:
        """Yield what becomes of your records as soon as it is decided, for as long as you stay.

        ``after`` is the cursor of the last news that was heard; without one it tells from now on.
        Raises ``GatewayRefused``, and ``NotPublished`` when the connection breaks: follow again,
        after the last cursor.
        """
        request = self._client.build_request(
            "GET", "/v1/fates/stream", params={"after": after}, timeout=SILENCE_BOUND_S
        )
        told: dict[str, str] = {}
        for line in self._lines(request):
            name, _, value = line.partition(":")
            if name:
                told[name] = value.strip()
            elif "data" in told:
                yield _news(told)
                told = {}

    def submit_file(self, path: Path, *, is_dry_run: bool = False) -> Iterator[FileLine]:
        """Hand in an official sheet; yield the answer to each row, and last what the file was.

        In a dry run nothing is taken. Raises ``GatewayRefused`` when the file is no sheet, and
        ``NotPublished``: what has no receipt by then is handed in again with the file.
        """
        try:
            content = path.read_bytes()
        except OSError as fault:
            raise NotPublished(f"{path} cannot be read: {fault}") from fault
        asked = {"name": path.name, "dry_run": str(is_dry_run).lower()}
        request = self._client.build_request(
            "POST",
            "/v1/files",
            params=asked,
            content=content,
            headers={"Content-Type": "application/octet-stream"},
            timeout=FILE_BOUND_S,
        )
        for line in self._lines(request):
            yield msgspec.json.decode(line, type=FileLine)

    def send_batch(
        self, lines: Iterable[bytes], *, after: int = 0, coding: str = "identity"
    ) -> Iterator[BatchLine]:
        """Send events, the JSON of one a line; yield the answer to each, and last what it was.

        ``coding`` says how the bytes are packed: ``identity``, ``gzip`` or ``zstd``. The lines up
        to ``after`` are passed over: a batch that broke goes on with the ``last`` of its answer.
        Raises ``GatewayRefused`` and ``NotPublished``.
        """
        request = self._client.build_request(
            "POST",
            "/v1/batches",
            params={"after": after},
            content=iter(lines),
            headers={"Content-Type": "application/x-ndjson", "Content-Encoding": coding},
            timeout=FILE_BOUND_S,
        )
        for line in self._lines(request):
            yield msgspec.json.decode(line, type=BatchLine)

    def _lines(self, request: httpx2.Request) -> Iterator[str]:
        """Yield the lines of a good answer while they come."""
        with _reached(self.url):
            answer = self._client.send(request, stream=True)
            try:
                if not answer.is_success:
                    answer.read()
                    raise _refused(self.url, answer)
                yield from answer.iter_lines()
            finally:
                answer.close()

    def _get(self, path: str, asked: Mapping[str, Any], kind: type[T]) -> T:
        wait = float(asked.get("wait", 0))
        answer = self._sent(
            self._client.build_request(
                "GET", path, params=dict(asked), timeout=ANSWER_BOUND_S + wait
            )
        )
        return msgspec.json.decode(answer, type=kind)

    def _sent(self, request: httpx2.Request) -> bytes:
        """Return the content of a good answer; raises what a no or no answer is told as."""
        with _reached(self.url):
            answer = self._client.send(request)
        if answer.is_success:
            return bytes(answer.content)
        raise _refused(self.url, answer)


def _news(told: Mapping[str, str]) -> FateNews:
    """Return what one event of the stream says."""
    cursor, data = told.get("id", ""), told["data"]
    if told.get("event") == "fate":
        return FateNews(cursor=cursor, fate=msgspec.json.decode(data, type=RecordFate))
    if told.get("event") == "reset":
        return FateNews(cursor=cursor, gap=msgspec.json.decode(data, type=FateReset).reason)
    return FateNews(cursor=cursor)


def _of(partition: int) -> dict[str, int]:
    """Return what is asked of a partition; of the only one nothing, as older gateways want it."""
    return {"partition": partition} if partition else {}


def submission_of(event: Statement, person: PersonNumber | None = None) -> bytes:
    """Return the JSON in which a statement is handed to the gateway; raises ``Unsendable``."""
    whole = checked(event)
    content = {"type": RECORD_OF[type(whole)]} | to_record(whole)
    envelope = content["envelope"]
    envelope.pop("adult_on_decision", None)  # that is for the gateway alone to state
    if person is not None:
        del envelope["subject_id"], envelope["subject_kind"]
        envelope["subject"] = person
    return msgspec.json.encode(content)


@contextmanager
def _reached(url: str) -> Iterator[None]:
    try:
        yield
    except (httpx2.HTTPError, OSError) as away:
        raise NotPublished(
            f"the gateway at {url} does not answer: {away}. Check the address, and whether it is"
            " up; whatever has no receipt may be sent again"
        ) from away


def _refused(url: str, answer: httpx2.Response) -> Exception:
    if answer.headers.get("Content-Type", "").startswith(PROBLEM_JSON):
        return GatewayRefused(msgspec.json.decode(answer.content, type=Problem))
    return NotPublished(
        f"{url} answers {answer.status_code} and no problem: is it the gateway's address?"
    )


def _trusting(ca: Path) -> Any:

    try:
        return ssl.create_default_context(cafile=ca)
    except OSError as wrong:
        raise NotPublished(f"{ca} holds no certificates: {wrong}") from wrong
