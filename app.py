"""Daybook: composition only. The handlers live in `chalicelib/entrypoints/`."""

from chalice import Chalice

from chalicelib.entrypoints.api import api
from chalicelib.entrypoints.console import admin, backfill, console
from chalicelib.entrypoints.http import refuse_undeclared
from chalicelib.entrypoints.schedule import nightly, planner, schedule, sweep
from chalicelib.entrypoints.web import web
from chalicelib.entrypoints.worker import backfill_worker, sync_worker, work

__all__ = ["admin", "app", "backfill", "backfill_worker", "nightly", "planner", "sweep", "sync_worker"]

app = Chalice(app_name="daybook")
for blueprint in (api, web, schedule, work, console):
    app.register_blueprint(blueprint)
refuse_undeclared(app)
