"""What storage asks of an engine, and what the three engines all answer. A difference is a defect of the one in memory."""

import threading
from collections.abc import Callable

import pytest
from pynamodb.attributes import BinaryAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path
from pynamodb.expressions.update import Action

from chalicelib import errors
from chalicelib.storage.models import Item, Part
from chalicelib.storage.table import Table


class Thing(Item):
    n = NumberAttribute(null=True)
    m = NumberAttribute(null=True)
    text = UnicodeAttribute(null=True)
    body = BinaryAttribute(legacy_encoding=False, null=True)


THING = {"n": 5, "text": "apple", "body": b"\x00\xff"}
MISSING = Path("missing")

HELD: dict[str, Condition] = {
    "equal number": Thing.n == 5,
    "equal number written otherwise": Path("n") == {"N": "5.0"},
    "equal text": Thing.text == "apple",
    "equal bytes": Thing.body == b"\x00\xff",
    "not equal": Thing.n != 6,
    "not equal, another type": Path("n") != {"S": "5"},
    "not equal, not there": MISSING != {"S": "x"},
    "less": Thing.n < 6,
    "less by value, not by digits": Thing.n < 40,
    "less or equal": Thing.n <= 5,
    "greater": Thing.n > 4,
    "greater or equal": Thing.n >= 5,
    "text is compared too": Thing.text < "b",
    "there": Thing.n.exists(),
    "not there": MISSING.does_not_exist(),
    "both": (Thing.n == 5) & (Thing.text == "apple"),
    "either": (Thing.n == 6) | (Thing.text == "apple"),
    "not": ~(Thing.n == 6),
    "not, of something not there": ~(MISSING == {"N": "1"}),
    "and within or": (Thing.n == 6) | ((Thing.n == 5) & ~(Thing.text == "pear")),
    "begins": Thing.text.startswith("app"),
    "between, lower end": Thing.n.between(5, 9),
    "between, upper end": Thing.n.between(1, 5),
    "one of": Thing.text.is_in("pear", "apple"),
}
UNMET: dict[str, Condition] = {
    "equal": Thing.n == 6,
    "equal, another type": Path("n") == {"S": "5"},
    "equal, not there": MISSING == {"N": "5"},
    "not equal": Thing.n != 5,
    "less": Thing.n < 5,
    "less, not there": MISSING < {"N": "5"},
    "less, another type": Path("n") < {"S": "9"},
    "less or equal, not there": MISSING <= {"N": "5"},
    "greater": Thing.n > 5,
    "greater, not there": MISSING > {"N": "0"},
    "there": MISSING.exists(),
    "not there": Thing.n.does_not_exist(),
    "both": (Thing.n == 5) & (Thing.text == "pear"),
    "either": (Thing.n == 6) | (Thing.text == "pear"),
    "not": ~(Thing.n == 5),
    "begins": Thing.text.startswith("b"),
    "begins, not there": MISSING.startswith("b"),
    "between": Thing.n.between(6, 9),
    "between, not there": MISSING.between({"N": "1"}, {"N": "9"}),
    "one of": Thing.text.is_in("pear", "plum"),
}


def test_a_condition_that_holds_lets_a_write_happen(table: Table) -> None:
    table.put(Thing("p", "s", **THING))
    for name, condition in HELD.items():
        try:
            table.update("p", "s", [Thing.m.set(1)], condition)
        except errors.StorageError as exc:
            raise AssertionError(f"refused: {name}") from exc


def test_a_condition_that_does_not_hold_refuses_and_changes_nothing(table: Table) -> None:
    table.put(Thing("p", "s", **THING))
    for name, condition in UNMET.items():
        assert _is_refused(lambda condition=condition: table.update("p", "s", [Thing.m.set(1)], condition)), name
        assert _is_refused(lambda condition=condition: table.put(Thing("p", "s", m=1), condition)), name
        assert _is_refused(lambda condition=condition: table.delete("p", "s", condition)), name
    there = table.get(Thing, "p", "s")
    assert there is not None
    assert (there.n, there.m, there.text, there.body) == (5, None, "apple", b"\x00\xff")


