"""How long a source is usually silent: what is over counts, what lasts does not."""

from __future__ import annotations

from creditbus.intake.gaps import REMEMBERED_S, Gaps


def noted(*at: float) -> Gaps:
    gaps = Gaps()
    for each in at:
        gaps.note(each)
    return gaps


def test_nothing_is_usual_before_a_second_record() -> None:
    assert (noted().last, noted().usual) == (None, 0.0)
    assert (noted(100.0).last, noted(100.0).usual) == (100.0, 0.0)


def test_the_longest_silence_is_the_usual_one_however_many_were_short() -> None:
    gaps = noted(0.0, 3600.0, 3601.0, 3602.0, 3603.0)
    assert (gaps.last, gaps.usual) == (3603.0, 3600.0)


def test_a_record_that_is_read_again_says_nothing() -> None:
    gaps = noted(0.0, 10.0, 20.0, 0.0, 10.0, 20.0, 20.0)
    assert (gaps.last, gaps.usual) == (20.0, 10.0)


def test_a_silence_is_forgotten_two_weeks_after_it_was_over() -> None:
    week = REMEMBERED_S / 2
    gaps = noted(0.0, 1000.0, 1000.0 + week, 1000.0 + week + 1, 1000.0 + week + 3)
    assert gaps.usual == week
    for number in range(1, 40):
        gaps.note(1000.0 + week + 3 + number * week / 10)
    assert gaps.usual == week / 10
