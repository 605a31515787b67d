"""Attendees run cells twice, sections alone, and everything with other numbers."""

import itertools
import re

import pytest

from tests.notebooks.harness import NOTEBOOKS, SOLUTIONS, Session, outputs, tags

CASES = pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
MOST_MEMORY = 1500  # MB

# Parameters that an attendee may change, by notebook: expressions that work, and others with what
# must be said.
WORKING = {
    "part1_rate_rnn": [
        {"gains": "(0.9, 3.0)"}, {"chaos_seed": "12"}, {"force_gain": "0.8"},
        {"ridges": "(1e-4,)"}, {"noise": "0.0", "n_samples": "25"}, {"sine_units": "20"},
        {"sine_learn_every": "20.0", "sine_ridge": "5.0"},
        {"n_neurons": "20", "population_seed": "4"}, {"learn_every": "100.0"},
        {"distractor_seeds": "(4, 5)", "held_shares": "(0.5,)"},
    ],
    "part2_spiking_rnn": [
        {"single_noise": "0.5"}, {"single_dt": "0.02"}, {"pair_weight": "-5.0", "pair_seed": "2"},
        {"network_size": "3"}, {"input_scale": "0.12", "coupling": "0.0"},
        {"sine_tau_syn": "30.0", "sine_neurons": "30"},
        {"sine_noise": "0.0", "sine_learn_every": "50.0"}, {"pattern_neurons": "20"},
        {"pattern_neurons": "100"}, {"recorded_tau_syn": "100.0", "recorded_seed": "3"},
        {"limit_seeds": "(5,)"},
    ],
    "part3_balanced_network": [
        {"out_degree": "400"}, {"network_seed": "11"}, {"task_seed": "3", "n_recorded": "60"},
        {"network_changes": "{'n_plastic_exc': 5}", "n_recorded": "50"},
        {"network_changes": "{'tau_plastic': 100.0}"},
        {"dial_of_sparseness": "{50: (0.5, 0.4, 1.0)}"}, {"clock": "'common'"},
        {"training_seed": "7", "held_loops": "1", "settling_loops": "0", "free_loops": "0"},
        {"silenced_fraction": "0.9"}, {"lesion_seeds": "(1,)", "dial": "'common'"},
        {"n_components": "2"},
        {"distractor_after": "(100.0, 1500.0)", "distractor_strength": "2.0"},
    ],
}
REFUSED = {
    "part1_rate_rnn": [
        ({"gains": "(-1.0,)"}, "gains must be at least 0"),
        ({"chaos_units": "0"}, "RateNetworkParameters.n_units must be"),
        ({"force_learn_every": "0.5"}, "learn_every must be"),
        ({"sine_ridge": "0.0"}, "ridge must be positive"), ({"unit_tau": "0.0"}, "tau must be"),
        ({"sine_loops": "0"}, "n_loops must be at least 1"),
        ({"cue_strength": "0"}, "cue_strength"), ({"source": "'nowhere.npz'"}, "nowhere.npz"),
        ({"distractor_noise": "-0.1"}, "noise must be at least 0"),
    ],
    "part2_spiking_rnn": [
        ({"single_noise": "-1.0"}, "LIFParameters.noise must be"),
        ({"single_dt": "5.0"}, "LIFParameters.dt must be"),
        ({"pair_tau_syn": "0.0"}, "LIFParameters.tau_syn must be positive"),
        ({"sine_ridge": "-1.0"}, "ridge must be positive"), ({"recorded_noise": "0.0"}, "noise"),
    ],
    "part3_balanced_network": [
        ({"out_degree": "6000"}, "out_degree must be at most"),
        ({"n_recorded": "0"}, "select.neurons must be at least 1"),
        ({"source": "'nowhere.npz'"}, "nowhere.npz"),
        ({"network_changes": "{'n_plastic_exc': -1}"}, "n_plastic_exc must be at least 0"),
        ({"clock": "'mine'"}, "clock must be one of"), ({"dial": "'none'"}, "dial must be"),
        ({"held_loops": "0"}, "held_loops must be at least 1"),
        ({"free_trials": "1"}, "free_trials must be at least 2"),
        ({"n_test_trials": "1"}, "n_trials must be at least 2"),
        ({"silenced_fraction": "1.5"}, "silenced_fraction must be"),
        ({"distractor_after": "(1990.0,)"}, "times must leave room"),
    ],
}


@CASES
def test_every_cell_twice_in_a_row(path):
    with Session.open(path) as session:
        for cells in session.sections.values():
            for cell in cells:
                session.run(cell)
                first = outputs(cell)
                # A value that nobody asked for: the cell's last line lacks a semicolon.
                assert not any(shown.startswith(("Text(", "<matplotlib")) for shown in first)
                session.run(cell)
                assert outputs(cell) == first, cell.source
        assert session.peak_mb() < MOST_MEMORY


@CASES
def test_sections_alone_and_with_other_numbers(path):
    with Session.open(path) as session:
        session.front_matter()
        # Backwards: nothing that an earlier section leaves behind can help.
        for heading in reversed([h for h in session.sections if h]):
            assert session.run_sections(heading) is None, heading
        for changes in WORKING[path.stem]:
            (heading,) = {session.section_of(name) for name in changes}
            assert session.run_sections(heading, **changes) is None, changes
        for changes, sentence in REFUSED[path.stem]:
            (heading,) = {session.section_of(name) for name in changes}
            error, message = session.run_sections(heading, **changes) or ("no error", "")
            assert error in ("ValueError", "TypeError", "FileNotFoundError"), (changes, error)
            assert sentence in message, (changes, message)
            assert len(re.findall(r"\. [A-Z]", message)) <= 1, message
        if path.stem.startswith("part3"):  # what is changed early reaches the end
            numbered = [heading for heading in session.sections if heading[:1] in ("2", "3", "4")]
            changes = {"n_recorded": "40", "network_changes": "{'n_plastic_exc': 5}",
                       "clock": "'common'"}
            assert session.run_sections(*numbered, **changes) is None


@CASES
def test_nothing_fails_where_exercises_are_not_filled_in(path):
    # All other cells are those of the solution, which the tests above execute.
    with Session.open(NOTEBOOKS / path.name) as session:
        session.front_matter()
        cells = sum(session.sections.values(), [])
        for cell, check in itertools.pairwise(cells):
            if "exercise" in tags(cell):
                session.run(cell)
                session.run(check)
                verdict, *plot = outputs(check)
                assert verdict.startswith("… not written yet") and plot
