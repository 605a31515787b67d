"""Colours that everybody can tell apart, and letters that can be read from the last row."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pytest

from src_part1.plotting import COLOURS, CONDITION_COLOURS, use_course_style

# Machado, Oliveira & Fernandes (2009), severity 1: linear RGB seen without one kind of cone.
BLINDNESS = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                   [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                     [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                   [0.004733, 0.691367, 0.303900]],
}
# From linear sRGB to CIE XYZ (D65, IEC 61966-2-1).
XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def linear(colour):
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    """CIE L*a*b* of linear sRGB."""
    scaled = XYZ @ np.clip(rgb, 0, 1) / XYZ.sum(axis=1)
    f = np.where(scaled > 216 / 24389, np.cbrt(scaled), (24389 / 27 * scaled + 16) / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def smallest_distance(colours, see):
    pairs = itertools.combinations([lab(see @ linear(c)) for c in colours], 2)
    return min(np.linalg.norm(a - b) for a, b in pairs)


def test_white_black_and_a_known_colour():
    assert np.allclose(lab(np.ones(3)), [100, 0, 0], atol=0.01)
    assert np.allclose(lab(linear("#ff0000")), [53.24, 80.09, 67.20], atol=0.05)


@pytest.mark.parametrize("kind", BLINDNESS)
def test_conditions_differ_for_every_kind_of_colour_vision(kind):
    see = np.array(BLINDNESS[kind])
    assert smallest_distance(CONDITION_COLOURS[:2], see) > 40
    assert smallest_distance(CONDITION_COLOURS, see) > 10


def test_all_named_colours_differ():
    for see in (np.eye(3), *map(np.array, BLINDNESS.values())):
        assert smallest_distance(COLOURS.values(), see) > 8


def test_the_two_conditions_and_black_differ_in_grey():
    grey = [lab(linear(c))[0] for c in (*CONDITION_COLOURS[:2], COLOURS["black"])]
    assert min(abs(a - b) for a, b in itertools.combinations(grey, 2)) > 8


def test_letters_are_large():
    with plt.rc_context():
        use_course_style()
        for name in ("font.size", "xtick.labelsize", "ytick.labelsize", "legend.fontsize"):
            size = plt.rcParams[name]
            points = size if not isinstance(size, str) else plt.rcParams["font.size"]
            assert points >= 11, name
