"""Lines of a body as it arrives: packed or not, cut anywhere, and never more in memory than one."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from creditbus.runtime.http.problems import Unsupported
from creditbus.runtime.http.unpacked import LINE_BYTES, BodyBroken, TooLong, lines_of

PACK: dict[str, Callable[[bytes], bytes]] = {
    "identity": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
}


def read(chunks: Sequence[bytes], coding: str = "identity") -> list[bytes | str]:
    async def arriving() -> AsyncIterator[bytes]:
        for chunk in chunks:
            yield chunk

    async def whole() -> list[bytes | str]:
        found: list[bytes | str] = []
        lines = lines_of(arriving(), coding)
        try:
            while True:
                line = await anext(lines)
                found.append("too long" if isinstance(line, TooLong) else line)
        except StopAsyncIteration:
            pass
        except BodyBroken as broken:
            found.append(str(broken))
        return found

    return asyncio.run(whole())


@given(
    lines=st.lists(st.binary(max_size=50).map(lambda each: each.replace(b"\n", b"")), max_size=20),
    size=st.integers(1, 400),
    coding=st.sampled_from(sorted(PACK)),
)
def test_wherever_a_body_is_cut_its_lines_are_the_same(
    lines: list[bytes], size: int, coding: str
) -> None:
    body = PACK[coding](b"".join(each + b"\n" for each in lines))
    assert read([body[at : at + size] for at in range(0, len(body), size)], coding) == lines


def test_the_last_line_needs_no_end() -> None:
    assert read([b"a\nb"]) == [b"a", b"b"]


@pytest.mark.parametrize("coding", sorted(PACK))
def test_a_line_without_end_is_passed_over_and_told(coding: str) -> None:
    body = PACK[coding](b"a\n" + b"x" * (40 * LINE_BYTES) + b"\nb\n")
    chunks = [body[at : at + 60_000] for at in range(0, len(body), 60_000)]
    tracemalloc.start()
    try:
        assert read(chunks, coding) == [b"a", "too long", b"b"]
        assert tracemalloc.get_traced_memory()[1] < 2**25
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("coding", ["gzip", "zstd"])
def test_half_a_packed_body_is_told_when_it_ends(coding: str) -> None:
    lines = [f"{number:x}".encode() * 7 for number in range(50_000)]
    whole = PACK[coding](b"".join(each + b"\n" for each in lines))
    *found, why = read([whole[: len(whole) // 2]], coding)
    assert "ends early" in str(why)
    assert found == lines[: len(found)]
    *_, garbage = read([b"no packed body at all"], coding)
    assert "from here on" in str(garbage)
    assert read([whole, whole], coding) == [*lines, *lines]


def test_a_member_may_be_filled_up_and_a_coding_have_its_old_name_or_none() -> None:
    packed = gzip.compress(b"a\n")
    assert read([packed + bytes(400), bytes(200)], "x-gzip") == [b"a"]
    assert read([packed + bytes(40) + packed], "gzip") == [b"a", b"a"]
    assert read([b"a\n"], "") == [b"a"]


def test_a_window_beyond_bounds_is_told_with_what_to_do() -> None:
    parameters = zstandard.ZstdCompressionParameters(window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    (why,) = read([packer.compress(b"a\n" * 300) + packer.flush()], "zstd")
    assert "window of at most 8 MB" in str(why)


def test_another_coding_is_not_read() -> None:
    with pytest.raises(Unsupported, match="send gzip or zstd"):
        read([b""], "br")
