"""The networks of Part 3 that several benchmarks train, by their clock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from src_part3.original import train_original
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters
from src_part3.task import make_task
from src_part3.teacher_forcing import TeacherForcing, TeacherForcingParameters
from src_part3.training import Training, TrainingParameters

# In-degrees and time constant of the plastic synapses of a network that has to remember.
RECURRENT = BalancedNetworkParameters(n_plastic_exc=132, n_plastic_inh=132, tau_plastic=300.0)
NETWORKS = ("none", "common", "per_condition", "original")


def recurrent_task(recordings, seed, *, clock="none", network_parameters=RECURRENT):
    """Make the task of a network without a clock, or with a common one.

    Parameters
    ----------
    recordings : Recordings
        Recorded rates.
    seed : int
        Source of all that is drawn.
    clock : {"none", "common"}, optional
        The clock.
    network_parameters : BalancedNetworkParameters, optional
        Numbers of the network.

    Returns
    -------
    BalancedTask
        The task.
    """
    return make_task(
        recordings, seed=seed, network_parameters=network_parameters,
        feedforward_parameters=FeedforwardParameters(clock=clock),
    )


def train_network(name, recordings, seed, *, loops=None):
    """Draw and train one of the networks that are compared.

    Parameters
    ----------
    name : {"none", "common", "per_condition", "original"}
        The clock, or the original's rule with a clock for each condition.
    recordings : Recordings
        Recorded rates.
    seed : int
        Source of all that is drawn.
    loops : int, optional
        Loops of training; those of our defaults (the original: 50) if not given.

    Returns
    -------
    task : BalancedTask
        The task.
    weights : tuple of PlasticWeights
        What was learned.
    """
    if name in ("none", "common"):
        task = recurrent_task(recordings, seed, clock=name)
        p = TeacherForcingParameters()
        if loops is not None:
            p = replace(p, total_loops=loops, settling_loops=min(p.settling_loops, loops - 1))
        return task, TeacherForcing(task, p, seed=seed + 1).run().weights
    clock = FeedforwardParameters(clock="per_condition")
    task = make_task(recordings, seed=seed, feedforward_parameters=clock)
    if name == "original":
        n_loops = 50 if loops is None else loops
        trained = train_original(
            task, np.random.default_rng(seed + 1), n_loops=n_loops, measure_every=n_loops
        )
        return task, trained.weights
    loops = TrainingParameters().total_loops if loops is None else loops
    return task, Training(task, seed=seed + 1).run(loops).weights
