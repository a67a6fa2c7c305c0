"""Sends again whatever is wanted, once: the queues of one machine forget when they are started, the agenda does not.

The launcher runs it beside fresh queues with DAYBOOK_RESEND_S=0, so that no message counts as under way.
"""

from __future__ import annotations

from chalicelib import bootstrap


def main() -> None:
    system = bootstrap.system()
    system.plan.plan(range(system.settings.agenda_partitions))


if __name__ == "__main__":
    main()
