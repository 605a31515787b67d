"""Trials: the same on any number of threads, and their inputs add up."""

from dataclasses import replace

import numpy as np
import pytest

from src_part2.statistics import firing_rates
from src_part3.connectivity import draw_plastic
from src_part3.drive import draw_cues
from src_part3.feedforward import draw_rates
from src_part3.parameters import FeedforwardParameters, NetworkParameters, TrialParameters
from src_part3.state import PlasticWeights, build_network
from src_part3.trials import run_trial, run_trials

TRIAL = TrialParameters(duration=300.0, stim_on=100.0, stim_off=140.0)


@pytest.fixture(scope="module")
def setting():
    rng = np.random.default_rng(0)
    parameters = NetworkParameters(n_exc=100, n_inh=100, out_degree=40, mu_exc=0.5, mu_inh=0.4)
    untrained = build_network(parameters, rng)
    plastic = draw_plastic(parameters, rng.permutation(100)[:60], rng)
    network = replace(untrained, plastic=plastic, n_inputs=10)
    start = network.initial_weights()
    weights = PlasticWeights(start.recurrent, rng.normal(0, 1, start.feedforward_out.shape))
    feedforward = draw_rates(FeedforwardParameters(n_inputs=10, mean_rate=50.0), TRIAL, 2, rng)
    options = {
        "weights": weights, "feedforward": feedforward, "condition": 1,
        "cue": draw_cues(network, TRIAL, 1, rng)[0],
    }
    return network, options


def test_same_trials_on_any_number_of_threads(setting):
    network, options = setting
    runs = [
        list(run_trials(network, TRIAL, 7, np.random.default_rng(3), n_threads=n, **options))
        for n in (1, 2, 5)
    ]
    assert len({trial.bin_counts.tobytes() for trial in runs[0]}) == 7
    for other in runs[1:]:
        for a, b in zip(runs[0], other, strict=True):
            np.testing.assert_array_equal(a.bin_counts, b.bin_counts)
            np.testing.assert_array_equal(a.total_input, b.total_input)


def test_mean_inputs_agree_with_traces(setting):
    network, options = setting
    probes = network.trained[:3]
    trial = run_trial(network, TRIAL, np.random.default_rng(0), probes=probes, **options)
    traces = trial.recorder.traces.reshape(15, 200, 3, 4).mean(axis=1)
    external = network.parameters.external_input[0]
    np.testing.assert_allclose(traces[..., :2].sum(axis=2) + external, trial.balanced_input[:, :3])
    np.testing.assert_allclose(traces[..., 2], trial.plastic_input[:, :3])
    assert trial.total_input.shape == (15, 60)
    assert np.ptp(trial.plastic_input) > 0


def test_feedforward_spikes_and_cue_act_when_they_should(setting):
    network, options = setting
    rng = np.random.default_rng
    full = run_trial(network, TRIAL, rng(0), **options)
    no_cue = run_trial(network, TRIAL, rng(0), **{**options, "cue": None})
    np.testing.assert_array_equal(full.bin_counts[:5], no_cue.bin_counts[:5])
    assert (full.bin_counts[5:7] != no_cue.bin_counts[5:7]).any()
    silent = run_trial(network, TRIAL, rng(0), **{**options, "feedforward": None})
    np.testing.assert_array_equal(full.bin_counts[:7], silent.bin_counts[:7])
    assert (full.bin_counts[7:] != silent.bin_counts[7:]).any()


def test_silenced_neurons_do_not_spike(setting):
    network, options = setting
    trial = run_trial(network, TRIAL, np.random.default_rng(0), silenced=[3, 150], **options)
    assert trial.bin_counts[:, [3, 150]].sum() == 0
    assert trial.bin_counts.sum() > 0


def test_rates_are_spikes_per_second(setting):
    network, options = setting
    trial = run_trial(network, TRIAL, np.random.default_rng(0), spikes=True, **options)
    counts = np.bincount(trial.spike_ids, minlength=200)
    np.testing.assert_array_equal(trial.counts, counts)
    np.testing.assert_allclose(firing_rates(trial), counts / 0.3)


def test_a_trial_must_be_a_whole_number_of_bins(setting):
    network, options = setting
    with pytest.raises(ValueError, match="whole multiple"):
        run_trial(network, replace(TRIAL, duration=310.0), np.random.default_rng(0), **options)
