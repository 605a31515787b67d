"""A challenge with a local board: the best network that the same means can train."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import numpy as np

from course.sizes import sized
from src_part3.evaluation import evaluate

MOST_SYNAPSES, _SEED, _ROWS_SHOWN = 528, 2023, 10


def challenge(task, weights, name, *, board="challenge_board.json"):
    """Score a trained network and write it on a board, a JSON file in the working folder.

    Each trained neuron has at most 528 plastic synapses, there is no clock, and all networks get
    the same noise in 50 test trials of each condition. The score is the median corrected
    correlation of input and target, averaged over conditions, and 0 where it is not defined. Prints
    the best ten and returns the score.
    """
    p, board = task.network.parameters, Path(board)
    n_synapses = p.n_plastic_exc + p.n_plastic_inh
    if n_synapses > MOST_SYNAPSES:
        raise ValueError(f"n_plastic_exc + n_plastic_inh must be at most {MOST_SYNAPSES} in the "
                         f"challenge, got {n_synapses}.")
    if task.network.n_inputs:
        raise ValueError("clock must be 'none' in the challenge: the network has to remember by "
                         f"itself, but {task.network.n_inputs} Poisson neurons tell it the time.")
    try:
        rows = json.loads(board.read_text(encoding="utf-8")) if board.exists() else []
        best = max((row["score"] for row in rows), default=0.0)
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(f"board must name a board or a new file, but {board} holds something "
                         "else.") from error
    evaluation = evaluate(task, weights, np.random.default_rng(_SEED), n_trials=sized(50, fast=4))
    each = [summary["corrected_correlation"] for summary in evaluation.summary()]
    score = round(float(np.nan_to_num(np.mean(each))), 3)
    mine = {"name": str(name), "score": score, "synapses": n_synapses, "neurons": task.n_trained,
            "balanced accuracy": round(evaluation.balanced_accuracy, 2),
            "date": datetime.date.today().isoformat()}
    rows = sorted([*rows, mine], key=lambda row: -row["score"])
    board.write_text(json.dumps(rows, indent=1, ensure_ascii=False), encoding="utf-8")
    print(f"{score:.3f}: {'the best so far' if score > best else f'the best is {best:.3f}'}. "
          f"The board is {board.resolve()}.\n\nscore  accuracy  synapses  neurons  name")
    for row in rows[:_ROWS_SHOWN]:
        print(f"{row['score']:.3f}  {row['balanced accuracy']:8.2f}  {row['synapses']:8d}  "
              f"{row['neurons']:7d}  {row['name']}{'  <- yours' if row is mine else ''}")
    return score