def _is_refused(write: Callable[[], None]) -> bool:
    try:
        write()
    except errors.Refused:
        return True
    return False


def test_a_condition_on_an_item_that_is_not_there_sees_no_attributes(table: Table) -> None:
    with pytest.raises(errors.Refused):
        table.update("p", "s", [Thing.n.set(1)], Thing.n == 1)
    with pytest.raises(errors.Refused):
        table.delete("p", "s", Thing.n.exists())
    assert table.get(Thing, "p", "s") is None
    table.update("p", "s", [Thing.n.set(1)], Thing.n.does_not_exist())
    assert table.get(Thing, "p", "s").n == 1


CHANGES: dict[str, tuple[list[Action], dict[str, object]]] = {
    "set": ([Thing.n.set(7), Thing.text.set("pear")], {"n": 7, "text": "pear"}),
    "set bytes": ([Thing.body.set(bytes(range(256)))], {"body": bytes(range(256))}),
    "set nothing in it": ([Thing.text.set("")], {"text": ""}),
    "add": ([Thing.n.add(2)], {"n": 7}),
    "add a negative number": ([Thing.n.add(-9)], {"n": -4}),
    "add to what is not there": ([Thing.m.add(3)], {"m": 3}),
    "remove": ([Thing.text.remove()], {"text": None}),
    "remove what is not there": ([Thing.m.remove()], {"m": None}),
    "set to a sum": ([Thing.n.set(Thing.n + 3)], {"n": 8}),
    "set to a difference": ([Thing.n.set(Thing.n - 3)], {"n": 2}),
    "set from another attribute as it was": ([Thing.m.set(Thing.n), Thing.n.set(9)], {"m": 5, "n": 9}),
    "set if not there, and it is": ([Thing.n.set(Thing.n | 9)], {"n": 5}),
    "set if not there, and it is not": ([Thing.m.set(Thing.m | 9)], {"m": 9}),
    "set to a sum from nothing": ([Thing.m.set((Thing.m | 0) + 1)], {"m": 1}),
    "all at once": ([Thing.n.add(1), Thing.m.set(2), Thing.text.remove()], {"n": 6, "m": 2, "text": None}),
}


def test_updates_change_what_they_name_and_nothing_else(table: Table) -> None:
    for name, (actions, expected) in CHANGES.items():
        table.put(Thing("p", "s", **THING))
        table.update("p", "s", actions)
        there = table.get(Thing, "p", "s")
        assert there is not None
        shown = {"n": there.n, "m": there.m, "text": there.text, "body": there.body}
        assert shown == {"m": None, **THING, **expected}, name


def test_an_update_makes_the_item_that_is_not_there(table: Table) -> None:
    table.update("p", "s", [Thing.n.add(1)])
    table.update("p", "s", [Thing.n.add(1)])
    assert table.get(Thing, "p", "s").n == 2


@pytest.mark.parametrize(
    "actions",
    [
        [Thing.m.set(Thing.m + 1)],
        [Path("text").add({"N": "1"})],
        [Path("sk").set({"S": "x"})],
    ],
    ids=["a sum with nothing", "a number added to text", "a key"],
)
def test_an_update_that_makes_no_sense_is_an_error_and_no_refusal(table: Table, actions: list[Action]) -> None:
    table.put(Thing("p", "s", **THING))
    with pytest.raises(errors.Unanswered, match="ValidationException"):
        table.update("p", "s", actions)
    assert table.get(Thing, "p", "s").n == 5


def test_one_attribute_twice_in_an_update_is_an_error(memory_table: Table) -> None:
    # As documented, and as dynalite has it; ministack 1.5.33 lets it pass.
    with pytest.raises(errors.Unanswered, match="ValidationException"):
        memory_table.update("p", "s", [Thing.n.set(1), Thing.n.add(1)])


def test_a_put_replaces_the_whole_item(table: Table) -> None:
    table.put(Thing("p", "s", **THING))
    table.put(Thing("p", "s", m=1), Thing.n == 5)
    there = table.get(Thing, "p", "s")
    assert (there.n, there.m, there.text) == (None, 1, None)


