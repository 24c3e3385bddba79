"""What the benches' inputs are made from: the project's own catalogue and schemas."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditbus.domain.law.catalogue import Catalogue
from creditbus.runtime.law.catalogue import load_catalogue
from creditbus.wire.records import Codec
from creditbus.wire.schemas import load_schemas


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(Path("deploy/catalogue"))


@pytest.fixture(scope="module")
def codec() -> Codec:
    schemas = load_schemas(Path("schemas/avro"))
    ids = {key: number for number, key in enumerate(sorted(schemas.versions), start=1)}
    return Codec(schemas, ids, lambda _number: None)
