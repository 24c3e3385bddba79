"""Gives each test of hosting a stage of the engine's tests."""

from __future__ import annotations

from tests.integration.engine.conftest import connection, make_stage, stage

__all__ = ["connection", "make_stage", "stage"]
