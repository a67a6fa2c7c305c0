"""Daybook on one machine: both engines, the web server, the workers, the schedules and a sandbox shop, started together.

`python -m infra.local` is what `make run` calls. The application code is the same as on AWS; only the addresses in its
environment differ. Everything listens on 127.0.0.1.
"""
