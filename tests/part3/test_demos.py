"""The interactive demos show what their parameters say, and refuse what cannot be."""

from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pytest

from src_part3.course.demos import demo_balance, demo_plastic_synapses, sample_regressors
from tests.part3.small import small_task


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def figure(demo, *arguments, **options):
    assert demo(*arguments, **options) is None
    return plt.gcf()


def mean_rate(fig):
    return float(fig.axes[1].get_title().split()[2])


def test_rates_follow_the_external_input_and_weak_inhibition_regularises():
    default = figure(demo_balance)
    assert abs(mean_rate(default) - 6.6) < 1
    assert mean_rate(figure(demo_balance, external=1.0)) > mean_rate(default) + 2
    fast = figure(demo_balance, j_ei=-0.22)
    assert mean_rate(fast) > 40
    irregularity = [float(fig.axes[1].get_title().split()[-1]) for fig in (default, fast)]
    assert irregularity[1] < irregularity[0] - 0.2


def test_strong_inhibition_silences_excitation():
    assert mean_rate(figure(demo_balance, j_ei=-1.6)) < 1.5


@pytest.mark.parametrize(
    "options", [{"j_ei": -0.18}, {"j_ei": -0.15}, {"j_ei": -0.05}, {"j_ei": -0.2, "external": 3.0}]
)
def test_where_inhibition_is_too_weak_a_sentence_says_so(options):
    fig = figure(demo_balance, **options)
    (text,) = fig.axes[0].texts
    assert "Inhibition is too weak" in text.get_text()


def test_the_title_ties_the_out_degree_to_the_number_of_inputs():
    fig = figure(demo_balance, out_degree=200)
    assert "out-degree 200, so K = 100" in fig.axes[0].get_title()


@pytest.fixture(scope="module")
def samples():
    task = small_task()
    weights = (task.network.initial_weights(),) * task.n_conditions
    return sample_regressors(task, weights, np.random.default_rng(0), n_trials=2)


def test_samples_are_means_over_independent_halves(samples):
    assert samples.spikes.shape[:2] == samples.feedforward.shape[:2] == (2, 2)
    assert not np.array_equal(samples.spikes[0], samples.spikes[1])
    assert np.isfinite(samples.plastic_targets).all()
    demo_plastic_synapses(samples, 4, n_neurons=2)
    texts = [text.get_text() for text in plt.gca().get_legend().get_texts()]
    assert [text.split(":")[0] for text in texts] == ["right", "left"]


def test_the_fit_is_ridge_regression(samples):
    fig = figure(demo_plastic_synapses, samples, 4, with_feedforward=True, ridge=0.01, n_neurons=1)
    rng = np.random.default_rng(0)
    neuron = rng.permutation(samples.trained.size)[0]
    others = [n for n in samples.trained if n != samples.trained[neuron]]
    pre_exc = rng.choice(others, 4, replace=False)
    n_inh = samples.spikes.shape[3] - samples.n_exc
    pre = np.concatenate([pre_exc, samples.n_exc + rng.choice(n_inh, 4, replace=False)])
    zeros = np.zeros_like(samples.feedforward[0, 0])
    halves = []
    for rates, shared in zip(samples.spikes, samples.feedforward, strict=True):
        first = np.hstack([rates[0][:, pre], shared[0], zeros])
        second = np.hstack([rates[1][:, pre], zeros, shared[1]])
        halves.append(np.vstack([first, second]))
    target = samples.plastic_targets[:, :, neuron].ravel()
    gram = halves[0].T @ halves[0] + 0.01 * np.eye(halves[0].shape[1])
    fitted = halves[1] @ np.linalg.solve(gram, halves[0].T @ target)
    expected = np.corrcoef(fitted[: len(zeros)], target[: len(zeros)])[0, 1]
    legend = fig.axes[0].get_legend_handles_labels()[1]
    assert f"median {expected:.2f}" in legend[0]


def test_no_neuron_is_offered_its_own_spikes(samples):
    # Each trained neuron's spikes are its own target, so that only they could fit it all.
    targets = np.random.default_rng(0).normal(size=samples.plastic_targets.shape)
    spikes = 0 * samples.spikes
    spikes[..., samples.trained] = targets
    own = replace(samples, spikes=spikes, plastic_targets=targets)
    figure(demo_plastic_synapses, own, 16, with_feedforward=False, ridge=1e-6)
    labels = plt.gca().get_legend_handles_labels()[1]
    assert max(float(label.split()[-1]) for label in labels) < 0.97


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_plastic": 24}, "n_plastic must be at most 23, got 24"),
        ({"n_plastic": -1}, "n_plastic must be at least 0"),
        ({"n_plastic": 0, "with_feedforward": False}, "n_plastic must be positive"),
        ({"ridge": 0.0}, "ridge must be positive"),
    ],
)
def test_values_that_cannot_be(samples, options, message):
    with pytest.raises(ValueError, match=message):
        demo_plastic_synapses(samples, **options)
