"""Where test clients may go: to the servers on this machine that a test has begun, and nowhere else."""

from chalicelib.channels.reach import Reach, origin_of


def reach_to(*urls: str) -> Reach:
    """The origins of these addresses, plain and at home as they are."""
    return Reach(origins=tuple(origin_of(url.replace("{shop}", "shop")) for url in urls))
