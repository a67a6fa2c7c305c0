"""Benchmarks: `make bench` prints what this machine measured, in one run, beside the goals. They are reports, not tests."""
