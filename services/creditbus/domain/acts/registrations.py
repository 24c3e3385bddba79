"""Registrations: that a subject exists, and who stands for it. Facts; they list nobody."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from creditbus.domain.acts.events import Fact, SubjectAct
from creditbus.domain.ids import SubjectId


class Registration(StrEnum):
    """Whether the subject exists (市场主体登记管理条例)."""

    REGISTERED = "REGISTERED"
    UPDATED = "UPDATED"
    DEREGISTERED = "DEREGISTERED"


class SubjectRegistered(SubjectAct, frozen=True, kw_only=True):
    """A registry entered a subject, changed what it holds of it, or struck it off.

    Struck off, its open entries end: there is nobody left to burden.
    """

    registration: Registration
    subject_name: str | None = None
    region: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


class Relation(StrEnum):
    """What a person is to an organisation."""

    LEGAL_REPRESENTATIVE = "LEGAL_REPRESENTATIVE"
    HEAD = "HEAD"
    ACTUAL_CONTROLLER = "ACTUAL_CONTROLLER"
    DIRECTOR = "DIRECTOR"


class RelationChanged(Fact, frozen=True, kw_only=True):
    """A person began or ceased to stand for an organisation; nothing spreads along it.

    ``person`` is the token that the gateway gives; a former representative drops out of view after
    ``valid_to`` (法发〔2019〕35号).
    """

    relation: Relation
    person: SubjectId
    valid_from: date
    valid_to: date | None = None
