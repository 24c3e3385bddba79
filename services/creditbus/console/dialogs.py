"""Dialogs: an act is asked for its reason, and says in a sentence what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from confluent_kafka import KafkaException
from nicegui import ui

from creditbus.console.frame import Frame
from creditbus.console.interventions import NotAllowed, SessionOver
from creditbus.console.staff import Visitor
from creditbus.console.visit import Visit
from creditbus.domain.acts.interventions import (
    REASON_CHARACTERS,
    Intervention,
    NoReason,
    OperatorStep,
)
from creditbus.runtime.interventions.writer import NotDone
from creditbus.runtime.outages import OutcomeUnknown, Unavailable

Do = Callable[[Visitor | None, str], Awaitable[Intervention]]
"""Carries an act out for a person and a reason."""

FAULTS = (NotAllowed, NotDone, NoReason, SessionOver, Unavailable, KafkaException)
"""Whatever an act may be refused with."""


def sentence_of(fault: Exception, visit: Visit) -> str:
    """Return in a sentence why an act was not done, or that nobody knows whether it was."""
    english = visit.language == "en"
    match fault:
        case NotAllowed(visitor=visitor):
            role = visit.say(f"role_{visitor.role}")
            return visit.say("may_not").format(role=role)
        case NotDone(chinese=chinese) | NoReason(chinese=chinese):
            return str(fault) if english else chinese
        case SessionOver():
            return visit.say("session_over")
        case OutcomeUnknown():
            return f"{visit.say('not_known')} {fault}"
        case _:
            return f"{visit.say('not_reached')} {fault}"


def show_facts(facts: Iterable[tuple[str, str]], visit: Visit) -> None:
    """Put what a decision is about into a dialog: what each fact is called, and the fact."""
    with ui.element("dl").classes("facts"):
        for word, text in facts:
            with ui.element("dt"):
                ui.label(visit.say(word))
            with ui.element("dd"):
                ui.label(text)


async def ask(frame: Frame, step: OperatorStep, facts: Iterable[tuple[str, str]], do: Do) -> None:
    """Ask for a reason and carry the act out; whose role forbids it is told so at once."""
    visit, visitor = frame.visit, frame.use()
    if visitor is None or not visitor.may(step):
        fault = SessionOver() if visitor is None else NotAllowed(visitor)
        ui.notify(sentence_of(fault, visit), type="warning", multi_line=True)
        return
    with ui.dialog() as dialog, ui.element("div").classes("card dialog"):
        ui.html(visit.say(f"step_{step}"), sanitize=False, tag="h2")
        show_facts(facts, visit)
        ui.label(visit.say(f"step_{step}_hint")).classes("quiet")
        reason = ui.textarea(visit.say("why_so")).props(
            f"outlined autofocus maxlength={REASON_CHARACTERS} rows=2"
        )
        reason.classes("reason")
        told = ui.label().classes("told").props("role=alert")

        async def carry_out() -> None:
            sure.disable()
            told.set_text("")
            try:
                done = await do(frame.use(), reason.value or "")
            except FAULTS as fault:
                told.set_text(sentence_of(fault, visit))
                sure.enable()
                return
            dialog.value = False
            word = "is_proposed" if done.step is OperatorStep.PROPOSE else "is_done"
            said = visit.say(word).format(step=visit.say(f"step_{done.step}"), about=done.about)
            ui.notify(said, type="positive", multi_line=True)

        with ui.row().classes("ask"):
            sure = ui.button(visit.say("do_it"), on_click=carry_out).props("no-caps unelevated")
            ui.button(visit.say("leave_it"), on_click=dialog.close).props("no-caps flat")
    dialog.value = True
