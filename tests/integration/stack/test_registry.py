"""Everybody reads the registry and the bus alone writes; what others keep there stops nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import httpx
import pytest

from creditbus.runtime.registry import Registry
from creditbus.sdk.publisher import NotPublished, Publisher
from creditbus.stack.local import LocalStack
from creditbus.stack.registry import read_registered
from creditbus.wire.schemas import load_schemas
from tests.examples import SCHEMA_FOLDER

FOREIGN: Final = '{"type":"record","name":"Foreign","fields":[]}'
PROTOBUF: Final = 'syntax = "proto3"; message Foreign { string x = 1; }'


@pytest.fixture
def anybody(stack: LocalStack) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=stack.file.registry_url, timeout=10) as client:
        yield client


@pytest.fixture
def bus(stack: LocalStack) -> Iterator[httpx.Client]:
    login = ("bus", stack.file.secrets["registry"])
    with httpx.Client(base_url=stack.file.registry_url, timeout=10, auth=login) as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("POST", "/subjects/mine/versions", {"schema": FOREIGN}),
        ("POST", "/subjects/entry_listed/versions", {"schema": FOREIGN}),
        ("POST", "/subjects/a%2Fb/versions", {"schema": FOREIGN}),
        ("DELETE", "/subjects/foreign", None),
        ("DELETE", "/subjects/foreign/versions/1", None),
        ("PUT", "/config/foreign", {"compatibility": "NONE"}),
        ("PUT", "/config", {"compatibility": "NONE"}),
        ("PUT", "/mode", {"mode": "READONLY"}),
        ("POST", "/apis/registry/v3/groups", {"groupId": "mine"}),
        ("POST", "/apis/registry/v3/admin/rules", {"ruleType": "VALIDITY", "config": "FULL"}),
        ("GET", "/apis/registry/v3/admin/export", None),
    ],
)
@pytest.mark.parametrize("auth", [None, ("bus", "wrong"), ("court", "court")])
def test_nobody_but_the_bus_writes(
    bus: httpx.Client,
    anybody: httpx.Client,
    auth: tuple[str, str] | None,
    method: str,
    path: str,
    content: Any,
) -> None:
    assert bus.post("/subjects/foreign/versions", json={"schema": FOREIGN}).is_success
    before = anybody.get("/subjects").json()
    place = anybody.base_url.join(path) if path.startswith("/apis") else path
    answer = anybody.request(method, place, json=content, auth=auth)
    assert answer.status_code == 401, answer.text
    assert anybody.get("/subjects").json() == before


def test_everybody_reads_and_looks_up(bus: httpx.Client, anybody: httpx.Client) -> None:
    number = bus.post("/subjects/foreign/versions", json={"schema": FOREIGN}).json()["id"]
    assert anybody.get(f"/schemas/ids/{number}").is_success
    assert anybody.get("/subjects/foreign/versions/latest").is_success
    assert anybody.post("/subjects/foreign", json={"schema": FOREIGN}).is_success
    path = "/compatibility/subjects/foreign/versions/latest"
    assert anybody.post(path, json={"schema": FOREIGN}).is_success


def test_what_others_keep_there_is_not_ours(stack: LocalStack, bus: httpx.Client) -> None:
    kept = {"schemaType": "PROTOBUF", "schema": PROTOBUF}
    assert bus.post("/subjects/proto/versions", json=kept).is_success
    for name in ("a/b", "名单", "a b?c#d"):
        path = f"/subjects/{quote(name, safe='')}/versions"
        assert bus.post(path, json={"schema": FOREIGN}).is_success
    names = {each.subject for each in read_registered(stack.file.registry_url)}
    assert names.isdisjoint({"proto", "a/b", "名单", "a b?c#d"})


def test_the_sdk_writes_what_it_was_made_for(stack: LocalStack) -> None:
    file = stack.file
    Registry(file.registry_url, file.registry_login).publish(load_schemas(SCHEMA_FOLDER))
    kafka, password = file.bootstrap, file.credentials["court"]
    with Publisher("court", kafka=kafka, registry=file.registry_url, password=password):
        pass
    empty = f"{file.registry_url}/nobody"
    with pytest.raises(NotPublished, match=r"does not (hold|answer)"):
        Publisher("court", kafka=kafka, registry=empty, password=password)
