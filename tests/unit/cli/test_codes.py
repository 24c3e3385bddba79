"""``creditbus identify`` says what a code is, ends with 0 only for codes, and shows no person."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner, Result

from creditbus.cli.main import app

CODE = "91370200000000000Y"
FORMED_LIKE_A_PERSON = "370299199001010000"  # its check character is wrong and its region none


def identify(*arguments: str, given: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["identify", *arguments], input=given)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ((CODE,), 0),
        ((CODE.lower(), "D2143569-X", "110108000000016"), 0),
        ((CODE, "12345"), 1),
        (("913702000000000012",), 1),
        (("913702000000000012", "--lenient"), 0),
        (("事证第137020000001号", "--kind", "INST_CERT"), 0),
        (("370200000000005", "--kind", "TAXNO"), 1),
        ((CODE, "--kind", "UNKNOWN"), 2),
        ((), 2),
    ],
)
def test_exit_code_is_0_only_if_all_are_codes(values: tuple[str, ...], code: int) -> None:
    assert identify(*values).exit_code == code


def test_a_wrong_letter_is_told_with_what_may_have_been_meant() -> None:
    said = identify("9137O20000000000OY").stdout
    assert "failed alphabet" in said
    assert f"did you mean {CODE}?" in said


def test_values_come_from_standard_input_one_a_line() -> None:
    given = f"\ufeff{CODE}\r\n\n  {CODE.lower()}\n12345\n".encode() + b"\xff\xfe\n"
    found = [json.loads(line) for line in identify("-", "--json", given=given).stdout.splitlines()]
    assert [line["place"] for line in found] == [1, 2, 3, 4]
    verdicts = [line["found"]["verdict"] for line in found]
    assert verdicts == ["valid", "normalised", "invalid", "invalid"]
    assert found[1]["found"]["code"] == CODE
    assert "check character" in found[0]["found"]["passed"]


def test_nothing_given_is_told() -> None:
    ended = identify("-")
    assert ended.exit_code == 2
    assert "no code was given" in ended.stderr


@pytest.mark.parametrize("form", [(), ("--json",)])
@pytest.mark.parametrize(
    "value",
    [
        FORMED_LIKE_A_PERSON,
        FORMED_LIKE_A_PERSON[:17],
        FORMED_LIKE_A_PERSON.replace("0", "O"),
        f"{FORMED_LIKE_A_PERSON[:6]} {FORMED_LIKE_A_PERSON[6:]}",
        f"证{FORMED_LIKE_A_PERSON[:17]}x",
    ],
)
def test_a_persons_number_is_never_printed(value: str, form: tuple[str, ...]) -> None:
    ended = identify(value, *form)
    assert "(masked)" in ended.stdout
    for part in (value, "19900101", "1990O1O1", "370299"):
        assert part not in ended.output


def test_what_a_terminal_would_obey_is_not_printed() -> None:
    said = identify("abc\x1b[31m\ndef").stdout
    assert "\x1b" not in said
    assert len(said.splitlines()) == 1
