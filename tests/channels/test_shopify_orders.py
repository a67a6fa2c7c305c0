"""What Shopify's orders come to: the vectors of the rules for sums, published payloads, and what must hold for any order."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib import errors
from chalicelib.domain.orders import Amounts, Tender
from tests.channels.rest import ledger_of, node_of
from tests.support.shopify import AT, agreement, bag, connection, ledger, line, order, parsed, sale, shipping, taxes

DATA = Path(__file__).parent / "data"
NEXT_DAY = "2026-07-04T15:00:00Z"


def changed(order_) -> Amounts:
    return sum((event.amounts for event in order_.events), Amounts())


# --- vectors


def test_vector_1_prices_that_include_tax():
    lines = [line("A", "120.00", allocations=["10.00"], tax=["18.33"])]
    shipped = connection([shipping("6.00", "1.00")])
    found = parsed(
        order("116.00", lines, taxesIncluded=True, currencyCode="EUR", totalTaxSet=bag("19.33"), shippingLines=shipped)
    )
    assert found.amounts == Amounts(gross=10000, discount=833, shipping=500, tax=1933)
    assert found.amounts.total == 11600
    assert found.flags == ()


def test_vector_2_a_gift_card_sold_is_no_unit_and_a_gift_card_redeemed_is_tender():
    moves = [
        {"kind": "SALE", "status": "SUCCESS", "gateway": gateway, "amountSet": bag(amount)}
        for gateway, amount in (("gift_card", "30.00"), ("card", "42.00"))
    ]
    lines = [line(None, "50.00", gift_card=True), line("A", "20.00", tax=["2.00"])]
    found = parsed(order("72.00", lines, totalTaxSet=bag("2.00"), transactions=moves))
    assert found.amounts == Amounts(gross=2000, tax=200, gift_cards_sold=5000)
    assert found.amounts.total == 7200
    assert sum(each.quantity_milli for each in found.lines) == 1000
    assert found.tenders == (Tender("card", 4200), Tender("gift_card", 3000))


def test_vector_5_a_refund_without_items():
    node = order("50.00", [line("A", "50.00")], refunds=[{"id": "r"}])
    placed = agreement(1, "ORDER", sale("PRODUCT", "50.00", quantity=1))
    back = agreement(2, "REFUND", sale("ADJUSTMENT", "-15.00"), at=NEXT_DAY)
    (event,) = parsed(node, ledger("50.00", placed, back)).events
    assert (event.cause, event.lines, event.amounts) == ("refund", (), Amounts(unallocated=-1500))
    assert (event.amounts.net, event.amounts.total) == (0, -1500)


def test_vector_6_a_return_with_shipping_and_a_restocking_fee():
    rows = [
        sale("PRODUCT", "-29.70", "-2.70", "-3.00", quantity=-1, sku="B"),
        sale("SHIPPING", "-8.80", "-0.80"),
        sale("FEE", "5.00"),
    ]
    placed = agreement(
        1, "ORDER", sale("PRODUCT", "29.70", "2.70", "3.00", quantity=1, sku="B"), sale("SHIPPING", "8.80", "0.80")
    )
    node = order("38.50", [line("B", "30.00")], refunds=[{"id": "r"}])
    found = parsed(node, ledger("38.50", placed, agreement(2, "RETURN", *rows, at=NEXT_DAY)))
    (event,) = found.events
    assert event.amounts == Amounts(gross=-3000, discount=-300, shipping=-800, tax=-350, fees=500)
    assert event.amounts.total == -3350
    assert event.lines[0].quantity_milli == -1000
    assert found.amounts.total == 3850
    assert found.flags == ()


def test_vector_7_an_exchange_leaves_the_sale_as_it_was():
    placed = agreement(1, "ORDER", sale("PRODUCT", "50.00", quantity=1, sku="A"))
    swap = agreement(
        2,
        "ORDER_EDIT",
        sale("PRODUCT", "-50.00", quantity=-1, sku="A"),
        sale("PRODUCT", "70.00", quantity=1, sku="C"),
        at=NEXT_DAY,
    )
    found = parsed(order("70.00", [line("C", "70.00")], edited=True), ledger("50.00", placed, swap))
    assert found.amounts == Amounts(gross=5000)
    (event,) = found.events
    assert [(each.sku, each.quantity_milli) for each in event.lines] == [("A", -1000), ("C", 1000)]
    assert (event.cause, event.amounts.net, event.amounts.total) == ("edit", 2000, 2000)


def test_vector_8_a_currency_without_decimals():
    lines = [line("A", "1000.0", tax=["91"])]
    found = parsed(order("1000.0", lines, currencyCode="JPY", taxesIncluded=True, totalTaxSet=bag("91")))
    assert found.amounts == Amounts(gross=909, tax=91)
    assert found.amounts.total == 1000


CANCELLED = [
    # (placed, cancelled, unpaid, refund, excluded, what is taken back), New York
    ("2026-07-04T03:50:00Z", "2026-07-04T04:10:00Z", True, False, None, -5000),
    ("2026-07-03T14:00:00Z", "2026-07-03T15:00:00Z", True, False, "cancelled_unpaid", 0),
    ("2026-07-03T14:00:00Z", "2026-07-04T15:00:00Z", False, True, None, -5000),
]


@pytest.mark.parametrize(("placed_at", "cancelled_at", "unpaid", "refunded", "why", "back"), CANCELLED)
@pytest.mark.parametrize("status", ["VOIDED", "PENDING"])
def test_vector_10_cancelled_orders(placed_at, cancelled_at, unpaid, refunded, why, back, status):
    node = order(
        "50.00",
        [line("A", "50.00")],
        processedAt=placed_at,
        cancelledAt=cancelled_at,
        unpaid=unpaid,
        displayFinancialStatus=status if unpaid else "REFUNDED",
    )
    rows = [agreement(1, "ORDER", sale("PRODUCT", "50.00", quantity=1), at=placed_at)]
    if refunded:
        rows.append(agreement(2, "REFUND", sale("PRODUCT", "-50.00", quantity=-1), at=cancelled_at))
    found = parsed(node, ledger("50.00", *rows) if why is None else None)
    assert found.excluded == why
    assert found.amounts == Amounts(gross=5000)
    assert len(found.events) == (1 if back else 0)
    assert changed(found).total == back
    assert sum(each.quantity_milli for event in found.events for each in event.lines) == (-1000 if back else 0)


# --- published payloads


def published(name: str):
    content = json.loads((DATA / f"{name}.json").read_text())
    rest = content["orders"][0] if "orders" in content else content["order"]
    events = ledger_of(rest) if rest["refunds"] or rest["cancelled_at"] else None
    return rest, parsed(node_of(rest), events)


@pytest.mark.parametrize("name", sorted(path.stem for path in DATA.glob("*.json")))
def test_published_payloads_come_to_what_they_state(name):
    rest, found = published(name)
    assert f"{found.amounts.total / 100:.2f}" == rest["total_price"]
    assert found.amounts.residual == 0
    assert found.flags == ()
    assert f"{found.amounts.discount / 100:.2f}" == rest["total_discounts"]
    assert f"{found.amounts.tax / 100:.2f}" == rest["total_tax"]
    assert sum(each.quantity_milli for each in found.lines) == 1000 * sum(
        each["quantity"] for each in rest["line_items"]
    )


def test_the_published_partial_refund_comes_to_the_published_rest():
    rest, found = published("rest_orders_list_partially_refunded")
    (event,) = found.events
    first = next(each for each in event.lines if each.sku == "IPOD2008BLACK")
    assert (first.gross, first.discount, first.tax) == (-19900, -334, -398)
    assert first.net + first.tax == -19964
    other = next(each for each in event.lines if each.sku == "IPOD2008GREEN")
    assert other.net + other.tax == -19965
    assert f"{(found.amounts + event.amounts).total / 100:.2f}" == rest["current_total_price"] == "199.65"


def test_a_cancelled_order_gives_back_what_its_refund_has_not():
    _, found = published("rest_order_cancelled_partially_refunded")
    assert [event.cause for event in found.events] == ["refund", "cancel"]
    assert (found.amounts + changed(found)) == Amounts()


# --- the rules, one by one


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"test": True}, "test"),
        ({"test": True, "refunds": [{"id": "r"}]}, "test"),
        ({"displayFinancialStatus": "VOIDED"}, "voided"),
        ({"displayFinancialStatus": "EXPIRED"}, "expired"),
        ({"displayFinancialStatus": None}, None),
        ({"displayFinancialStatus": "PENDING", "unpaid": True}, None),
        ({"displayFinancialStatus": "AUTHORIZED", "unpaid": True}, None),
    ],
)
def test_which_orders_count(fields, why):
    assert parsed(order("50.00", [line("A", "50.00")], **fields)).excluded == why


def test_a_free_line_with_tax_included_is_stripped_by_its_rate():
    lines = [line("A", "12.00", allocations=["12.00"], tax=["0.00"], rate=0.2)]
    found = parsed(order("0.00", lines, taxesIncluded=True))
    assert found.amounts == Amounts(gross=1000, discount=1000)
    assert found.flags == ("total_zero",)


@pytest.mark.parametrize(
    ("total", "flags"), [("20.02", ("rounding",)), ("20.03", ("unexplained",)), ("19.98", ("rounding",))]
)
def test_what_does_not_add_up_is_rounding_up_to_one_unit_an_amount_read(total, flags):
    found = parsed(order(total, [line("A", "20.00", tax=["0.00"])]))
    assert found.flags == flags
    assert found.amounts.residual == round((float(total) - 20) * 100)


def test_a_tip_is_neither_a_sale_nor_counted_twice():
    node = order("25.00", [line("A", "20.00"), line(None, "5.00", title="Tip")], totalTipReceivedSet=bag("5.00"))
    placed = agreement(1, "ORDER", sale("PRODUCT", "20.00", quantity=1), sale("TIP", "5.00", quantity=1))
    found = parsed(node, ledger("25.00", placed))
    assert found.amounts == Amounts(gross=2000, tips=500)
    assert [each.sku for each in found.lines] == ["A"]


def test_a_tip_without_a_line_of_its_own_is_taken_from_the_order():
    node = order("25.00", [line("A", "20.00")], totalTipReceivedSet=bag("5.0"))
    found = parsed(node, ledger("25.00", agreement(1, "ORDER", sale("PRODUCT", "20.00", quantity=1))))
    assert (found.amounts, found.flags) == (Amounts(gross=2000, tips=500), ())


def test_fees_and_duties_and_unknown_rows_have_their_places():
    rows = [
        sale("PRODUCT", "20.00", quantity=1),
        sale("ADDITIONAL_FEE", "1.00"),
        sale("DUTY", "3.00"),
        sale("GIFT_CARD", "10.00", quantity=1),
        sale("HOLOGRAM", "0.50"),
    ]
    node = order("34.50", [line("A", "20.00")], additionalFees=[{"id": "f"}])
    found = parsed(node, ledger("34.50", agreement(1, "ORDER", *rows)))
    assert found.amounts == Amounts(gross=2000, fees=150, duties=300, gift_cards_sold=1000)
    assert found.flags == ("unknown_line_type",)


@pytest.mark.parametrize(("included", "duties", "residual"), [(False, 300, 0), (True, 0, 300)])
def test_duties_are_skipped_where_prices_hold_them(included, duties, residual):
    node = order("23.00", [line("A", "20.00")], originalTotalDutiesSet=bag("3.00"), dutiesIncluded=included)
    found = parsed(node)
    assert (found.amounts.duties, found.amounts.residual) == (duties, residual)


def test_a_price_change_moves_money_and_no_goods():
    placed = agreement(1, "ORDER", sale("PRODUCT", "20.00", quantity=2))
    cut = agreement(2, "ORDER_EDIT", sale("PRODUCT", "-5.00", "0.00", "5.00", quantity=2, action="UPDATE"), at=NEXT_DAY)
    (event,) = parsed(order("15.00", [line("A", "20.00")], edited=True), ledger("20.00", placed, cut)).events
    assert event.amounts == Amounts(discount=500)
    assert event.lines[0].quantity_milli == 0


def test_an_order_without_its_own_agreement_is_kept_and_marked():
    node = order("20.00", [line("A", "20.00")], edited=True)
    found = parsed(node, ledger("20.00"))
    assert (found.amounts, found.flags) == (Amounts(gross=2000), ("unexplained",))


def test_skus_are_trimmed_and_blank_ones_are_none():
    found = parsed(order("4.00", [line(" A ", "1.00"), line("  ", "1.00"), line("", "1.00"), line(None, "1.00")]))
    assert [each.sku for each in found.lines] == [None, None, None, "A"]


def test_a_variant_tells_lines_without_sku_apart():
    found = parsed(order("1.00", [line(None, "1.00", variant="gid://shopify/ProductVariant/9007199254740995")]))
    assert found.lines[0].item == "9007199254740995"


def test_only_money_that_moved_is_tender():
    moves = [
        {"kind": kind, "status": status, "gateway": gateway, "amountSet": bag(amount)}
        for kind, status, gateway, amount in (
            ("AUTHORIZATION", "SUCCESS", "card", "9.00"),
            ("CAPTURE", "SUCCESS", "card", "5.00"),
            ("SALE", "FAILURE", "card", "1.00"),
            ("REFUND", "PENDING", "card", "3.00"),
            ("SALE", "SUCCESS", "cash", "10.00"),
            ("CHANGE", "SUCCESS", "cash", "4.00"),
            ("REFUND", "SUCCESS", "cash", "2.00"),
        )
    ]
    found = parsed(order("5.00", [line("A", "5.00")], transactions=moves))
    assert found.tenders == (Tender("card", 500), Tender("cash", 400))


@pytest.mark.parametrize("amount", ["", "abc", "1e99", "NaN", "Infinity", "--5.00", "1,00", "٣.00"])
def test_an_amount_that_is_none_is_named_and_not_repeated_as_a_zero(amount):
    with pytest.raises(errors.UnreadablePayload, match="order 1001"):
        parsed(order("5.00", [line("A", amount)]))


# --- what must hold for any order

MINOR = st.integers(0, 10**7)


def text(minor: int) -> str:
    return f"{'-' if minor < 0 else ''}{abs(minor) // 100}.{abs(minor) % 100:02}"


@st.composite
def lines(draw):
    original = draw(MINOR)
    allocated = draw(st.integers(0, original))
    tax = draw(st.integers(0, (original - allocated) // 3))
    sku = draw(st.sampled_from(["A", "B", "", None]))
    quantity = draw(st.integers(1, 9))
    return original, allocated, tax, line(sku, text(original), quantity, allocations=[text(allocated)], tax=[text(tax)])


@settings(max_examples=200, deadline=None)
@given(st.lists(lines(), max_size=8), st.booleans(), st.randoms(use_true_random=False))
def test_any_order_adds_up_and_the_sequence_of_its_lines_does_not_matter(drawn, included, random):
    tax = sum(each[2] for each in drawn)
    total = sum(each[0] - each[1] for each in drawn) + (0 if included else tax)
    fields = {"taxesIncluded": included, "totalTaxSet": bag(text(tax))}
    found = parsed(order(text(total), [each[3] for each in drawn], **fields))
    amounts = found.amounts
    assert amounts.residual == 0
    assert amounts.total == total
    assert sum(each.net for each in found.lines) == amounts.net
    assert sum(each.tax for each in found.lines) == tax
    assert all(each.discount >= 0 for each in found.lines)
    shuffled = random.sample([each[3] for each in drawn], len(drawn))
    assert parsed(order(text(total), shuffled, **fields)) == found


@settings(max_examples=100, deadline=None)
@given(MINOR, st.integers(0, 10**5), st.integers(0, 10**5), st.integers(1, 9))
def test_what_is_returned_whole_leaves_nothing(net, tax, discount, quantity):
    def row(sign: int):
        return sale(
            "PRODUCT",
            text(sign * (net + tax)),
            text(sign * tax),
            text(sign * discount),
            quantity=sign * quantity,
            action="ORDER" if sign > 0 else "RETURN",
        )

    node = order(text(net + tax), [line("A", text(net + discount))], refunds=[{"id": "r"}])
    found = parsed(
        node, ledger(text(net + tax), agreement(1, "ORDER", row(1)), agreement(2, "REFUND", row(-1), at=NEXT_DAY))
    )
    assert found.amounts + changed(found) == Amounts()


def test_instants_are_utc_whatever_zone_they_are_written_in():
    found = parsed(order("1.00", [line("A", "1.00")], processedAt="2026-07-03T11:00:00-04:00", createdAt=AT))
    assert found.placed_at == found.created_at
    assert found.placed_at.utcoffset().total_seconds() == 0


def test_taxes_of_several_authorities_are_added():
    found = parsed(order("22.00", [line("A", "20.00") | {"taxLines": taxes("1.50", "0.50")}], totalTaxSet=bag("2.00")))
    assert found.lines[0].tax == found.amounts.tax == 200
