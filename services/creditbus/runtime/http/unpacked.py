"""Unpacked: the lines of a body while it arrives, packed by gzip or zstd or not at all.

Whatever a few bytes may unpack to, no more than a piece of it is ever held: a line without end is
passed over to its end, and told; half a packed body is told when it ends.
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Final, Protocol

import zstandard

from creditbus.runtime.http.problems import Unsupported

LINE_BYTES: Final = 256 * 1024
UNPACKED_BYTES: Final = 2 * 2**30
"""How much one body may unpack to, so that none keeps a server at work for ever."""

_PIECE: Final = 2**18
_ZSTD_SLICE: Final = 256
"""Of zstd a few bytes may be megabytes: so few are unpacked at once."""

_WINDOW_BYTES: Final = 8 * 2**20


class BodyBroken(ValueError):
    """The body cannot be read further; the sentence says why and what to do."""


class TooLong(Exception):
    """Stands in place of a line that is longer than a record may be."""


class Unpacking(Protocol):
    """Gives what arrives unpacked, a piece at a time."""

    def __call__(self, data: bytes) -> Iterator[bytes]:
        """Yield what more data unpack to; empty data end the body."""
        ...


def lines_of(chunks: AsyncIterator[bytes], coding: str) -> AsyncIterator[bytes | TooLong]:
    """Return each line of a body, without its end; raises ``Unsupported``, later ``BodyBroken``."""
    return _lines(chunks, unpacking(coding))


async def _lines(chunks: AsyncIterator[bytes], unpack: Unpacking) -> AsyncIterator[bytes | TooLong]:
    held, is_long, size = bytearray(), False, 0
    async for pieces in _unpacked(chunks, unpack):
        size += len(pieces)
        if size > UNPACKED_BYTES:
            raise BodyBroken(f"the body unpacks to more than {UNPACKED_BYTES // 2**20} MB")
        *whole, rest = pieces.split(b"\n")
        for part in whole:
            yield TooLong() if is_long or len(held) + len(part) > LINE_BYTES else bytes(held + part)
            held.clear()
            is_long = False
        held += rest
        if len(held) > LINE_BYTES:
            held.clear()
            is_long = True
    if held or is_long:
        yield TooLong() if is_long else bytes(held)


def unpacking(coding: str) -> Unpacking:
    """Return what unpacks a content coding; raises ``Unsupported`` for one that is not known."""
    known: dict[str, Callable[[], Unpacking]] = {
        "": lambda: _plain,
        "identity": lambda: _plain,
        "gzip": _Gzip,
        # By its old name (RFC 9110, 8.4.1.3).
        "x-gzip": _Gzip,
        "zstd": _Zstd,
    }
    if coding not in known:
        raise Unsupported(f"the body is said to be packed by {coding[:100]}: send gzip or zstd")
    return known[coding]()


async def _unpacked(chunks: AsyncIterator[bytes], unpack: Unpacking) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        if chunk:
            for piece in unpack(chunk):
                yield piece
    for piece in unpack(b""):
        yield piece


def _plain(data: bytes) -> Iterator[bytes]:
    yield data


class _Gzip:
    """Members of gzip, one after the other."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(31)
        self._is_begun = False

    def __call__(self, data: bytes) -> Iterator[bytes]:
        if not data:
            if self._is_begun and not self._member.eof:
                raise BodyBroken("the gzip ends early: send the rest again")
            return
        while data:
            if self._member.eof:
                # What blocks of a medium are filled up with belongs to no member.
                data = data.lstrip(b"\x00")
                if not data:
                    return
                self._member = zlib.decompressobj(31)
            self._is_begun = True
            try:
                yield self._member.decompress(data, _PIECE)
            except zlib.error as broken:
                raise BodyBroken(
                    f"the body is no gzip from here on: {broken}; pack the rest again"
                ) from broken
            data = self._member.unconsumed_tail or self._member.unused_data


class _Zstd:
    """Frames of zstd, one after the other."""

    def __init__(self) -> None:
        self._frame = self._new()
        self._is_begun = False

    def __call__(self, data: bytes) -> Iterator[bytes]:
        if not data:
            if self._is_begun and not self._frame.eof:
                raise BodyBroken("the zstd ends early: send the rest again")
            return
        for start in range(0, len(data), _ZSTD_SLICE):
            part = data[start : start + _ZSTD_SLICE]
            while part:
                if self._frame.eof:
                    self._frame = self._new()
                self._is_begun = True
                try:
                    yield self._frame.decompress(part)
                except zstandard.ZstdError as broken:
                    raise BodyBroken(
                        f"the body is no zstd from here on: {broken}; pack it with a window of at "
                        f"most {_WINDOW_BYTES // 2**20} MB (without --long and --ultra)"
                    ) from broken
                part = self._frame.unused_data

    @staticmethod
    def _new() -> zstandard.ZstdDecompressionObj:
        return zstandard.ZstdDecompressor(max_window_size=_WINDOW_BYTES).decompressobj()
