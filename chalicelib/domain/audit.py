"""Who changed which setting, when, from what to what."""

from datetime import datetime

import msgspec


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change. `about` says of what ("workspace", "connection <id>"), `before` and `after` hold the fields that changed.

    `id` is its place in time and a name of its own: written twice it is one row.
    """

    id: str
    at: datetime
    actor: str
    about: str
    before: dict[str, str]
    after: dict[str, str]


def changed_fields(before: msgspec.Struct, after: msgspec.Struct) -> tuple[dict[str, str], dict[str, str]]:
    """The fields that differ, as JSON text, before and after; a version is no setting and left out."""
    names = [
        name for name in before.__struct_fields__ if name != "version" and getattr(before, name) != getattr(after, name)
    ]
    old, new = ({name: msgspec.json.encode(getattr(each, name)).decode() for name in names} for each in (before, after))
    return old, new
