"""Options that several commands share, gathered into one value before a command is called."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import Parameter, signature
from typing import Any, TypeVar

R = TypeVar("R")


def option(name: str, annotation: Any, default: Any) -> Parameter:
    """Return an option as Typer reads it from a signature."""
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)


def gathered(
    place: str, kind: Callable[..., Any], *options: Parameter
) -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Give a command these options in place of its parameter of this name, which is made of them.

    Its own options come first.
    """

    def decorated(command: Callable[..., R]) -> Callable[..., R]:
        own = signature(command, eval_str=True)
        kept = [each for each in own.parameters.values() if each.name != place]

        @wraps(command)
        def run(**given: Any) -> R:
            made = kind(**{each.name: given.pop(each.name) for each in options})
            return command(**{place: made}, **given)

        asked = [each.replace(kind=Parameter.KEYWORD_ONLY) for each in kept]
        run.__signature__ = own.replace(parameters=[*asked, *options])  # type: ignore[attr-defined]
        run.__annotations__ = {each.name: each.annotation for each in (*asked, *options)}
        return run

    return decorated
