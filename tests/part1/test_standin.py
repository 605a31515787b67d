"""The synthetic stand-in has the listed statistics, and so do the real recordings.

Both are compared with the same list under the same definitions, so that the second comparison
shows that the definitions of the first are those behind the list.
"""

import runpy
from types import SimpleNamespace

import numpy as np
import pytest

from src_part1.recordings.loading import STANDIN_FILE, load_recordings

PERCENTILES = (0, 5, 25, 50, 75, 95, 100)
LAGS = (20, 100, 200, 400, 800)  # ms
LISTED = {
    "mean rate": (1.0, 1.4, 2.5, 4.2, 7.4, 15.7, 38.1),
    "log mean rate": (1.48, 0.73),
    "peak rate": (1.7, 3.0, 5.2, 8.3, 13.6, 28.2, 69.1),
    "temporal sd, right": (0.17, 0.43, 0.75, 1.26, 2.27, 6.06, 19.4),
    "temporal sd, left": (0.16, 0.36, 0.61, 0.89, 1.39, 3.50, 14.1),
    "right minus left": (-42, -6.7, -1.6, 0.05, 2.0, 10.9, 40),
    "share above 1 Hz": (0.67,),
    "cumulative variance": (0.54, 0.81, 0.88, 0.93, 0.94, 0.96, 0.96, 0.97, 0.97, 0.98),
    "cumulative variance, z-scored": (0.34, 0.57, 0.67, 0.75, 0.78, 0.82, 0.84, 0.86, 0.88, 0.89),
    "autocorrelation": (0.97, 0.85, 0.67, 0.34, -0.15),
    "correlation of right and left": (0.29,),
    "population mean, right": (5.66, 6.50),
    "population mean, left": (5.27, 5.82),
}
CORRELATIONS = ("cumulative variance", "cumulative variance, z-scored", "autocorrelation",
                "correlation of right and left")


def cumulative_variance(curves):
    """Share of variance of the first ten components; curves (neuron, time) are centred."""
    power = np.linalg.svd(curves, compute_uv=False) ** 2
    return np.cumsum(power)[:10] / power.sum()


def statistics(recordings):
    """Every listed number, from the definitions."""
    right, left = recordings.rates
    mean = recordings.rates.mean(axis=(0, 2))
    late = recordings.time > -500.0  # the last 25 bins
    difference = (right - left)[:, late].mean(axis=1)
    # Both conditions side by side in time; every neuron loses its mean over both.
    side_by_side = np.concatenate([right, left], axis=1)
    side_by_side = side_by_side - side_by_side.mean(axis=1, keepdims=True)
    z_scored = side_by_side / side_by_side.std(axis=1, keepdims=True)
    of_right = right - right.mean(axis=1, keepdims=True)
    bins = [round(lag / recordings.bin_width) for lag in LAGS]
    autocorrelation = [
        (of_right[:, :-lag] * of_right[:, lag:]).sum() / (of_right**2).sum() for lag in bins
    ]
    correlations = [np.corrcoef(one, other)[0, 1] for one, other in zip(right, left, strict=True)]
    start, three_quarters = 0, int(np.flatnonzero(recordings.time == -500.0)[0])
    return {
        "mean rate": np.percentile(mean, PERCENTILES),
        "log mean rate": (np.log(mean).mean(), np.log(mean).std()),
        "peak rate": np.percentile(recordings.rates.max(axis=(0, 2)), PERCENTILES),
        "temporal sd, right": np.percentile(right.std(axis=1), PERCENTILES),
        "temporal sd, left": np.percentile(left.std(axis=1), PERCENTILES),
        "right minus left": np.percentile(difference, PERCENTILES),
        "share above 1 Hz": ((np.abs(difference) > 1.0).mean(),),
        "cumulative variance": cumulative_variance(side_by_side),
        "cumulative variance, z-scored": cumulative_variance(z_scored),
        "autocorrelation": autocorrelation,
        "correlation of right and left": (np.median(correlations),),
        "population mean, right": right.mean(axis=0)[[start, three_quarters]],
        "population mean, left": left.mean(axis=0)[[start, three_quarters]],
    }


@pytest.fixture(scope="module")
def generator():
    return SimpleNamespace(**runpy.run_path(str(STANDIN_FILE.parent / "make_standin.py")))


def test_the_standin_has_each_listed_number():
    found = statistics(load_recordings("synthetic"))
    for name, wanted in LISTED.items():
        least = 0.05 if name in CORRELATIONS else np.maximum(0.1 * np.abs(wanted), 0.05)
        assert (np.abs(np.subtract(found[name], wanted)) <= least).all(), (name, found[name])


def test_the_real_recordings_have_each_listed_number(alm_folder):
    found = statistics(load_recordings(alm_folder, mend_last_bins=False))
    for name, wanted in LISTED.items():
        size = np.abs(wanted)
        rounding = np.where(size < 1.0, 0.006, np.where(size < 40.0, 0.06, 0.5))
        assert (np.abs(np.subtract(found[name], wanted)) <= rounding).all(), (name, found[name])


def test_the_standin_is_small_plain_and_called_synthetic_wherever_it_is_shown():
    recordings = load_recordings("synthetic")
    assert recordings.rates.shape == (2, 500, 101)
    assert recordings.conditions == ("lick right", "lick left")
    assert STANDIN_FILE.stat().st_size < 500_000
    with np.load(STANDIN_FILE, allow_pickle=False) as file:
        assert file["rates"].dtype == np.float32
    assert recordings.source == "synthetic"
    assert "synthetic" in recordings.describe()
    assert "synthetic" in recordings.select(7).provenance.lower()
    mean = recordings.rates.mean(axis=1)
    assert (mean[:, -8:] > 0.98 * mean[:, -9:-8]).all(), "the last bins do not drop"


def test_the_script_makes_the_shipped_file(generator, tmp_path):
    generator.write(tmp_path / "again.npz")
    again, shipped = load_recordings(tmp_path / "again.npz"), load_recordings("synthetic")
    np.testing.assert_allclose(again.rates, shipped.rates, rtol=1e-5, atol=1e-5)
    for name in ("time", "conditions", "source", "provenance", "smoothing"):
        np.testing.assert_array_equal(getattr(again, name), getattr(shipped, name))


def test_another_size_and_seed_make_another_population(generator):
    one, other = generator.make_rates(300, seed=5), generator.make_rates(300, seed=6)
    assert one.shape == (2, 300, 101) and one.min() >= 0.0
    assert not np.allclose(one, other)
    np.testing.assert_allclose(np.median(one.mean(axis=(0, 2))), 4.2, rtol=0.02)
