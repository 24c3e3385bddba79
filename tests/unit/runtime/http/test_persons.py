"""Natural persons at the door. No number here is one that a person could have."""

from __future__ import annotations

from datetime import date

import pytest

from creditbus.domain.acts.refusals import Fault, Reason
from creditbus.domain.subjects import SubjectKind, why_not_subject
from creditbus.runtime.http.persons import NoPersonKey, Persons, citizen_born, is_adult

DAY = date(2026, 3, 2)
ADULT = "SYN-00000001-1980"


def persons(key: str = "key", *, allow_synthetic: bool = True) -> Persons:
    return Persons(key, allow_synthetic=allow_synthetic)


def admit(number: str, *, kind: str = "synthetic", synthetic: bool = True) -> str | Fault:
    return persons().admit(kind, number, decided_on=DAY, synthetic=synthetic)


def fault(answer: object) -> Fault:
    assert isinstance(answer, Fault)
    return answer


def test_a_number_becomes_the_same_subject_every_time() -> None:
    subject = persons().admit("synthetic", ADULT, decided_on=DAY, synthetic=True)
    assert not isinstance(subject, Fault)
    assert why_not_subject(SubjectKind.NATURAL_PERSON, subject) == ""
    assert subject == persons().identify("synthetic", f" {ADULT.lower()} ", synthetic=True)


@pytest.mark.parametrize(
    "typed",
    [" 370299 19900101 0014", "370299-19900101-0014", "３７０２９９１９９００１０１００１４"],
)
def test_a_number_is_the_same_person_however_it_is_typed(typed: str) -> None:
    known = persons().identify("citizen_id", "370299199001010014", synthetic=False)
    assert not isinstance(known, Fault)
    assert persons().identify("citizen_id", typed, synthetic=False) == known


def test_another_key_gives_another_subject() -> None:
    one = persons("one").identify("synthetic", ADULT, synthetic=True)
    assert one != persons("two").identify("synthetic", ADULT, synthetic=True)


def test_without_a_key_nobody_is_recognised() -> None:
    with pytest.raises(NoPersonKey, match="CREDITBUS_PERSON_KEY"):
        persons("")


@pytest.mark.parametrize(
    ("year", "is_admitted"), [("1980", True), ("2007", True), ("2008", False), ("2026", False)]
)
def test_a_minor_is_refused_and_a_year_of_birth_means_its_youngest(
    year: str, *, is_admitted: bool
) -> None:
    answer = admit(f"SYN-00000001-{year}")
    assert isinstance(answer, Fault) != is_admitted
    if isinstance(answer, Fault):
        assert (answer.reason, answer.field) == (Reason.SUBJECT_MINOR, "envelope.subject")


def test_a_minor_can_be_named_in_a_removal() -> None:
    subject = persons().identify("synthetic", "SYN-00000001-2015", synthetic=True)
    assert str(subject).startswith("person:")


@pytest.mark.parametrize(
    ("day", "adult"),
    [(date(2026, 3, 1), False), (date(2026, 3, 2), False), (date(2026, 3, 3), True)],
)
def test_one_is_of_age_from_the_day_after_the_birthday(day: date, *, adult: bool) -> None:
    assert is_adult(date(2008, 3, 2), day) is adult


def test_who_was_born_on_a_leap_day_is_of_age_in_march() -> None:
    assert not is_adult(date(2008, 2, 29), date(2026, 2, 28))
    assert is_adult(date(2008, 2, 29), date(2026, 3, 1))


@pytest.mark.parametrize(
    ("number", "field"),
    [
        ("SYN-1-1980", "number"),
        ("SYN-00000001-80", "number"),
        ("SYN-00000001-1780", "number"),
        ("", "number"),
    ],
)
def test_a_made_up_number_has_one_form(number: str, field: str) -> None:
    answer = fault(admit(number))
    assert (answer.reason, answer.field) == (Reason.SUBJECT_INVALID, f"envelope.subject.{field}")


def test_made_up_persons_are_kept_out_of_real_records_and_real_buses() -> None:
    assert fault(admit(ADULT, synthetic=False)).field == "envelope.subject.number_kind"
    closed = persons(allow_synthetic=False)
    answer = fault(closed.admit("synthetic", ADULT, decided_on=DAY, synthetic=True))
    assert "no made-up persons" in answer.detail
    assert fault(admit("x", kind="passport")).field == "envelope.subject.number_kind"
    assert fault(admit("x", kind="citizen_id")).field == "envelope.subject.number_kind"


def with_check(body: str) -> str:
    """Return an 18-character number whose check character fits; impossible in another way."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


@pytest.mark.parametrize(
    ("number", "what"),
    [
        ("0" * 17, "17 digits and a check character"),
        ("0" * 17 + "A", "17 digits and a check character"),
        ("０" * 18, "17 digits and a check character"),
        ("0" * 18, "the check character does not fit"),
        (with_check("00000000000000000"), "no possible day"),
        (with_check("00000019800230000"), "no possible day"),
        (with_check("00000018991231000"), "no possible day"),
        (with_check("00000019800228000"), "begins with no province"),
        (with_check("99999919800228000"), "begins with no province"),
    ],
)
def test_an_impossible_identity_number_is_refused_and_never_repeated(
    number: str, what: str
) -> None:
    answer = fault(citizen_born(number))
    assert answer.reason is Reason.SUBJECT_INVALID
    assert what in answer.detail
    assert number not in answer.detail
