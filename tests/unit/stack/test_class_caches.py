"""Which flags Java gets of a cache of classes."""

from __future__ import annotations

from pathlib import Path

from creditbus.stack.class_caches import ClassCache, folder_of


def test_without_a_cache_java_is_told_nothing(tmp_path: Path) -> None:
    cache = ClassCache(tmp_path / "kafka.aot")
    assert cache.flags() == []
    assert not cache.is_there
    assert not cache.shapes_start


def test_a_cache_that_is_there_is_used_and_one_that_is_made_is_named(tmp_path: Path) -> None:
    file = tmp_path / "kafka.aot"
    assert ClassCache(file, recording=True).flags() == [f"-XX:AOTCacheOutput={file}"]
    assert ClassCache(file, recording=True).shapes_start
    file.touch()
    assert f"-XX:AOTCache={file}" in ClassCache(file).flags()
    assert ClassCache(file).shapes_start


def test_other_programs_have_other_caches(tmp_path: Path) -> None:
    one = folder_of(tmp_path, (Path("kafka-1"), Path("registry-1")))
    assert one == folder_of(tmp_path, (Path("kafka-1"), Path("registry-1")))
    assert one != folder_of(tmp_path, (Path("kafka-2"), Path("registry-1")))
