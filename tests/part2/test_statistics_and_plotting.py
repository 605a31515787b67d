"""Spike statistics against hand-made spike trains; plots show what they were given."""

import numpy as np
import pytest

import src_part2 as part2
from src_part2 import plotting
from src_part2.limits import QualitySweep
from src_part2.simulator import SpikingRun
from src_part2.statistics import spike_intervals


def run_with(times, ids, n_neurons=3, duration=1000.0):
    order = np.argsort(times, kind="stable")
    times, ids = np.asarray(times, float)[order], np.asarray(ids, np.int32)[order]
    return SpikingRun(
        n_neurons, duration, np.zeros(n_neurons), np.bincount(ids, minlength=n_neurons), times, ids,
        np.empty(0, np.int64), np.empty(0), *np.empty((2, 0, 0)),
    )


def test_rates_count_spikes_and_intervals_stay_within_a_neuron():
    run = run_with([100, 300, 800, 900, 50, 120], [0, 0, 0, 2, 2, 1])
    np.testing.assert_allclose(part2.firing_rates(run), [3.0, 1.0, 2.0])
    np.testing.assert_allclose(part2.firing_rates(run, start=200.0), [2.5, 0.0, 1.25])
    np.testing.assert_array_equal(spike_intervals(run), [[200.0, 500.0, 850.0], [0, 0, 2]])
    np.testing.assert_array_equal(spike_intervals(run, start=100.0), [[500.0], [0]])


def test_cv_of_clock_poisson_and_too_few_spikes():
    clock = np.arange(1.0, 10_000.0, 10.0)
    poisson = np.cumsum(np.random.default_rng(0).exponential(10.0, 950))
    times, ids = [*clock, *poisson, 5.0, 7.0], np.repeat([0, 1, 2], [1000, 950, 2])
    cv = part2.interval_cv(run_with(times, ids, duration=12_000.0))
    assert abs(cv[0]) < 1e-9 and abs(cv[1] - 1) < 0.1 and np.isnan(cv[2])


def test_unrecorded_spikes_have_no_intervals():
    run = part2.simulate(part2.LIFParameters(), [2.0], 200.0, np.random.default_rng(0),
                         record_spikes=False)
    assert part2.firing_rates(run)[0] > 50
    remedy = r"simulate\(..., record_spikes=True\) or run_trial\(..., spikes=True\)"
    for statistic, start in ((part2.interval_cv, 0.0), (part2.firing_rates, 100.0)):
        with pytest.raises(ValueError, match=remedy):
            statistic(run, start=start)
    for statistic in (part2.firing_rates, spike_intervals, part2.interval_cv):
        with pytest.raises(TypeError, match="run must be a SpikingRun, or a Trial of Part 3, got"):
            statistic(part2.LIFParameters())


def test_voltage_shows_every_spike():
    run = part2.simulate(part2.LIFParameters(), [2.0, 1.5], 100.0, np.random.default_rng(0),
                         traced=[1, 0])
    ax = plotting.plot_voltage(run, 0)
    assert len(ax.collections[0].get_segments()) == run.counts[1] > 0
    np.testing.assert_array_equal(ax.lines[0].get_ydata(), run.voltage[0])


def test_raster_shows_chosen_neurons_in_order():
    run = run_with([100, 300, 800, 900], [0, 1, 2, 2])
    line = plotting.plot_raster(run, neurons=[2, 0]).lines[0]
    np.testing.assert_array_equal(line.get_xdata(), [100, 800, 900])
    np.testing.assert_array_equal(line.get_ydata(), [1, 0, 0])


def test_sweep_and_trials_show_their_numbers():
    result = QualitySweep(
        "tau_syn", np.array([1.0, 2.0]), np.array([[0.5, 0.7], [0.8, 1.0]]),
        np.array([[0.1, 0.3], [0.6, 0.8]]),
    )
    np.testing.assert_allclose(plotting.plot_sweep(result).lines[0].get_ydata(), [0.6, 0.9])
    error = plotting.plot_sweep(result, quality="error")
    np.testing.assert_allclose(error.lines[0].get_ydata(), [0.8, 0.3])
    with pytest.raises(ValueError, match="quality must be one of 'correlation', 'r2', 'error'"):
        plotting.plot_sweep(result, quality="values")
    trials = np.random.default_rng(0).random((4, 2, 5))
    ax = plotting.plot_trial_spread(np.arange(5.0), trials[0], trials)
    assert len(ax.lines) == 4 * 2 + 2 + 2
    np.testing.assert_allclose(ax.lines[-2].get_ydata(), trials[:, 0].mean(axis=0))


def test_every_plot_of_an_earlier_part_is_offered_by_the_later_ones():
    from src_part1 import plotting as part1
    from src_part3 import plotting as part3

    for earlier, later in ((part1, plotting), (plotting, part3)):
        drawn = {n for n in vars(earlier) if n.startswith("plot_")}
        assert drawn <= set(earlier.__all__)
        assert len(later.__all__) == len(set(later.__all__)) > len(earlier.__all__)
        assert set(earlier.__all__) <= set(later.__all__)
        assert all(getattr(later, name) is getattr(earlier, name) for name in earlier.__all__)
