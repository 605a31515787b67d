"""Trials: the same on any number of threads, and their inputs add up."""

from dataclasses import replace

import numpy as np
import pytest

from src_part2.statistics import firing_rates
from src_part3.connectivity import draw_plastic
from src_part3.drive import draw_cues
from src_part3.feedforward import draw_rates
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters, TrialParameters
from src_part3.state import PlasticWeights, build_network
from src_part3.trials import run_trial, run_trials

TRIAL = TrialParameters(duration=300.0, stim_on=100.0, stim_off=140.0)


@pytest.fixture(scope="module")
def setting():
    rng = np.random.default_rng(0)
    parameters = BalancedNetworkParameters(
        n_exc=100, n_inh=100, out_degree=40, mu_exc=0.5, mu_inh=0.4
    )
    untrained = build_network(parameters, rng, precision="float64")
    plastic = draw_plastic(parameters, rng.permutation(100)[:60], rng)
    network = replace(untrained, plastic=plastic, n_inputs=10)
    start = network.initial_weights()
    weights = PlasticWeights(
        start.recurrent_weights, rng.normal(0, 1, start.feedforward_weights.shape)
    )
    feedforward_rates = draw_rates(
        FeedforwardParameters(clock="per_condition", n_inputs=10, mean_rate=50.0), TRIAL, 2, rng
    )
    options = {
        "weights": weights, "feedforward_rates": feedforward_rates, "condition": 1,
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
    silent = run_trial(network, TRIAL, rng(0), **{**options, "feedforward_rates": None})
    np.testing.assert_array_equal(full.bin_counts[:7], silent.bin_counts[:7])
    assert (full.bin_counts[7:] != silent.bin_counts[7:]).any()


def test_input_by_bins_is_a_constant_one_in_pieces(setting):
    network, options = setting
    n_neurons = network.parameters.n_neurons
    extra = np.random.default_rng(5).uniform(-0.3, 0.3, n_neurons)
    constant = run_trial(network, TRIAL, np.random.default_rng(0), extra_input=extra, **options)
    pieces = run_trial(
        network, TRIAL, np.random.default_rng(0), bin_input=np.tile(extra, (15, 1)), **options
    )
    np.testing.assert_array_equal(constant.bin_counts, pieces.bin_counts)
    # The constant input belongs to the balanced input, what is given by bins does not.
    np.testing.assert_allclose(
        constant.balanced_input, pieces.balanced_input + extra[network.trained], rtol=1e-9
    )
    late = np.zeros((15, n_neurons))
    late[9:] = extra
    none, late = (
        run_trial(network, TRIAL, np.random.default_rng(0), bin_input=b, **options)
        for b in (None, late)
    )
    np.testing.assert_array_equal(none.bin_counts[:9], late.bin_counts[:9])
    assert (none.bin_counts[9:] != late.bin_counts[9:]).any()
    with pytest.raises(ValueError, match=r"bin_input must have shape \(15, 200\), got \(14, 200\)"):
        run_trial(network, TRIAL, np.random.default_rng(0), bin_input=np.zeros((14, 200)),
                  **options)


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
    with pytest.raises(ValueError, match="duration after 50 ms must be .* the width of a bin = 20"):
        run_trial(network, TRIAL, np.random.default_rng(0), bins_from=50.0, **options)
    with pytest.raises(ValueError, match="bins_from must be below 300"):
        run_trial(network, TRIAL, np.random.default_rng(0), bins_from=300.0, **options)


def test_bins_may_begin_later(setting):
    network, options = setting
    whole = run_trial(network, TRIAL, np.random.default_rng(4), filtered=True, **options)
    late = run_trial(
        network, TRIAL, np.random.default_rng(4), bins_from=140.0, filtered=True, **options
    )
    np.testing.assert_allclose(late.time, whole.time[7:])
    for name in ("bin_counts", "balanced_input", "plastic_input", "filtered_spikes",
                 "filtered_feedforward"):
        np.testing.assert_array_equal(getattr(late, name), getattr(whole, name)[7:])
    assert late.duration == pytest.approx(160.0)


def test_filtered_spikes_are_exponentials_after_each_spike(setting):
    network, options = setting
    trial = run_trial(
        network, TRIAL, np.random.default_rng(0), spikes=True, filtered=True, **options
    )
    tau, ends = network.parameters.tau_plastic, trial.time + trial.bin_width
    for neuron in np.argsort(trial.counts)[-3:]:
        times = trial.spike_times[trial.spike_ids == neuron]
        since = ends[:, None] - times
        # A spike acts in the step after it.
        decayed = (1 - 0.1 / tau) ** (since / 0.1 - 1)
        expected = np.where(since > 0.05, decayed, 0).sum(axis=1) / tau
        np.testing.assert_allclose(trial.filtered_spikes[:, neuron], expected, rtol=1e-9)
    assert run_trial(network, TRIAL, np.random.default_rng(0), **options).filtered_spikes.size == 0


def test_weights_may_change_after_each_bin(setting):
    network, options = setting
    other = replace(
        options["weights"], recurrent_weights=2 * options["weights"].recurrent_weights
    )
    seen = []

    def after_bin(b, state):
        seen.append((b, state.step))
        return other if b == 9 else None

    plain = run_trial(network, TRIAL, np.random.default_rng(1), **options)
    changed = run_trial(
        network, TRIAL, np.random.default_rng(1), after_bin=after_bin, **options
    )
    assert seen == [(b, 200 * (b + 1)) for b in range(15)]
    np.testing.assert_array_equal(changed.plastic_input[:10], plain.plastic_input[:10])
    assert (changed.plastic_input[10:] != plain.plastic_input[10:]).any()
