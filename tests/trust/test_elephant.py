"""The statistics of spikes and the measures of quality against other people's programs."""

import numpy as np
import pytest
from scipy.stats import pearsonr

from src_part1 import correlation, psth_from_spikes, r2
from src_part2 import LIFParameters, firing_rates, interval_cv, simulate
from src_part2.statistics import spike_intervals
from src_part3 import pairwise_correlations

DURATION = 2000.0


@pytest.fixture(scope="module")
def elephant():
    pytest.importorskip("elephant", reason="elephant is not installed: pip install elephant")
    import elephant.conversion
    import elephant.spike_train_correlation
    import elephant.statistics

    return elephant


@pytest.fixture(scope="module")
def run():
    """Twelve neurons that fire between now and then, and regularly."""
    rng, mean_input = np.random.default_rng(2), np.linspace(0.9, 1.6, 12)
    return simulate(LIFParameters(noise=0.15), mean_input, DURATION, rng)


@pytest.fixture(scope="module")
def trains(elephant, run):
    """The same spikes as elephant takes them."""
    neo, pq = pytest.importorskip("neo"), pytest.importorskip("quantities")
    return [
        neo.SpikeTrain(run.spike_times[run.spike_ids == i] * pq.ms, t_stop=(DURATION + 1) * pq.ms)
        for i in range(12)
    ]


def test_rates_intervals_and_their_variation(elephant, run, trains):
    intervals, neurons = spike_intervals(run)
    for i, train in enumerate(trains):
        theirs = elephant.statistics.isi(train).rescale("ms").magnitude
        np.testing.assert_allclose(intervals[neurons == i], theirs, rtol=1e-12)
    cv = [elephant.statistics.cv(elephant.statistics.isi(t)) for t in trains]
    np.testing.assert_allclose(interval_cv(run), cv, rtol=1e-12)
    mean_rate, stop = elephant.statistics.mean_firing_rate, DURATION * trains[0].units
    rates = [float(mean_rate(t, t_stop=stop).rescale("Hz")) for t in trains]
    np.testing.assert_allclose(firing_rates(run), rates, rtol=1e-12)


def test_pairwise_correlations(elephant, run, trains):
    pq = pytest.importorskip("quantities")
    binned = elephant.conversion.BinnedSpikeTrain(
        trains, bin_size=20 * pq.ms, t_start=0 * pq.ms, t_stop=DURATION * pq.ms
    )
    matrix = elephant.spike_train_correlation.correlation_coefficient(binned)
    ours = pairwise_correlations(binned.to_array().T, at_least=1)
    np.testing.assert_allclose(ours, matrix[np.triu_indices(12, 1)], rtol=1e-9, atol=1e-12)


def test_psth(elephant):
    neo, pq = pytest.importorskip("neo"), pytest.importorskip("quantities")
    rng = np.random.default_rng(3)
    spikes = [[np.sort(rng.uniform(-400, 0, rng.poisson(12))) for _ in range(9)]]
    ours = psth_from_spikes(
        spikes, ["go"] * 9, window=(-400.0, 0.0), bin_width=20.0, smoothing=0.0, minimum_rate=0.0
    )
    trains = [neo.SpikeTrain(t * pq.ms, t_start=-400 * pq.ms, t_stop=0 * pq.ms) for t in spikes[0]]
    theirs = elephant.statistics.time_histogram(trains, bin_size=20 * pq.ms, output="rate")
    theirs = theirs.rescale("Hz").magnitude[:, 0]
    np.testing.assert_allclose(ours.recordings.rates[0, 0], theirs, rtol=1e-9)


def test_correlation_is_scipys():
    a, b = np.random.default_rng(4).normal(size=(2, 7, 50))
    theirs = [pearsonr(x, y).statistic for x, y in zip(a, b, strict=True)]
    np.testing.assert_allclose(correlation(a, b), theirs, rtol=1e-12)


def test_r2_is_that_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    a, b = np.random.default_rng(5).normal(size=(2, 7, 50))
    theirs = metrics.r2_score(b.T, a.T, multioutput="raw_values")
    np.testing.assert_allclose(r2(a, b), theirs, rtol=1e-12)
