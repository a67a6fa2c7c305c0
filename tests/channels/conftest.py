"""Fixtures for channel tests: a scripted shop on a real socket."""

from tests.support.shop import shop

__all__ = ["shop"]
