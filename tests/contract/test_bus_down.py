"""A bus that is down: who is to change or to read it is told at once, and changes nothing."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from creditbus.audit.app import TopicReader
from creditbus.runtime.outages import Unavailable
from creditbus.runtime.process import Process
from creditbus.runtime.settings import Settings
from creditbus.stack.deployment import make_secrets
from creditbus.stack.errors import NotReady
from creditbus.stack.folder import Folder, StackFile
from creditbus.stack.inboxes import widen_inbox
from creditbus.stack.provision import BOUND_S
from creditbus.stack.rotations import Rotations, SecretKind
from creditbus.stack.sockets import listens
from tests.examples import a_catalogue

NOBODY = "127.0.0.1:1"


def test_one_of_several_brokers_is_enough() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert listens(f"{NOBODY}, 127.0.0.1:{taken.getsockname()[1]}")
    assert not listens(NOBODY)


def test_who_is_to_change_or_read_a_bus_that_is_down_is_told_at_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "run")
    make_secrets(folder.path, a_catalogue(), "valkey:6379")
    file = StackFile.load(folder.stack_file)
    file.bootstrap, file.ca = NOBODY, None
    file.save(folder.stack_file)
    password = file.credentials["court"]
    began = time.monotonic()

    with pytest.raises(NotReady, match="creditbus up"):
        widen_inbox(file, "court", 2)
    with pytest.raises(NotReady, match="creditbus up"):
        Rotations(folder).rotate(SecretKind.LOGIN, "court")
    with pytest.raises(Unavailable, match="nobody listens"):
        TopicReader(Process("audit", 0, Settings(kafka=NOBODY)))

    assert time.monotonic() - began < BOUND_S / 2
    assert StackFile.load(folder.stack_file).credentials["court"] == password
