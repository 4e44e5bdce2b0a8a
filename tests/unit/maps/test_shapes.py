"""Which shape stands for which class."""

import pytest

from backend.maps import colouring
from backend.maps.colouring import NO_VALUE, OTHERS, ColourBy
from backend.maps.shapes import FILLING, NAMES, Shape, shapes_of

STEPS = {
    ColourBy.PRIORITY: [*colouring.PRIORITIES],
    ColourBy.LAST_VISIT: [one.key for one in colouring.LAST_VISITS],
    ColourBy.OVERDUE: [one.key for one in colouring.OVERDUE],
    ColourBy.POTENTIAL: [one.key for one in colouring.potential_steps("VND")],
}


@pytest.mark.parametrize("by", STEPS)
def test_steps_fill_up_in_their_order(by: ColourBy) -> None:
    shapes = shapes_of(by, STEPS[by])
    steps = [one for one in shapes if one is not Shape.CROSS]
    assert tuple(steps) in {FILLING, FILLING[::-1]}
    assert shapes[len(steps) :] in ([], [Shape.CROSS])


@pytest.mark.parametrize("by", [one for one in ColourBy if one not in STEPS])
def test_names_have_shapes_of_their_own(by: ColourBy) -> None:
    keys = [f"k{at}" for at in range(len(NAMES))]
    assert shapes_of(by, [*keys, OTHERS, NO_VALUE]) == [*NAMES, Shape.BAR, Shape.CROSS]
    assert shapes_of(by, [*keys[:2], NO_VALUE]) == [*NAMES[:2], Shape.CROSS]
    with pytest.raises(ValueError, match="more classes"):
        shapes_of(by, [*keys, "one more"])


@pytest.mark.parametrize("named", [colouring.LIFE_STAGES, colouring.RFM_CLASSES])
def test_every_named_class_has_a_shape(named: dict[str, object]) -> None:
    assert len(set(shapes_of(ColourBy.RFM, [*named, NO_VALUE]))) == len(named) + 1


def test_a_channel_called_never_is_a_name() -> None:
    assert shapes_of(ColourBy.CHANNEL, ["never"]) == [Shape.CIRCLE]
