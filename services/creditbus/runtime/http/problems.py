"""Problems: what a caller is told when the answer is no, and with which status. One table.

Problem details for HTTP (RFC 9457), with the bus's own members: a stable reason, the field, the
article, and every mistake in what was sent. In Chinese or English, as ``Accept-Language`` prefers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from creditbus.domain.acts.mistakes import Mistake
from creditbus.domain.acts.refusals import Reason
from creditbus.domain.identifiers.citizen import hide_persons
from creditbus.runtime.http.credentials import CredentialRefused
from creditbus.runtime.http.languages import Language, in_chinese, language_headers, preferred
from creditbus.runtime.http.misfits import misfit, misread
from creditbus.runtime.kafka.producer import RecordTooLarge
from creditbus.runtime.outages import Unavailable
from creditbus.wire.answers import PROBLEM_JSON, Problem, ToldMistake

RETRY_AFTER_S: Final = 2


class Refused(Exception):
    """What was sent is not taken, for these mistakes: one or more, the first names the answer."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(mistakes[0].detail)
        self.mistakes = mistakes


class Forbidden(Exception):
    """The caller is known and may not do this; ``reason`` is stable."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Invalid(ValueError):
    """A part of the question is not usable: which, and what to do.

    ``detail_zh`` says the same in Chinese, where the reason alone does not say it all.
    """

    def __init__(self, reason: str, field: str, detail: str, detail_zh: str = "") -> None:
        super().__init__(detail)
        self.reason = reason
        self.field = field
        self.detail_zh = detail_zh


class Gone(Exception):
    """What the caller would continue from is no longer kept."""


class Unknown(LookupError):
    """What is asked about is not known here; ``reason`` is stable."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class BodyTooLarge(ValueError):
    """The body of the question is larger than the service takes."""


class BodyTooSlow(Exception):
    """The body of the question did not come in time."""


class Unsupported(ValueError):
    """The body of the question is of a kind that the service does not read."""


class Malformed(ValueError):
    """The body of the question is JSON that may not be taken; ``reason`` is stable."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class Busy(Exception):
    """The caller has as much at work here as one may have; ``reason`` is stable."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class KeyConflict(Exception):
    """The idempotency key is at work for another request, or for the same one that still runs."""

    def __init__(self, reason: str, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.reason, self.status = reason, status


_REFUSED_STATUS: Final = {
    str(Reason.SOURCE_MISMATCH): HTTPStatus.FORBIDDEN,
    str(Reason.CONTENT_CONFLICT): HTTPStatus.CONFLICT,
}
_UNCHALLENGED: Final[Mapping[str, str]] = {}


def _of_credential(error: CredentialRefused) -> Problem:
    reason = f"CREDENTIAL_{error.why.upper()}"
    return _problem(HTTPStatus.UNAUTHORIZED, reason, str(error))


def _of_too_large(error: Exception) -> Problem:
    return _problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "TOO_LARGE", str(error))


def _of_refused(error: Refused) -> Problem:
    first = error.mistakes[0]
    status = _REFUSED_STATUS.get(first.reason, HTTPStatus.UNPROCESSABLE_ENTITY)
    problem = _problem(status, first.reason, first.detail, field=first.field, article=first.article)
    return msgspec.structs.replace(problem, mistakes=told_mistakes(error.mistakes, Language.EN))


def _of_invalid(error: Invalid) -> Problem:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _problem(status, error.reason, str(error), field=error.field)


def _of_mistyped(error: msgspec.ValidationError) -> Problem:
    field, what = misread(error)
    return _of_refused(Refused([misfit(field, what)]))


def _of_no_json(error: msgspec.DecodeError | UnicodeDecodeError) -> Problem:
    detail = f"the body is no JSON: {error}; send one JSON object in UTF-8"
    return _problem(HTTPStatus.BAD_REQUEST, "NOT_JSON", detail)


def _of_malformed(error: Malformed) -> Problem:
    return _problem(HTTPStatus.BAD_REQUEST, error.reason, str(error))


def _of_slow(error: BodyTooSlow) -> Problem:
    return _problem(HTTPStatus.REQUEST_TIMEOUT, "TOO_SLOW", str(error))


def _of_unsupported(error: Unsupported) -> Problem:
    return _problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED", str(error))


def _of_departure(_error: ClientDisconnect) -> Problem:
    # Nobody reads this; it keeps a caller who hangs up from being our own mistake.
    return _problem(HTTPStatus.BAD_REQUEST, "DISCONNECTED", "the caller hung up")


def _of_outage(error: Unavailable) -> Problem:
    detail = f"{error}; nothing was done, or nothing is known to be: ask again"
    return _problem(HTTPStatus.SERVICE_UNAVAILABLE, "UNAVAILABLE", detail)


