"""Items are decoded as the library would decode them."""

import pkgutil
from importlib import import_module
from typing import Any

import pytest
from pynamodb.exceptions import AttributeDeserializationError
from pynamodb.models import Model

from chalicelib import storage
from chalicelib.storage.models import DayHead, Item

for module in pkgutil.iter_modules(storage.__path__):
    import_module(f"chalicelib.storage.{module.name}")
MODELS = sorted(Item.__subclasses__(), key=lambda model: model.__name__)
VALUES: dict[str, tuple[Any, ...]] = {"S": ("text", "ä#", ""), "N": ("0", "-1", "17", "1.25"), "B": (b"\0\xff", b"")}
STRANGE = {"of a later version": {"M": {"a": {"S": "b"}}}}


def test_there_are_models() -> None:
    assert len(MODELS) > 20
    assert not [below for model in MODELS for below in model.__subclasses__()]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_an_item_is_decoded_as_the_library_does(model: type[Item]) -> None:
    """Each attribute with each value that it may have: alone, missing, and beside all others."""
    kinds = {name: attribute.attr_type for name, attribute in model.get_attributes().items()}
    whole = {name: {kind: VALUES[kind][0]} for name, kind in kinds.items()}
    alone = [{name: {kind: value}} for name, kind in kinds.items() for value in VALUES[kind]]
    without = [{other: whole[other] for other in kinds if other != name} for name in kinds]
    for raw in ({}, STRANGE, whole, *alone, *without, *(whole | one | STRANGE for one in alone)):
        library = Model.from_raw_data.__func__(model, raw)  # type: ignore[attr-defined]
        ours = model.from_raw_data(raw)
        assert type(ours) is type(library)
        assert vars(ours) == vars(library)
        assert ours.serialize(null_check=False) == library.serialize(null_check=False)


def test_an_attribute_of_another_type_is_refused() -> None:
    with pytest.raises(AttributeDeserializationError):
        DayHead.from_raw_data({"requested": {"S": "1"}})


def test_items_share_nothing() -> None:
    one, other = DayHead.from_raw_data({}), DayHead.from_raw_data({})
    one.requested = 7
    assert (other.requested, DayHead.from_raw_data({}).requested) == (0, 0)
