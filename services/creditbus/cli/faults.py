"""What a person at the command line is told when something is wrong, and the exit codes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import Parameter, signature
from typing import Annotated, Any, Final, NoReturn, ParamSpec, TypeVar

import httpx
import typer
from confluent_kafka import KafkaException

from creditbus.cli.gathered import option
from creditbus.cli.prints import heard_by_a_machine, tell_fault, warn
from creditbus.domain.law.editions import EditionUnknown
from creditbus.engine.failures import error_of, rule_for
from creditbus.runtime.http.credentials import CredentialsDamaged
from creditbus.runtime.interventions.writer import NotDone
from creditbus.runtime.law.catalogue import CatalogueInvalid
from creditbus.runtime.law.editions import EditionDamaged
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.registry import IncompatibleSchema, NotRegistered
from creditbus.runtime.settings import SettingMissing, UnknownSetting
from creditbus.sdk import publisher
from creditbus.stack.errors import StackError
from creditbus.wire.schemas import SchemasUnsound

P = ParamSpec("P")
R = TypeVar("R")

FAILED: Final = 1
MISUSED: Final = 2
BROKEN_OFF: Final = 130
"""What a shell says of a program that Ctrl-C has ended."""

_AsJson = Annotated[
    bool, typer.Option("--json", help="Print JSON for machines; an error is JSON on stderr.")
]

_DAMAGED: Final = (
    CatalogueInvalid,
    CredentialsDamaged,
    EditionDamaged,
    EditionUnknown,
    SchemasUnsound,
)


def fail(sentence: str, code: int = FAILED) -> NoReturn:
    """Say what is wrong and end with an exit code."""
    tell_fault(sentence, code)
    raise typer.Exit(code)


@contextmanager
def sentences() -> Iterator[None]:
    """Turn the expected faults of a command into a sentence each."""
    try:
        yield
    except (StackError, Unavailable, SettingMissing, UnknownSetting, IncompatibleSchema) as fault:
        fail(str(fault))
    except _DAMAGED as fault:
        fail(str(fault))
    except NotDone as fault:
        fail(str(fault), MISUSED)
    except (NotRegistered, publisher.NotPublished) as fault:
        fail(str(fault))
    except KeyboardInterrupt:
        warn("stopped, as you asked; nothing of it is left running")
        raise typer.Exit(BROKEN_OFF) from None
    except KafkaException as fault:
        error = error_of(fault)
        fail(
            f"kafka: {error.str()} ({error.name()}): {rule_for(error).advice}; is the bus up?"
            " `creditbus status` says"
        )
    except httpx.HTTPError as fault:
        fail(f"a service of the bus: {fault}. Is the bus up? `creditbus status` says")


def plain(command: Callable[P, R]) -> Callable[P, R]:
    """Make a command tell its expected faults in a sentence, and no more."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with sentences():
            return command(*args, **kwargs)

    return run


def told(command: Callable[..., R]) -> Callable[..., R]:
    """Give a command ``--json``, and make it tell its expected faults in a sentence.

    With it a machine listens: it is given at least one value by whatever ends well.
    """

    @wraps(command)
    def run(*args: Any, as_json: bool = False, **kwargs: Any) -> R:
        if not as_json:
            with sentences():
                return command(*args, **kwargs)
        with heard_by_a_machine() as machine, sentences():
            result = command(*args, **kwargs)
            assert machine.given, f"{command.__name__} ended well and gave a machine nothing"
            return result

    own = signature(command, eval_str=True)
    asked = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in own.parameters.values()]
    asked.append(option("as_json", _AsJson, default=False))
    run.__signature__ = own.replace(parameters=asked)  # type: ignore[attr-defined]
    run.__annotations__ = {each.name: each.annotation for each in asked}
    return run
