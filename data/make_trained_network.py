"""Train Part 3's network without a clock on the synthetic stand-in, for those who cannot wait.

    python data/make_trained_network.py            # the file as shipped, a few minutes

The file holds the weights of all 500 trained neurons. All else is drawn again from the seed when
it is loaded. The numbers are the defaults of the library.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from src_part1.recordings import load_recordings
from src_part3.evaluation import evaluate
from src_part3.storage import TRAINED_FILE, save_network
from src_part3.task import make_task
from src_part3.training import train


def main(argv=None):
    """Train, test and save.

    Parameters
    ----------
    argv : list of str, optional
        Arguments; those of the process by default.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--loops", type=int, help="of both stages; the defaults if not given")
    parser.add_argument("--trials", type=int, default=100, help="test trials of each condition")
    parser.add_argument("--output", type=Path, default=TRAINED_FILE)
    arguments = parser.parse_args(argv)
    task = make_task(load_recordings("synthetic"), seed=arguments.seed)
    training = train(task, seed=arguments.seed + 1, total_loops=arguments.loops)
    if training.n_done < (arguments.loops or training.parameters.total_loops):
        sys.exit("interrupted: nothing was saved")
    rng = np.random.default_rng(arguments.seed + 2)
    test = evaluate(task, training.weights, rng, n_trials=arguments.trials)
    save_network(arguments.output, task, training.weights)
    for name, measures in zip(task.conditions, test.summary(), strict=True):
        print(name, {measure: round(value, 3) for measure, value in measures.items()})
    print("simulated over recorded rate, slow to fast:", test.rate_ratio.round(2).tolist())
    print(f"side: balanced accuracy {test.balanced_accuracy:.2f}")
    print(f"{arguments.output}: {arguments.output.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
