"""Routes that show what a sync would bring, before it is begun."""

from datetime import date

from chalicelib import bootstrap, errors
from chalicelib.domain.accounts import SignedIn
from chalicelib.domain.ranges import Range
from chalicelib.entrypoints import show, wire, wire_syncs
from chalicelib.entrypoints.http import Role, api, may
from chalicelib.workflows.read_ranges import Ranges, Sample

LABELS: dict[wire.Preset, str] = {
    "current_week": "Current week",
    "current_month": "Current month",
    "last_month": "Last month",
    "last_quarter": "Last quarter",
}


@api.route("/v1/connections/{connection}/ranges", methods=["GET"])
@may(Role.VIEWER)
def ranges(who: SignedIn, connection: str) -> wire_syncs.RangesOut:
    """The presets as the days they mean today, where the shop is."""
    system = bootstrap.system()
    return _ranges(system.read_ranges.ranges(system.read_connections.paired(who.workspace, connection)))


@api.route("/v1/connections/{connection}/preview", methods=["GET"])
@may(Role.VIEWER)
def preview(who: SignedIn, connection: str, query: wire_syncs.PreviewQuery) -> wire_syncs.PreviewOut:
    """What a sync of a range would bring, and a sale as it stands there."""
    system = bootstrap.system()
    paired = system.read_connections.paired(who.workspace, connection)
    asked = range_of(query.from_, query.to)
    found = system.read_ranges.preview(paired, asked, query.summary) if asked else None
    sample = system.read_ranges.sample(paired)
    return wire_syncs.PreviewOut(
        days=found.days if found else 0,
        known_days=found.known_days if found else 0,
        sales=found.sales if found else 0,
        sentence=found.sentence if found else "",
        note=found.note if found else "",
        batches=tuple(map(show.batch, found.batches)) if found else (),
        sample=_sample(sample) if sample else None,
    )


def range_of(first: date | None, last: date | None) -> Range | None:
    """The range that two fields of an input name, None if they are left out. Raises RequestError if one of them is."""
    if first is None and last is None:
        return None
    if first is None or last is None:
        missing = "from" if first is None else "to"
        raise errors.RequestError("The range has one end only.", {missing: "Choose a day."})
    return Range(first, last)


def _ranges(given: Ranges) -> wire_syncs.RangesOut:
    items = tuple(
        wire_syncs.RangeOut(preset=preset, label=LABELS[preset], from_=each.first, to=each.last)
        for preset, each in given.presets.items()
    )
    return wire_syncs.RangesOut(today=given.today, first_day=given.first_day, items=items)


def _sample(given: Sample) -> wire_syncs.SampleOut:
    return wire_syncs.SampleOut(
        sale_id=given.sale_id,
        day=given.day,
        orders=given.orders,
        skus=given.skus,
        quantity=given.quantity_milli / 1_000,
        currency=given.currency,
        net=given.net,
        lines=tuple(
            wire_syncs.SampleLineOut(sku=line.sku, title=line.title, quantity=line.quantity_milli / 1_000, net=line.net)
            for line in given.lines
        ),
        numbers=given.numbers,
    )
