"""Every plot shows what it was given."""

import numpy as np
import pytest

from src_part2.statistics import firing_rates
from src_part3 import plotting
from src_part3.balance import RateSweep, StatePlane
from src_part3.clock import draw_rates
from src_part3.network import build_network
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters, TrialParameters
from src_part3.trials import run_trial

PARAMETERS = BalancedNetworkParameters(n_exc=1000, n_inh=1000, out_degree=400)


@pytest.fixture(scope="module")
def trial():
    network, rng = build_network(PARAMETERS, np.random.default_rng(0)), np.random.default_rng(1)
    second = TrialParameters(duration=1000.0, stim_on=0.0, stim_off=0.0)
    return run_trial(network, second, rng, spikes=True, probes=[3, 1500])


def test_the_plane_of_states_names_them():
    cv, synchrony = np.array([[[np.nan, 0.2], [np.nan, 0.8]], [[np.nan, 900.0], [1.0, 0.5]]])
    rates = np.array([[np.nan, 15.0], [0.4, 6.6]])[..., None] * np.ones(2)
    plane = StatePlane(np.array([-0.15, -0.75]), np.array([1.0, 4.0]), rates, np.nan * rates, cv,
                       synchrony)
    ax = plotting.plot_state_plane(plane, course_network=(4.02, -0.75))
    texts = {text.get_position(): text.get_text() for text in ax.texts}
    assert texts == {(1, 0): "SR\n15.0 Hz", (0, 1): "A?\n0.4 Hz", (1, 1): "AI\n6.6 Hz"}
    hatched, frame = ax.patches
    assert hatched.get_hatch() and hatched.get_xy() == (-0.5, -0.5)
    assert frame.get_xy() == pytest.approx((0.52, 0.53))
    elsewhere = plotting.plot_state_plane(plane, course_network=(4.02, -0.5))
    assert len(elsewhere.patches) == 1  # no field has this inhibition: nothing is marked
    # One field is in the balanced state: four sides of it are drawn.
    sides = [side.tolist() for lines in ax.collections for side in lines.get_segments()]
    assert sorted(sides) == [[[0.5, 0.5], [0.5, 1.5]], [[0.5, 0.5], [1.5, 0.5]],
                             [[0.5, 1.5], [1.5, 1.5]], [[1.5, 0.5], [1.5, 1.5]]]


def test_windows_move_into_a_short_trial(trial):
    ax = plotting.plot_input_balance(trial, 1.0, window=(900.0, 1200.0))
    assert ax.get_xlim() == (700.0, 1000.0)
    assert plotting.plot_ei_raster(trial, 1000, window=(500.0, 3000.0)).get_xlim() == (0, 1000)


def test_input_balance_shows_the_total_input(trial):
    ax = plotting.plot_input_balance(trial, PARAMETERS.external_input[0], window=(200.0, 300.0))
    exc, inh, total = (line.get_ydata() for line in ax.lines[:3])
    np.testing.assert_allclose(total, exc + inh, rtol=1e-6)
    assert exc.mean() > 1 > total.mean() > inh.mean()
    assert ax.lines[0].get_xdata()[[0, -1]] == pytest.approx([200.1, 300.0])


def test_raster_shows_the_spikes_of_the_window(trial):
    ax = plotting.plot_ei_raster(trial, 1000, n_shown=1000, window=(100.0, 400.0))
    inside = (trial.spike_times > 100) & (trial.spike_times <= 400)
    for line, part in zip(ax.lines, (trial.spike_ids < 1000, trial.spike_ids >= 1000), strict=True):
        times, rows = line.get_data()
        np.testing.assert_array_equal(times, trial.spike_times[inside & part])
        np.testing.assert_array_equal(rows, trial.spike_ids[inside & part])


def test_distribution_of_rates_names_the_means(trial):
    rates = firing_rates(trial)
    ax = plotting.plot_rate_distribution(rates, 1000, expected=[6.0, 12.0])
    labels = " ".join(text.get_text() for text in ax.get_legend().get_texts())
    assert f"E: mean {rates[:1000].mean():.1f} Hz" in labels
    assert "I, theory: 12.0 Hz" in labels


def test_rate_sweep_shows_simulation_and_both_theories():
    sweep = RateSweep(np.array([1.0, 2.0]), *(k * np.ones((2, 2)) for k in (1, 2, 3)))
    ax = plotting.plot_rate_sweep(sweep, logarithmic=True, xlabel="K")
    assert ax.get_xscale() == "log"
    assert sorted(line.get_ydata()[0] for line in ax.lines) == [1, 1, 2, 2, 3, 3]


def test_rate_to_input_and_matching_show_their_pairs():
    rates = np.linspace(1, 20, 60).reshape(2, 3, 10)
    ax = plotting.plot_rate_to_input(rates, rates / 10, max_points=7)
    x, y = ax.lines[0].get_data()
    assert x.size == 7 and x[0] == 1 and x[-1] == 20
    np.testing.assert_allclose(y, x / 10)
    model = np.array([3.0, 1.0, 2.0])
    ax = plotting.plot_matching(np.array([1.1, 2.9]), model, np.array([1, 0]))
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [1.0, 3.0])


def test_no_condition_of_the_feedforward_rates_is_left_out():
    clock = FeedforwardParameters(clock="per_condition", n_inputs=2)
    rates = draw_rates(clock, TrialParameters(duration=1100.0), 5, np.random.default_rng(0))
    ax = plotting.plot_feedforward(rates, n_shown=1)
    assert len(ax.lines) == 5 and ax.lines[0].get_xdata()[0] == 1000.0
    assert len({(line.get_color(), line.get_linestyle()) for line in ax.lines}) == 5


def test_lesions_show_their_values():
    ax = plotting.plot_lesions([[0.5, 0.4], [0.1, -0.2]], ("whole", "$5"), "ab")
    assert [bar.get_width() for bar in ax.patches] == [0.5, 0.1, 0.4, -0.2]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["whole", r"\$5"]
    bars = plotting.plot_lesions([np.linspace(0.1, 0.8, 8)], ["whole"], "abcdefgh").patches
    assert len({(bar.get_facecolor(), bar.get_hatch()) for bar in bars}) == 8
    edges = np.array([[bar.get_y(), bar.get_y() + bar.get_height()] for bar in bars])
    assert (edges[1:, 0] >= edges[:-1, 1]).all()  # no bar covers another


def test_lesions_of_several_sets_are_drawn_with_their_reach():
    ax = plotting.plot_lesions([[[1.0], [0.2]], [[3.0], [0.4]]], ("whole", "silent"), "a")
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], [2.0, 0.3])
    (bars,) = (c for c in ax.containers if hasattr(c, "errorbar"))
    reach = bars.errorbar.lines[2][0].get_segments()
    np.testing.assert_allclose([line[:, 0] for line in reach], [[1, 3], [0.2, 0.4]])
