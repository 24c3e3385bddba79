"""Attestations: a record that the last key has signed is believed, one of the key before it not."""

from __future__ import annotations

import pytest

from creditbus.runtime.attestations import Attestation, renewed

RECORD = b"a record"


def test_what_the_last_key_signed_is_believed_beside_the_new_one() -> None:
    old = Attestation.of("old")
    now = Attestation.of(renewed("old"))
    assert now.holds(old.sign(RECORD), RECORD)
    assert now.holds(now.sign(RECORD), RECORD)
    assert now.sign(RECORD) != old.sign(RECORD)
    assert not old.holds(now.sign(RECORD), RECORD)


def test_a_key_that_was_rotated_twice_is_worth_nothing() -> None:
    stolen = Attestation.of("stolen")
    assert not Attestation.of(renewed(renewed("stolen"))).holds(stolen.sign(RECORD), RECORD)


@pytest.mark.parametrize("setting", ["", ",", " , "])
def test_no_key_is_told(setting: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        Attestation.of(setting)


def test_another_record_is_not_vouched_for() -> None:
    key = Attestation.of("key")
    assert not key.holds(key.sign(RECORD), b"another")
    assert not key.holds(b"", RECORD)
