"""What a stance is worth at each level, and how far apart values are."""

import numpy as np
import pytest

from api.analysis.agreement.levels import Level, Weighting, distances, label_of, value_of
from models import StanceLabel


def test_labels_are_values_of_their_own_at_nominal() -> None:
    values = [value_of(label, intensity, Level.NOMINAL) for label in StanceLabel for intensity in (None, 1, 3)]
    assert values == [place for place in range(5) for _ in range(3)]
    assert [label_of(place) for place in range(5)] == list(StanceLabel)


@pytest.mark.parametrize("level", [Level.ORDINAL, Level.INTERVAL])
def test_the_scale_is_signed_elsewhere(level: Level) -> None:
    assert [value_of("OPPOSE", i, level) for i in (3, 2, 1)] == [-3, -2, -1]
    assert [value_of("SUPPORT", i, level) for i in (1, 2, 3)] == [1, 2, 3]
    assert [value_of(label, None, level) for label in ("OPPOSE", "SUPPORT")] == [-2, 2]
    assert [value_of(label, None, level) for label in ("NEUTRAL", "MIXED")] == [0, 0]
    assert value_of("UNCLEAR", None, level) is None


def test_what_is_no_stance_is_refused() -> None:
    with pytest.raises(ValueError, match="not a label"):
        value_of("support", None, Level.NOMINAL)
    with pytest.raises(ValueError, match="not an intensity"):
        value_of("SUPPORT", 4, Level.INTERVAL)
    with pytest.raises(ValueError, match="not an intensity"):
        value_of("SUPPORT", 0, Level.NOMINAL)
    with pytest.raises(ValueError, match="not the value of a label"):
        label_of(5)


def test_distances_are_those_of_the_handbook() -> None:
    scale = np.array([-3, -2, 0, 3])
    assert distances(scale, Weighting.IDENTITY)[0].tolist() == [0, 1, 1, 1]
    assert distances(scale, Weighting.LINEAR)[0].tolist() == [0, 1 / 3, 2 / 3, 1]
    assert distances(scale, Weighting.ORDINAL)[0].tolist() == [0, 1 / 6, 3 / 6, 1]
    assert distances(scale, Weighting.QUADRATIC)[0].tolist() == [0, 1 / 36, 9 / 36, 1]


@pytest.mark.parametrize("weighting", Weighting)
def test_a_single_value_is_no_distance_from_itself(weighting: Weighting) -> None:
    assert distances(np.array([2]), weighting).tolist() == [[0.0]]
