"""`itsm.values` against the standard library's dataclasses: one list of sentences, held by both."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from types import ModuleType
from typing import Any

import pytest

from itsm import values

both = pytest.mark.parametrize("kind", [dataclasses, values], ids=["the standard library's", "ours"])


def classes(kind: ModuleType) -> tuple[Any, Any, Any]:
    @kind.dataclass(frozen=True, slots=True)
    class Point:
        """A value."""

        x: int
        y: int = 2
        seen: list[int] = kind.field(default_factory=list, hash=False)
        note: str = kind.field(default="", compare=False, repr=False)

        def __str__(self) -> str:
            return f"{self.x}:{self.y}"

    @kind.dataclass
    class Run:
        """A thing that changes."""

        words: tuple[str, ...] = ()
        count: int = kind.field(init=False, default_factory=int)

        def __post_init__(self) -> None:
            self.length = len(self.words)

    @kind.dataclass(slots=True)
    class Row:
        """A slotted thing that changes."""

        cells: dict[str, int] = kind.field(default_factory=dict)

    return Point, Run, Row


@both
class TestADataclass:
    def test_takes_its_fields_by_place_and_by_name(self, kind):
        point, *_ = classes(kind)
        assert (point(1).x, point(1).y, point(1, 5).y, point(x=3, note="n").note) == (1, 2, 5, "n")

    @pytest.mark.parametrize("wrong", [{}, {"x": 1, "z": 2}], ids=["a field is missing", "there is no such field"])
    def test_refuses_what_is_no_value_of_it(self, kind, wrong):
        with pytest.raises(TypeError, match=r"__init__\(\)"):
            classes(kind)[0](**wrong)

    def test_has_defaults_of_its_own_for_each_value(self, kind):
        point, run, row = classes(kind)
        assert point(1).seen is not point(1).seen
        row().cells["a"] = 1
        assert row().cells == {}
        assert run().count == 0

    def test_is_equal_to_one_of_its_class_with_the_same_fields(self, kind):
        point, run, row = classes(kind)
        assert point(1, note="a") == point(1, note="b") != point(2)
        assert run(("a",)) == run(("a",)) != run()
        assert row({"a": 1}) == row({"a": 1})
        assert row() != run()

    def test_has_a_hash_only_if_it_can_not_change(self, kind):
        point, run, row = classes(kind)
        assert hash(point(1, seen=[1], note="a")) == hash(point(1, note="b"))
        for one in (run(), row()):
            with pytest.raises(TypeError, match="unhashable"):
                hash(one)

    def test_shows_its_fields(self, kind):
        point, run, _ = classes(kind)
        assert repr(point(1)).endswith("Point(x=1, y=2, seen=[])")
        assert repr(run(("a",))).endswith("Run(words=('a',), count=0)")
        assert str(point(1)) == "1:2"

    @pytest.mark.parametrize("name", ["x", "other"])
    def test_that_is_frozen_stays_as_it_is(self, kind, name):
        one = classes(kind)[0](1)
        with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
            setattr(one, name, 2)
        with pytest.raises((dataclasses.FrozenInstanceError, TypeError)):
            delattr(one, name)

    def test_with_slots_has_no_room_for_more(self, kind):
        with pytest.raises(AttributeError):
            classes(kind)[2]().other = 1

    def test_is_done_after_its_post_init(self, kind):
        assert classes(kind)[1](("a", "b")).length == 2

    def test_can_be_replaced_by_its_own_replace_and_by_the_standard_one(self, kind):
        one = classes(kind)[0](1, seen=[3])
        for replace in (dataclasses.replace, kind.replace):
            assert replace(one, y=7) == type(one)(1, 7, [3])
            with pytest.raises(TypeError):
                replace(one, z=1)

    def test_is_known_to_whoever_asks(self, kind):
        point, run, _ = classes(kind)
        assert dataclasses.is_dataclass(point)
        assert [one.name for one in dataclasses.fields(run)] == ["words", "count"]
        assert dataclasses.asdict(point(1)) == {"x": 1, "y": 2, "seen": [], "note": ""}
        assert list(inspect.signature(point).parameters) == ["x", "y", "seen", "note"]
        assert inspect.signature(point).parameters["y"].default == 2
        match point(1, 5):
            case point(1, y):
                assert y == 5

    def test_can_be_copied(self, kind):
        point, run, row = classes(kind)
        for one in (point(1, seen=[2]), run(("a",)), row({"a": 1})):
            assert copy.copy(one) == copy.deepcopy(one) == one


@values.dataclass(frozen=True, slots=True)
class Sent:
    """What a process gives another."""

    x: int
    y: tuple[int, ...] = ()


def test_a_frozen_value_with_slots_goes_from_process_to_process():
    assert pickle.loads(pickle.dumps(Sent(1, (2,)))) == Sent(1, (2,))  # noqa: S301 - our own, of just now


def test_a_class_that_inherits_fields_is_refused():
    with pytest.raises(TypeError, match="take the standard library's"):

        @values.dataclass
        class More(Sent):
            z: int = 0


class TestAnInitThatIsNotCompiledYet:
    def test_is_compiled_after_some_values_which_are_equal_to_the_later_ones(self):
        @values.dataclass(frozen=True, slots=True)
        class One:
            x: int
            y: tuple[int, ...] = ()

        made = []
        while not inspect.isfunction(One.__dict__["__init__"]):
            made.append(One(1, y=(2,)))
        assert 10 < len(made) < 100
        assert set(made) == {One(1, (2,))}

    def test_is_compiled_for_who_looks_at_its_signature(self):
        @values.dataclass
        class One:
            x: int

        assert One(1).x == 1
        assert not inspect.isfunction(One.__dict__["__init__"])
        assert list(inspect.signature(One).parameters) == ["x"]
        assert inspect.isfunction(One.__dict__["__init__"])

    def test_is_not_done_twice_for_what_is_wrong(self):
        seen = []

        @values.dataclass
        class One:
            x: int

            def __post_init__(self) -> None:
                seen.append(self.x)

        for wrong in ({}, {"x": 1, "y": 2}):
            with pytest.raises(TypeError, match=r"__init__\(\)"):
                One(**wrong)
        with pytest.raises(TypeError, match="multiple values"):
            One(1, x=1)
        with pytest.raises(TypeError, match="positional arguments"):
            One(1, 2)
        assert seen == []