def _of_routing(error: HTTPException) -> Problem:
    status = HTTPStatus(error.status_code)
    detail = f"{error.detail}; /openapi.json lists what there is"
    return _problem(status, status.name, detail)


def _of_parameters(error: RequestValidationError) -> Problem:
    first = error.errors()[0]
    field = str(first["loc"][-1])
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return _problem(status, "PARAMETER_INVALID", f"{field}: {first['msg']}", field=field)


_TABLE: Final[tuple[tuple[type[Exception], Callable[[Any], Problem]], ...]] = (
    (CredentialRefused, _of_credential),
    (Forbidden, lambda error: _problem(HTTPStatus.FORBIDDEN, error.reason, str(error))),
    (Refused, _of_refused),
    (KeyConflict, lambda error: _problem(error.status, error.reason, str(error))),
    (Busy, lambda error: _problem(HTTPStatus.TOO_MANY_REQUESTS, error.reason, str(error))),
    (Invalid, _of_invalid),
    (Unknown, lambda error: _problem(HTTPStatus.NOT_FOUND, error.reason, str(error))),
    (Malformed, _of_malformed),
    (Unsupported, _of_unsupported),
    (BodyTooSlow, _of_slow),
    (ClientDisconnect, _of_departure),
    (msgspec.ValidationError, _of_mistyped),
    (msgspec.DecodeError, _of_no_json),
    (UnicodeDecodeError, _of_no_json),
    (BodyTooLarge, _of_too_large),
    (RecordTooLarge, _of_too_large),
    (Gone, lambda error: _problem(HTTPStatus.GONE, "CURSOR_GONE", str(error))),
    (Unavailable, _of_outage),
    (RequestValidationError, _of_parameters),
    (HTTPException, _of_routing),
)
"""What each exception is told as. Whatever is in no row is our own mistake: 500."""


def told_mistakes(mistakes: Sequence[Mistake], language: Language) -> tuple[ToldMistake, ...]:
    """Return mistakes as they are told in a language; nobody's number is repeated."""
    return tuple(
        ToldMistake(
            reason=each.reason,
            field=each.field,
            pointer=each.pointer,
            article=each.article,
            detail=hide_persons(each.detail if language is Language.EN else each.detail_zh),
            suggestion=each.suggestion,
        )
        for each in mistakes
    )


def answer_problems(app: FastAPI) -> None:
    """Answer every exception of the table, and our own mistakes, with a problem."""
    for kind, tell in _TABLE:
        app.add_exception_handler(kind, _answering(tell))
    app.add_exception_handler(Exception, _answering(_mistake))


def _answering(tell: Callable[[Any], Problem]) -> Callable[[Request, Exception], Response]:
    def answer(asked: Request, error: Exception) -> Response:
        problem, language = tell(error), preferred(asked.headers.get("Accept-Language", ""))
        if language is Language.ZH:
            problem = _in_chinese(problem, error)
        # Where another method is wanted, the standard asks that the answer name those there are.
        stated = getattr(error, "headers", None) if isinstance(error, HTTPException) else None
        return Response(
            msgspec.json.encode(problem),
            status_code=problem.status,
            media_type=PROBLEM_JSON,
            headers={**(stated or {}), **_headers(problem.status), **language_headers(language)},
        )

    return answer


def _in_chinese(problem: Problem, error: Exception) -> Problem:
    mistakes = problem.mistakes
    if isinstance(error, Refused):
        mistakes = told_mistakes(error.mistakes, Language.ZH)
    detail = mistakes[0].detail if mistakes else in_chinese(problem.reason, problem.detail)
    if isinstance(error, Invalid) and error.detail_zh:
        detail = error.detail_zh
    return msgspec.structs.replace(problem, detail=detail, mistakes=mistakes)


def _headers(status: int) -> Mapping[str, str]:
    return {
        HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "Bearer"},
        HTTPStatus.SERVICE_UNAVAILABLE: {"Retry-After": str(RETRY_AFTER_S)},
        HTTPStatus.TOO_MANY_REQUESTS: {"Retry-After": str(RETRY_AFTER_S)},
    }.get(HTTPStatus(status), _UNCHALLENGED)


def _mistake(_error: Exception) -> Problem:
    detail = "the service made a mistake and has logged it; nothing is known to be done"
    return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "MISTAKE", detail)


def _problem(
    status: HTTPStatus, reason: str, detail: str, *, field: str = "", article: str = ""
) -> Problem:
    return Problem(
        title=status.phrase,
        status=status.value,
        reason=str(reason),
        detail=detail,
        field=field,
        article=article,
    )
