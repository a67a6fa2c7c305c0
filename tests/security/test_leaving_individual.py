"""S4, S16: leaving individual sales erases who bought, which is for an owner who has signed in lately."""

import datetime

import pytest

from chalicelib.storage.table import Table
from tests.support.memory import MemoryEngine
from tests.support.site import json_at, open_site

SETTINGS = {"summary": "store", "time_zone": "America/New_York", "counting": "channel", "interval_min": 1440}


@pytest.mark.parametrize(
    ("role", "hours", "status"), [("owner", 0, 200), ("owner", 1, 403), ("member", 0, 403), ("write key", 0, 403)]
)
def test_s4_s16_it_takes_an_owner_who_has_just_signed_in(role: str, hours: int, status: int) -> None:
    with open_site(Table(MemoryEngine())) as site:
        owner = site.merchant()
        connection = site.daybook.switch(site.daybook.pair_shop(owner.workspace), "individual")
        who, headers = (site.joined(owner, "books@x.example", "member") if role == "member" else owner), {}
        if role == "write key":
            key = json_at(owner.post("/v1/keys", {"name": "books", "scope": "write"}), 201)["key"]
            who, headers = site.visitor(), {"Authorization": f"Bearer {key}"}
        site.daybook.clock += datetime.timedelta(hours=hours)
        path = f"/v1/connections/{connection.id}/settings"

        def save(**changed: object) -> tuple[int, dict[str, object]]:
            tag = who.ask("GET", path, None, headers).headers["ETag"]
            saved = who.ask("PUT", path, SETTINGS | changed, {"If-Match": tag, **headers})
            return saved.status_code, saved.json_body

        assert save(summary="individual", interval_min=60)[0] == 200  # what erases nothing is as before
        answered, told = save()
        assert answered == status
        assert ("password" in told.get("fields", {})) == (role == "owner" and status == 403)
        kept = json_at(who.ask("GET", path, None, headers))["summary"]
        assert kept == ("store" if status == 200 else "individual")