def test_whole_numbers_come_back_as_they_went(table: Table) -> None:
    for n in (0, -1, 10**15, 1_772_000_000_000):
        table.put(Thing("p", "s", n=n))
        assert table.get(Thing, "p", "s").n == n


def test_an_insert_happens_once(table: Table) -> None:
    table.insert(Part("p", "s", body=b"first"))
    with pytest.raises(errors.Refused):
        table.insert(Part("p", "s", body=b"second"))
    assert table.get(Part, "p", "s").body == b"first"


def test_deleting_is_quiet_the_second_time(table: Table) -> None:
    table.insert(Part("p", "s", body=b"x"))
    table.delete("p", "s")
    table.delete("p", "s")
    assert table.get(Part, "p", "s") is None
    assert list(table.query(Part, "p")) == []


def test_an_empty_body_is_a_body(table: Table) -> None:
    table.insert(Part("p", "s", body=b""))
    assert table.get(Part, "p", "s").body == b""


def _race(call: Callable[[int], None]) -> list[int]:
    """Let 16 threads call at the same instant; who was not refused."""
    barrier, won = threading.Barrier(16), []

    def run(number: int) -> None:
        barrier.wait()
        try:
            call(number)
        except errors.Refused:
            return
        won.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return won


def test_of_sixteen_that_insert_the_same_item_one_wins(table: Table) -> None:
    for turn in range(3):
        won = _race(lambda number, turn=turn: table.insert(Part("p", f"s{turn}", body=bytes([number]))))
        assert len(won) == 1
        assert table.get(Part, "p", f"s{turn}").body == bytes(won)


def test_of_sixteen_that_flip_the_same_version_one_wins(table: Table) -> None:
    table.put(Thing("p", "s", n=0))
    for version in range(3):
        won = _race(
            lambda number, version=version: table.update(
                "p", "s", [Thing.n.set(version + 1), Thing.m.set(number)], Thing.n == version
            )
        )
        assert len(won) == 1
        assert table.get(Thing, "p", "s").m == won[0]


def test_sixteen_additions_are_all_there(table: Table) -> None:
    assert len(_race(lambda _: table.update("p", "s", [Thing.n.add(1)]))) == 16
    assert table.get(Thing, "p", "s").n == 16


KEYS = ["A#1", "A#10", "A#2", "B", "a", "\u00e9", "\u65e5", "\U0001f600"]


def test_a_partition_is_listed_by_sort_key_in_bytes(table: Table) -> None:
    for sk in reversed(KEYS):
        table.insert(Part("p", sk, body=b"x"))
    table.insert(Part("other", "A#1", body=b"x"))
    assert [item.sk for item in table.query(Part, "p")] == KEYS
    assert [item.sk for item in table.query(Part, "p", newest_first=True)] == KEYS[::-1]
    assert [item.sk for item in table.query(Part, "p", begins="A#")] == KEYS[:3]
    assert [item.sk for item in table.query(Part, "p", between=("A#10", "B"))] == KEYS[1:4]
    assert [item.sk for item in table.query(Part, "p", limit=3)] == KEYS[:3]
    assert [item.sk for item in table.query(Part, "p", newest_first=True, limit=2)] == KEYS[:-3:-1]
    assert list(table.query(Part, "p", begins="C")) == []
    assert list(table.query(Part, "nowhere")) == []


def test_a_query_for_some_attributes_has_only_those_that_are_there(table):
    for n, sk in enumerate(KEYS):
        table.put(Thing("p", sk, n=n, text=sk, body=b"b" if n else None))
    found = list(table.columns("p", (KEYS[0], KEYS[1]), "n", "body"))
    assert found == [(KEYS[0], {"n": "0"}), (KEYS[1], {"n": "1", "body": b"b"})]
    backwards = table.columns("p", (KEYS[0], KEYS[1]), "text", newest_first=True)
    assert list(backwards) == [(KEYS[1], {"text": KEYS[1]}), (KEYS[0], {"text": KEYS[0]})]


