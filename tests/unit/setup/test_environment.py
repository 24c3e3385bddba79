"""The environment: pip's settings count for uv too, and what is wrong is said with what to do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.setup import environment
from deploy.setup.environment import read_pip_settings, refuse_small_disk, uv_environment

ROOT = Path(__file__).parents[3]


def uv_settings(variables: dict[str, str], home: Path) -> dict[str, str]:
    """Return what uv is told on a machine with these variables and this home."""
    variables = {"HOME": str(home), **variables}
    return uv_environment(variables, read_pip_settings(variables), Path(".venv"))


def test_an_index_of_ones_own_is_taken_from_pips_file(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "pip"
    folder.mkdir(parents=True)
    (folder / "pip.conf").write_text(
        "[global]\nindex_url = https://mirror.example/simple\ntrusted-host = mirror.example\n"
        "extra_index_url =\n    https://one.example\n    https://two.example\n"
    )
    told = uv_settings({}, tmp_path)
    assert told["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert told["UV_INSECURE_HOST"] == "mirror.example"
    assert told["UV_INDEX"] == "https://one.example https://two.example"


def test_pips_variables_go_before_its_files_and_uvs_own_before_both(tmp_path: Path) -> None:
    (tmp_path / ".pip").mkdir()
    (tmp_path / ".pip" / "pip.conf").write_text("[global]\nindex_url = https://file.example\n")
    by_pip = {"PIP_INDEX_URL": "https://variable.example"}
    assert uv_settings(by_pip, tmp_path)["UV_DEFAULT_INDEX"] == "https://variable.example"
    by_uv = {**by_pip, "UV_DEFAULT_INDEX": "https://uv.example"}
    assert uv_settings(by_uv, tmp_path)["UV_DEFAULT_INDEX"] == "https://uv.example"


def test_folder_of_wheels_that_is_gone_is_left_out_as_pip_does(tmp_path: Path) -> None:
    here, gone = tmp_path / "here", tmp_path / "gone"
    here.mkdir()
    told = uv_settings({"PIP_FIND_LINKS": f"{gone} {here}"}, tmp_path)
    assert told["UV_FIND_LINKS"] == str(here)
    assert "UV_FIND_LINKS" not in uv_settings({"PIP_FIND_LINKS": str(gone)}, tmp_path)


def test_settings_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / ".pip").mkdir()
    (tmp_path / ".pip" / "pip.conf").write_text("no section\n")
    with pytest.raises(SystemExit, match=r"pip's settings in .*pip\.conf cannot be read"):
        uv_settings({}, tmp_path)


def test_small_disk_is_refused_with_how_much_is_needed(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="needs 1,000,000,000 MB"):
        refuse_small_disk(tmp_path, 10**15, there=False)
    refuse_small_disk(tmp_path, 10**15, there=True)


def test_uv_is_installed_as_the_lock_pins_it() -> None:
    entry = environment._entry(ROOT / "requirements.lock", "uv")  # noqa: SLF001
    lines = entry.splitlines()
    assert lines[0].startswith("uv==")
    assert len(lines) > 1
    assert all(line.strip().startswith("--hash=sha256:") for line in lines[1:])


def chosen(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    """Choose among the interpreters of a folder."""
    path = os.pathsep.join([str(folder), *os.defpath.split(os.pathsep)])
    return subprocess.run(
        [ROOT / "deploy" / "setup" / "choose_python.sh", *names],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def an_interpreter(folder: Path, name: str, answer: str) -> None:
    """Put a program into a folder that answers the probe, and stands for itself."""
    program = folder / name
    program.write_text(
        f'#!/bin/sh\ncase "$*" in *interpreter.py) printf "{answer}\\n";; *) echo "$0";; esac\n'
    )
    program.chmod(0o755)


def test_an_optimised_interpreter_goes_before_a_newer_one(tmp_path: Path) -> None:
    an_interpreter(tmp_path, "python3.14", r"0\t014000\tCPython 3.14.0, not optimised\t")
    an_interpreter(tmp_path, "python3.13", r"1\t013002\tCPython 3.13.2, optimised\t")
    an_interpreter(tmp_path, "python3.12", r"1\t012009\tCPython 3.12.9, optimised\t")
    found = chosen(tmp_path, str(tmp_path / "python3.14"))
    assert found.stdout.strip() == str(tmp_path / "python3.14")
    assert "without optimisation" in found.stderr
    found = chosen(tmp_path)
    assert found.stdout.strip() == str(tmp_path / "python3.13")
    assert "CPython 3.13.2, optimised" in found.stderr


def test_an_interpreter_that_is_not_promised_is_refused_with_its_reason(tmp_path: Path) -> None:
    an_interpreter(tmp_path, "python3.9", r"1\t009002\tCPython 3.9.2, optimised\tit is too old")
    found = chosen(tmp_path, "python3.9")
    assert found.returncode == 1
    assert found.stdout == ""
    for words in ("CPython 3.9.2, optimised: it is too old", "apt-get install", "make PYTHON="):
        assert words in found.stderr


def test_this_interpreter_is_promised() -> None:
    probe = ROOT / "services" / "creditbus" / "runtime" / "interpreter.py"
    told = subprocess.run(
        [sys.executable, "-I", probe], capture_output=True, text=True, check=True
    ).stdout
    _, release, described, why_not = told.rstrip("\n").split("\t")
    assert release == "".join(f"{part:03d}" for part in sys.version_info[1:3])
    assert described.startswith("CPython ")
    assert why_not == ""
