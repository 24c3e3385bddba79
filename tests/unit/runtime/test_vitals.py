"""What a process says of itself: its build, the disk's room, and its state's size."""

from __future__ import annotations

import platform
from pathlib import Path

from creditbus.runtime.metrics import Meters
from creditbus.runtime.vitals import Vitals


def value(meters: Meters, name: str) -> float:
    found = meters.registry.get_sample_value(f"creditbus_{name}")
    assert found is not None
    return found


def test_the_disk_is_that_of_the_state_even_before_its_folder_is_there(tmp_path: Path) -> None:
    meters = Meters()
    Vitals(meters, tmp_path / "state" / "listing-0").measure()
    assert 0 < value(meters, "disk_free_bytes") <= value(meters, "disk_size_bytes")
    assert value(meters, "state_bytes") == 0


def test_the_state_is_as_large_as_its_files(tmp_path: Path) -> None:
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "a.sst").write_bytes(b"x" * 1000)
    (tmp_path / "mode").write_bytes(b"x" * 24)
    meters = Meters()
    Vitals(meters, tmp_path).measure()
    assert value(meters, "state_bytes") == 1024


def test_the_size_is_not_taken_again_at_every_look(tmp_path: Path) -> None:
    meters = Meters()
    vitals = Vitals(meters, tmp_path)
    vitals.measure()
    (tmp_path / "a.sst").write_bytes(b"x" * 1000)
    vitals.measure()
    assert value(meters, "state_bytes") == 0


def test_the_build_is_told_with_its_interpreter(tmp_path: Path) -> None:
    meters = Meters()
    Vitals(meters, tmp_path)
    [family] = [each for each in meters.registry.collect() if each.name == "creditbus_build_info"]
    [sample] = family.samples
    assert sample.value == 1
    assert sample.labels["python"] == platform.python_version()
    assert sample.labels["version"]
