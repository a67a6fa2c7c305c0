"""A pairing under way: what the state of an OAuth round trip stands for."""

import msgspec


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """`session`, `workspace` and `kind` have to be the same at the end; `until` is in epoch seconds."""

    session: str
    workspace: str
    kind: str
    shop: str
    until: int
