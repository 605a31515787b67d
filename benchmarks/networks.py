"""The networks of Part 3 that several benchmarks train, by their clock."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from src_part3.clock import FeedforwardRates
from src_part3.original import train_original
from src_part3.parameters import RECURRENT, FeedforwardParameters
from src_part3.task import make_task
from src_part3.teacher_forcing import TeacherForcing, TeacherForcingParameters
from src_part3.training import Training, TrainingParameters

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


def few_neurons(recordings, n_recorded, seed):
    """Choose some of the recorded neurons, or take all where there are no more.

    Parameters
    ----------
    recordings : Recordings
        Recorded rates.
    n_recorded : int
        How many neurons.
    seed : int
        Source of the choice.

    Returns
    -------
    Recordings
        The chosen ones.
    """
    if n_recorded >= recordings.n_neurons:
        return recordings
    return recordings.select(n_recorded, rng=np.random.default_rng(seed))


def train_briefly(task, seed, loops):
    """Train by teacher forcing in few loops, of which at most eight settle.

    Parameters
    ----------
    task : BalancedTask
        The task.
    seed : int
        Source of the trials' randomness.
    loops : int
        Loops of training.

    Returns
    -------
    tuple of PlasticWeights
        What was learned.
    """
    p = TeacherForcingParameters(total_loops=loops, settling_loops=min(8, loops // 2))
    return TeacherForcing(task, p, seed=seed).run().weights


def coarse_task(task, coarsening=2, stim_on=300.0):
    """Make the same task cheaper: larger time steps, and a shorter wait for the cue.

    Its arrays have the shapes of the task's own, so that a training's state fits both.

    Parameters
    ----------
    task : BalancedTask
        The task.
    coarsening : int, optional
        How many time steps of the task make one of the coarse task.
    stim_on : float, optional
        Start of the cue (ms), not after that of the task.

    Returns
    -------
    BalancedTask
        The coarse task, with the same network, cues, targets and rates of Poisson neurons.
    """
    network, trial, rates = task.network, task.trial_parameters, task.feedforward_rates
    dt, earlier = coarsening * network.parameters.dt, trial.stim_on - stim_on
    trial = replace(
        trial, stim_on=stim_on, stim_off=trial.stim_off - earlier, duration=trial.duration - earlier
    )
    return replace(
        task, trial_parameters=trial,
        network=replace(network, parameters=replace(network.parameters, dt=dt)),
        feedforward_rates=FeedforwardRates(
            np.ascontiguousarray(rates.rates[:, coarsening - 1 :: coarsening]),
            round(trial.stim_off / dt), dt,
        ),
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
