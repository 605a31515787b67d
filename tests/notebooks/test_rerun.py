"""Attendees run cells twice, sections alone, and everything with other numbers."""

import re

import pytest

from tests.notebooks.harness import NOTEBOOKS, SOLUTIONS, Session, outputs, tags

CASES = pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
MOST_MEMORY = 1500  # MB

# Parameters that an attendee may change, by notebook: expressions, and what must be said if the
# value cannot be (None: it works).
ALTERATIONS = {
    "part1_rate_rnn": [
        ({"gains": "(0.9, 3.0)"}, None),
        ({"gains": "(-1.0,)"}, "RateNetworkParameters.gain must be"),
        ({"chaos_units": "0"}, "RateNetworkParameters.n_units must be"),
        ({"chaos_seed": "12"}, None),
        ({"force_gain": "0.8"}, None),
        ({"force_learn_every": "0.5"}, "learn_every must be"),
        ({"ridges": "(1e-4,)"}, None),
        ({"noise": "0.0", "n_samples": "25"}, None),
        ({"sine_units": "20"}, None),
        ({"sine_learn_every": "20.0", "sine_ridge": "5.0"}, None),
        ({"sine_ridge": "0.0"}, "ridge must be positive"),
        ({"sine_loops": "0"}, "n_loops must be at least 1"),
        ({"n_neurons": "20", "population_seed": "4"}, None),
        ({"source": "'nowhere.npz'"}, "nowhere.npz"),
        ({"learn_every": "100.0"}, None),
        ({"unit_tau": "0.0"}, "tau must be"),
        ({"distractor_seeds": "(4, 5)", "held_shares": "(0.5,)"}, None),
        ({"distractor_noise": "-0.1"}, "noise must be at least 0"),
    ],
    "part2_spiking_rnn": [
        ({"single_noise": "0.5"}, None),
        ({"single_noise": "-1.0"}, "LIFParameters.noise must be"),
        ({"single_dt": "0.02"}, None),
        ({"single_dt": "5.0"}, "LIFParameters.dt must be"),
        ({"pair_weight": "-5.0", "pair_seed": "2"}, None),
        ({"pair_tau_syn": "0.0"}, "LIFParameters.tau_syn must be positive"),
        ({"network_size": "3"}, None),
        ({"input_scale": "0.12", "coupling": "0.0"}, None),
        ({"sine_tau_syn": "30.0", "sine_neurons": "30"}, None),
        ({"sine_noise": "0.0", "sine_learn_every": "50.0"}, None),
        ({"sine_ridge": "-1.0"}, "ridge must be positive"),
        ({"pattern_neurons": "20"}, None),
        ({"pattern_neurons": "100"}, None),
        ({"recorded_noise": "0.0"}, "noise"),
        ({"recorded_tau_syn": "100.0", "recorded_seed": "3"}, None),
        ({"limit_seeds": "(5,)"}, None),
    ],
    "part3_balanced_network": [
        ({"out_degree": "400"}, None),
        ({"out_degree": "6000"}, "out_degree must be at most"),
        ({"network_seed": "11"}, None),
        ({"task_seed": "3", "n_recorded": "60"}, None),
        ({"n_recorded": "0"}, "select.neurons must be at least 1"),
        ({"source": "'nowhere.npz'"}, "nowhere.npz"),
        ({"network_changes": "{'n_plastic_exc': 5}", "n_recorded": "50"}, None),
        ({"network_changes": "{'tau_plastic': 100.0}"}, None),
        ({"network_changes": "{'n_plastic_exc': -1}"}, "n_plastic_exc must be at least 0"),
        ({"dial_of_sparseness": "{50: (0.5, 0.4, 1.0)}"}, None),
        ({"clock": "'common'"}, None),
        ({"clock": "'mine'"}, "clock must be one of"),
        ({"training_seed": "7", "held_loops": "1", "settling_loops": "0", "free_loops": "0"}, None),
        ({"held_loops": "0"}, "held_loops must be at least 1"),
        ({"free_trials": "1"}, "free_trials must be at least 2"),
        ({"n_test_trials": "1"}, "n_trials must be at least 2"),
        ({"silenced_fraction": "0.9"}, None),
        ({"silenced_fraction": "1.5"}, "silenced_fraction must be"),
        ({"lesion_seeds": "(1,)", "dial": "'common'"}, None),
        ({"dial": "'none'"}, "dial must be"),
        ({"n_components": "2"}, None),
        ({"distractor_after": "(100.0, 1500.0)", "distractor_strength": "2.0"}, None),
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
        for changes, sentence in ALTERATIONS[path.stem]:
            (heading,) = {session.section_of(name) for name in changes}
            error = session.run_sections(heading, **changes)
            if sentence is None:
                assert error is None, (changes, error)
            else:
                assert error is not None, changes
                assert error[0] in ("ValueError", "TypeError", "FileNotFoundError"), error
                assert sentence in error[1], (changes, error)
                assert len(re.findall(r"\. [A-Z]", error[1])) <= 1, error


@CASES
def test_nothing_fails_where_exercises_are_not_filled_in(path):
    # All other cells are those of the solution, which the tests above execute.
    with Session.open(NOTEBOOKS / path.name) as session:
        session.front_matter()
        cells = sum(session.sections.values(), [])
        stubs = [i for i, cell in enumerate(cells) if "exercise" in tags(cell)]
        for i in stubs:
            session.run(cells[i])
            session.run(cells[i + 1])
            verdict, *plot = outputs(cells[i + 1])
            assert verdict.startswith("… not written yet")
            assert plot


def test_what_is_changed_early_reaches_the_end():
    (path,) = (path for path in SOLUTIONS if path.stem.startswith("part3"))
    with Session.open(path) as session:
        session.front_matter()
        numbered = [heading for heading in session.sections if heading[:1] in ("2", "3", "4")]
        assert len(numbered) == 3
        changes = {"n_recorded": "40", "network_changes": "{'n_plastic_exc': 5}"}
        changes["clock"] = "'common'"
        assert session.run_sections(*numbered, **changes) is None