def test_items_are_read_by_their_keys_with_the_attributes_that_are_asked_for(table):
    for n, sk in enumerate(KEYS):
        table.put(Thing("p", sk, n=n, text=sk, body=b"b" if n else None))
    found = table.get_columns([("p", KEYS[0]), ("p", KEYS[1]), ("p", "none")], "n", "body")
    assert found == {("p", KEYS[0]): {"n": "0"}, ("p", KEYS[1]): {"n": "1", "body": b"b"}}
    assert table.get_columns([], "n") == {}


def test_bodies_are_read_by_their_keys_and_those_that_are_not_there_are_left_out(table):
    names = [("p", f"{n:03}") for n in range(103)]
    for n, (pk, sk) in enumerate(names):
        table.put(Part(pk, sk, body=bytes([n])))
    found = table.get_bodies([*names, ("p", "none")])
    assert found == {name: bytes([n]) for n, name in enumerate(names)}


def test_between_with_its_ends_turned_round_is_an_error(table: Table) -> None:
    with pytest.raises(errors.Unanswered, match="ValidationException"):
        list(table.query(Part, "p", between=("B", "A")))


@pytest.mark.parametrize("newest_first", [False, True])
def test_a_listing_over_several_pages_is_whole(table: Table, newest_first: bool) -> None:
    for number in range(9):
        table.insert(Part("p", f"A#{number}", body=bytes([number]) * 300_000))
    table.insert(Part("p", "B", body=b"x"))
    numbers = [item.body[0] for item in table.query(Part, "p", begins="A#", newest_first=newest_first)]
    assert numbers == (list(range(9))[::-1] if newest_first else list(range(9)))
    assert len(list(table.query(Part, "p", newest_first=newest_first, limit=6))) == 6


def test_many_items_are_read_by_key(table: Table) -> None:
    keys = [(f"p{number % 3}", f"s{number}") for number in range(250)]
    for number, (pk, sk) in enumerate(keys):
        if number % 10:
            table.insert(Part(pk, sk, body=str(number).encode()))
    found = table.get_many(Part, keys)
    assert {key: item.body for key, item in found.items()} == {
        key: str(number).encode() for number, key in enumerate(keys) if number % 10
    }
    assert table.get_many(Part, []) == {}


def test_more_than_one_answer_of_items_is_read_by_key(table: Table) -> None:
    keys = [("p", f"s{number:02}") for number in range(60)]
    for pk, sk in keys:
        table.insert(Part(pk, sk, body=sk.encode() * 100_000))  # 300 KB each, 18 MB together
    found = table.get_many(Part, keys)
    assert {key: item.body[:3] for key, item in found.items()} == {key: key[1].encode() for key in keys}


def test_an_item_over_the_limit_is_an_error_and_no_refusal(table: Table) -> None:
    table.insert(Part("p", "fits", body=bytes(408_000)))
    with pytest.raises(errors.Unanswered, match="ValidationException"):
        table.insert(Part("p", "not", body=bytes(410_000)))
    with pytest.raises(errors.Unanswered, match="ValidationException"):
        table.update("p", "fits", [Path("more").set({"S": "x" * 2_000})])
    assert table.get(Part, "p", "not") is None


def test_an_empty_key_is_an_error(table: Table) -> None:
    with pytest.raises(errors.Unanswered):
        table.insert(Part("p", "", body=b"x"))


def test_a_query_between_nothing_and_a_key_is_an_error(memory_table: Table) -> None:
    # As DynamoDB has it; the other two engines let it pass.
    with pytest.raises(errors.Unanswered, match="ValidationException"):
        list(memory_table.query(Part, "p", between=("", "B")))
    with pytest.raises(errors.Unanswered, match="ValidationException"):
        list(memory_table.query(Part, "p", between=("", "B"), newest_first=True, limit=1))
    with pytest.raises(errors.Unanswered, match="ValidationException"):
        list(memory_table.query(Part, "", begins="A"))
