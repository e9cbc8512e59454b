"""How parameters are declared: constructors, defaults, constraints and docstrings of small made-up classes."""

import inspect

import pytest

from skhybrid.estimators._parameters import estimator, network_parameters, of_network, part, read_section


def house(input_shape, *, rooms=3, colour="red", seed=None):
    """Build a house.

    Parameters
    ----------
    rooms : int, default=3
        Number of rooms,
        all of them on one floor.

    colour : str, default="red"
        Colour of the door.
    """


@part
class Building:
    """What buildings share.

    Parameters
    ----------
    floors : int
        Number of floors.

    Attributes
    ----------
    height_ : float
        Height in metres.
    """

    floors: int = 1

    _parameter_constraints = {"floors": ["an int"]}


@part
class Rooms:
    """Parameters of a builder."""

    rooms: int = of_network(default=house, kw_only=False)
    colour: str = of_network(default=house)


@estimator
class House(Building, Rooms):
    """A house.

    It stands alone.

    Examples
    --------
    >>> House(2).floors
    1
    """


# Constructors


def test_defaults_are_those_of_builder_and_class():
    defaults = {name: p.default for name, p in inspect.signature(House).parameters.items()}
    assert defaults == {"rooms": 3, "colour": "red", "floors": 1}


def test_constructor_only_stores():
    rooms = [2]
    house = House(rooms, floors="many")
    assert house.rooms is rooms
    assert (house.colour, house.floors) == ("red", "many")


def test_only_parameters_that_say_so_go_by_position():
    with pytest.raises(TypeError, match="positional"):
        House(2, "blue")


def test_network_gets_the_parameters_of_its_builder_alone():
    assert network_parameters(House(2, floors=5)) == {"rooms": 2, "colour": "red"}


def test_later_default_goes_before():
    @part
    class Tower(Building):
        floors: int = 30

    assert (Tower().floors, Building().floors) == (30, 1)


def test_estimators_are_told_apart_though_their_parameters_are_equal():
    assert House() != House()


def test_constraints_of_all_parts_are_gathered():
    @part
    class Tower(Building):
        lifts: int = 0

        _parameter_constraints = {"lifts": ["a number"], "floors": ["many"]}

    assert Tower._parameter_constraints == {"floors": ["many"], "lifts": ["a number"]}
    assert Building._parameter_constraints == {"floors": ["an int"]}
    assert Rooms._parameter_constraints == {}


def test_parameter_that_the_builder_lacks_is_an_error():
    with pytest.raises(KeyError, match="garden"):

        @part
        class Garden:
            garden: bool = of_network(default=house)


# Docstrings


def test_docstring_is_completed_before_its_sections():
    assert House.__doc__ == inspect.cleandoc("""
        A house.

        It stands alone.

        Parameters
        ----------
        rooms : int, default=3
            Number of rooms, all of them on one floor.

        colour : str, default="red"
            Colour of the door.

        floors : int, default=1
            Number of floors.

        Attributes
        ----------
        height_ : float
            Height in metres.

        Examples
        --------
        >>> House(2).floors
        1
    """)


def test_docstring_without_sections_is_completed():
    @estimator
    class Tower(Building):
        """A tower."""

    summary, *_ = Tower.__doc__.split("\n\n")
    assert summary == "A tower."
    assert Tower.__doc__.endswith("Attributes\n----------\nheight_ : float\n    Height in metres.")


def test_parameter_with_another_default_keeps_its_text():
    @estimator
    class Tower(Building):
        """A tower."""

        floors: int = 30

    assert "floors : int, default=30\n    Number of floors." in Tower.__doc__


def test_class_without_docstring_is_no_error():
    @estimator
    class Tower(Building):
        floors: int = 30

    assert Tower().floors == 30
    assert "----" not in (Tower.__doc__ or "")


def test_section_is_read_by_names():
    assert read_section(house.__doc__, "Parameters") == {
        "rooms": ("int", "Number of rooms, all of them on one floor."),
        "colour": ("str", "Colour of the door."),
    }


def test_section_ends_where_the_next_begins():
    assert read_section(Building.__doc__, "Parameters") == {"floors": ("int", "Number of floors.")}
    assert read_section(Building.__doc__, "Attributes") == {"height_": ("float", "Height in metres.")}


@pytest.mark.parametrize("doc", [None, "", "A house.", House.__doc__], ids=["none", "empty", "summary", "others"])
def test_section_that_is_not_there_is_empty(doc):
    assert read_section(doc, "Returns") == {}
