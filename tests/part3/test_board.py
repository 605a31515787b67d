"""The challenge: the same score for the same weights, a board that is kept, fixed means."""

import json
from dataclasses import replace

import pytest

from course.part3 import challenge
from tests.part3.small import NETWORK, small_task


@pytest.fixture
def entry(monkeypatch):
    monkeypatch.setenv("COURSE_FAST", "1")
    task = small_task(clock="none")
    return task, [task.network.initial_weights()] * task.n_conditions


def test_a_board_lists_all_networks_from_the_best(entry, tmp_path, capsys):
    board = tmp_path / "board.json"
    score = challenge(*entry, "李", board=board)
    assert challenge(*entry, "again", board=board) == score
    assert str(board) in capsys.readouterr().out
    rows = json.loads(board.read_text(encoding="utf-8"))
    assert [row["name"] for row in rows] == ["李", "again"]
    assert rows[0]["synapses"] == 11 and rows[0]["neurons"] == 24
    rows[0] |= {"name": "better", "score": score + 0.1}
    rows[1] |= {"name": "worse", "score": score - 0.1}
    board.write_text(json.dumps(rows), encoding="utf-8")
    challenge(*entry, "me", board=board)
    rows = json.loads(board.read_text(encoding="utf-8"))
    assert [row["name"] for row in rows] == ["better", "me", "worse"]
    said = capsys.readouterr().out
    assert f"the best is {score + 0.1:.3f}" in said and "me  <- yours" in said


def test_other_means_and_other_files_are_refused(entry, tmp_path):
    board, other = tmp_path / "board.json", tmp_path / "other.json"
    with pytest.raises(ValueError, match="clock must be 'none' in the challenge"):
        challenge(small_task(), entry[1], "me", board=board)
    many = replace(NETWORK, n_exc=700, n_inh=700, n_plastic_exc=20, n_plastic_inh=600)
    large = small_task(network_parameters=many, clock="none")
    with pytest.raises(ValueError, match=r"n_plastic_exc \+ n_plastic_inh must be at most 528"):
        challenge(large, [], "me", board=board)
    other.write_text('{"a": 1}')
    with pytest.raises(ValueError, match="other.json holds something else"):
        challenge(*entry, "me", board=other)
    assert other.read_text() == '{"a": 1}' and not board.exists()
