"""Builders of orders for tests: one plain order, and hypothesis strategies for any."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from chalicelib.domain.orders import Amounts, Event, Order, OrderLine, Tender

NOON = datetime(2026, 7, 3, 16, tzinfo=UTC)


def line(sku: str | None = "A", quantity: int = 1, gross: int = 5000, discount: int = 0, tax: int = 0) -> OrderLine:
    return OrderLine(sku, "v1" if sku is None else f"v-{sku}", f"Title of {sku}", quantity * 1000, gross, discount, tax)


def order(
    number: int = 1,
    *lines: OrderLine,
    events: tuple[Event, ...] = (),
    placed_at: datetime = NOON,
    excluded: str | None = None,
    currency: str = "USD",
    store: str = "",
    shipping: int = 0,
    tax: int | None = None,
    status: str = "paid",
    region: str = "",
) -> Order:
    """An order whose amounts are those of its lines, with shipping, and with more tax than the lines' if told so."""
    lines = lines or (line(),)
    amounts = Amounts(
        gross=sum(item.gross for item in lines),
        discount=sum(item.discount for item in lines),
        shipping=shipping,
        tax=sum(item.tax for item in lines) if tax is None else tax,
    )
    return Order(
        id=str(number),
        number=f"#{1000 + number}",
        store=store,
        currency=currency,
        placed_at=placed_at,
        created_at=placed_at,
        status=status,
        excluded=excluded,
        amounts=amounts,
        lines=lines,
        events=events,
        tenders=(Tender("card", amounts.total),),
        region=region,
    )


def refund(at: datetime, *lines: OrderLine, shipping: int = 0, tax: int | None = None, unallocated: int = 0) -> Event:
    """Lines come back: amounts are the negative of theirs."""
    back = tuple(
        OrderLine(item.sku, item.item, item.title, -item.quantity_milli, -item.gross, -item.discount, -item.tax)
        for item in lines
    )
    amounts = Amounts(
        gross=sum(item.gross for item in back),
        discount=sum(item.discount for item in back),
        shipping=-shipping,
        tax=sum(item.tax for item in back) if tax is None else -tax,
        unallocated=-unallocated,
    )
    return Event(f"r{at.timestamp():.0f}", at, "refund", amounts, back)


_amount = st.integers(-(10**9), 10**9)
_instants = st.datetimes(datetime(2024, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
_text = st.text(max_size=12)
_lines = st.builds(
    OrderLine,
    st.none() | st.sampled_from(["A", "B", "ß-1", "a"]),
    _text,
    _text,
    st.integers(-5000, 5000),
    _amount,
    _amount,
    _amount,
)
_amounts = st.builds(Amounts, *[_amount] * 10)
_events = st.builds(
    Event,
    st.uuids().map(str),
    _instants,
    st.sampled_from(["refund", "edit"]),
    _amounts,
    st.lists(_lines, max_size=3).map(tuple),
    st.booleans(),
)


def orders() -> st.SearchStrategy[list[Order]]:
    """Any day's orders, unique by id; ids and numbers of every kind of text."""
    ids = st.one_of(st.integers(0, 10**13).map(str), st.text(min_size=1, max_size=8), st.just("007"))
    one = st.builds(
        Order,
        id=ids,
        number=st.one_of(st.integers(0, 10**6).map("#{}".format), _text, st.integers(0, 99).map("{}-B".format)),
        store=st.sampled_from(["", "2"]),
        currency=st.sampled_from(["USD", "JPY"]),
        placed_at=_instants,
        created_at=_instants,
        status=st.sampled_from(["paid", "pending"]),
        excluded=st.none() | st.just("test"),
        amounts=_amounts,
        lines=st.lists(_lines, max_size=4).map(tuple),
        events=st.lists(_events, max_size=2).map(tuple),
        tenders=st.lists(st.builds(Tender, st.sampled_from(["card", "gift_card"]), _amount), max_size=2).map(tuple),
        flags=st.lists(st.sampled_from(["unexplained", "rounding", "total_zero"]), unique=True).map(tuple),
        region=st.sampled_from(["", "US-NY", "US", "DE"]),
    )
    return st.lists(one, max_size=12, unique_by=lambda order: order.id)


def later(days: int) -> datetime:
    return NOON + timedelta(days=days)
