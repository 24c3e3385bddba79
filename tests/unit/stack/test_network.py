"""Tests that promise to need no network cannot reach one; here that promise is tried."""

from __future__ import annotations

import socket

import pytest
import redis


def test_connection_is_refused() -> None:
    with pytest.raises(AssertionError, match="may not open a connection"):
        socket.create_connection(("127.0.0.1", 9), 1)


def test_redis_client_is_refused() -> None:
    with pytest.raises(AssertionError, match="may not open a connection"):
        redis.Redis(port=9).ping()
