"""Fixtures for tests of the one-machine launcher."""

from tests.local.launcher import launch

__all__ = ["launch"]
