"""The registry behind `type:` and the declaration of parameters."""

from abc import abstractmethod

import pydantic
import pytest

from sim.plugin import FAMILIES, Block, Plugin, load_all, param


class Instrument(Plugin, family="test instrument"):
    """Something to play."""

    @abstractmethod
    def sound(self) -> str: ...


class Drum(Instrument, type="drum"):
    """It booms.

    More is said here.
    """

    skin: float = param(0.4, unit="metres", doc="width of the skin", low=0.1, high=2, source="judgement")

    def sound(self) -> str:
        return "boom"


def test_a_class_registers_itself_on_its_class_line():
    assert FAMILIES["test instrument"] is Instrument
    assert Instrument.types == {"drum": Drum} and Drum.type_name == "drum"
    assert Drum.summary() == "It booms."


def test_a_block_is_called_by_its_name_or_else_by_its_type():
    assert Drum().label == "drum" and Drum(name="big").label == "big"


def test_a_block_is_frozen_knows_its_keys_and_coerces_nothing():
    drum = Drum(skin=1)
    with pytest.raises(pydantic.ValidationError):
        drum.skin = 0.5
    for wrong in ({"skni": 0.5}, {"skin": "0.5"}, {"skin": 3.0}, {"skin": True}):
        with pytest.raises(pydantic.ValidationError):
            Drum(**wrong)


def test_a_parameter_needs_a_source():
    with pytest.raises(ValueError, match="needs a source"):
        param(1, unit="metres", doc="length", source=" ")


def test_what_cannot_be_registered_is_refused():
    with pytest.raises(TypeError, match="both called 'drum'"):
        type("Other", (Drum,), {"__doc__": "Another."}, type="drum")
    with pytest.raises(TypeError, match="needs a docstring"):
        type("Silent", (Instrument,), {"__doc__": ""}, type="silent")
    with pytest.raises(TypeError, match="two families"):
        type("Again", (Plugin,), {"__doc__": "Again."}, family="test instrument")
    with pytest.raises(TypeError, match="unknown class keywords"):
        type("Odd", (Instrument,), {"__doc__": "Odd."}, tpye="odd")
    assert list(Instrument.types) == ["drum"]


def test_a_class_that_lacks_a_method_of_its_family_cannot_be_made():
    class Mute(Instrument):
        """No sound."""

    with pytest.raises(TypeError, match="sound"):
        Mute()


def test_a_default_may_be_made_anew_each_time():
    class Case(Block):
        drums: tuple[Instrument, ...] = param(factory=lambda: (Drum(),), unit="drums", doc="inside", source="judgement")

    assert Case().drums == (Drum(),)


def test_every_module_of_a_package_is_imported():
    load_all("sim.shocks")
    assert "shock" in FAMILIES
