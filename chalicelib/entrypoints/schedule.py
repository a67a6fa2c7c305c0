"""The schedules and the planner: the night at 05:45 UTC, a sweep every few minutes, both shared out over a queue."""

import time
from functools import partial

import msgspec
from chalice import Blueprint
from chalice.app import CloudWatchEvent, Cron, Rate, SQSEvent

from chalicelib import bootstrap
from chalicelib.entrypoints.log import log
from chalicelib.queues import PlanMessage

schedule = Blueprint(__name__)

PLANNING_S = 200

_decode = msgspec.json.Decoder(PlanMessage).decode


@schedule.schedule(Cron(45, 5, "*", "*", "?", "*"), name="nightly")
def nightly(event: CloudWatchEvent) -> None:
    """The main run."""
    _share_out("nightly")


@schedule.schedule(Rate(5, unit=Rate.MINUTES), name="sweep")
def sweep(event: CloudWatchEvent) -> None:
    """What became due since, and what was lost."""
    _share_out("sweep")


def _share_out(name: str) -> None:
    system = bootstrap.system()
    shares = system.plan.shares(system.settings.plan_messages)
    failed = system.queues.send_plans(shares)
    if failed or name == "nightly":
        log(f"{name}: planning shared out", level="error" if failed else "info", messages=len(shares), left=failed)


@schedule.on_sqs_message(queue_arn="arn:aws:sqs:us-east-1:000000000000:daybook-plan", name="planner", batch_size=1)
def planner(event: SQSEvent) -> None:
    """Plan a share of the agenda; what there is no time for goes on in a message of its own."""
    for record in event:
        try:
            message = _decode(record.body)
        except msgspec.DecodeError:
            log("A message that is no message was set aside.", level="warning", queue="plan")
            continue
        system = bootstrap.system()
        until = time.monotonic() + PLANNING_S
        planned = system.plan.plan(message.partitions, out_of_time=partial(_is_past, until))
        if planned.late_s or planned.stuck:
            log("planned", late_s=planned.late_s, stuck=planned.stuck)
        if planned.left:
            failed = system.queues.send_plans([planned.left])
            log("planning goes on", partitions=len(planned.left), left=failed)


def _is_past(until: float) -> bool:
    return time.monotonic() > until
