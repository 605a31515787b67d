"""Original FORCE: one readout of a chaotic network is trained and fed back (Sussillo & Abbott)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numba
import numpy as np
import scipy.sparse
from tqdm.auto import tqdm

from src_part1.connectivity import sparse_weights
from src_part1.parameters import ForceParameters, n_steps_of
from src_part1.rls import ReadoutRLS
from src_part1.validation import check_array, check_integer, check_real, check_rng, check_type


@dataclass(frozen=True)
class ForceNetwork:
    """A chaotic network with a readout that is fed back, and its present state.

    tau dx/dt = -x + J tanh(x) + w_fb z ,   z = w_out . tanh(x)   (their equations 1 and 2).

    Attributes
    ----------
    parameters : ForceParameters
        Time constants and sizes.
    recurrent : scipy.sparse.csr_array of shape (n_units, n_units)
        J [post, pre], fixed.
    feedback : ndarray of shape (n_units,)
        w_fb, uniform in [-1, 1], fixed.
    readout : ndarray of shape (n_units,)
        w_out, the only weights that learn.
    state : ndarray of shape (n_units,)
        x at present.
    """

    parameters: ForceParameters
    recurrent: scipy.sparse.csr_array
    feedback: np.ndarray
    readout: np.ndarray
    state: np.ndarray


class ForceRun(NamedTuple):
    """What a run of a FORCE network recorded at every time step.

    Attributes
    ----------
    network : ForceNetwork
        The network after the run, ready to go on.
    time : ndarray of shape (n_steps,)
        Time from the start of the run (ms).
    output : ndarray of shape (n_steps,)
        Readout z.
    rates : ndarray of shape (n_recorded, n_steps)
        tanh(x) of the first few units.
    readout_change : ndarray of shape (n_updates,)
        Length of the change of the readout weights at each update, per update (empty if
        nothing was learned).
    """

    network: ForceNetwork
    time: np.ndarray
    output: np.ndarray
    rates: np.ndarray
    readout_change: np.ndarray


@numba.njit(cache=True, error_model="numpy")
def _advance_force(
    data, indices, indptr, feedback, readout, step_over_tau, n_steps,
    state, rates, scratch, out_output, out_rates,
):
    n = state.size
    for step in range(n_steps):
        output = 0.0
        for i in range(n):
            output += readout[i] * rates[i]
        for i in range(n):
            total = output * feedback[i]
            for slot in range(indptr[i], indptr[i + 1]):
                total += data[slot] * rates[indices[slot]]
            scratch[i] = total
        for i in range(n):
            state[i] += step_over_tau * (scratch[i] - state[i])
            rates[i] = math.tanh(state[i])
        output = 0.0
        for i in range(n):
            output += readout[i] * rates[i]
        out_output[step] = output
        for i in range(out_rates.shape[1]):
            out_rates[step, i] = rates[i]


def force_network(parameters, rng):
    """Draw a chaotic network with feedback whose readout has not learned anything.

    Parameters
    ----------
    parameters : ForceParameters
        Sizes and scales.
    rng : numpy.random.Generator
        Source of weights and initial state.

    Returns
    -------
    ForceNetwork
        With readout 0 and a random initial state.
    """
    check_type("parameters", parameters, ForceParameters)
    check_rng("rng", rng)
    n = parameters.n_units
    return ForceNetwork(
        parameters,
        recurrent=sparse_weights(parameters, rng),
        feedback=rng.uniform(-1.0, 1.0, n),
        readout=np.zeros(n),
        state=0.5 * rng.standard_normal(n),
    )


def run_force(network, duration, *, n_recorded=5):
    """Let the network run with frozen weights, the readout fed back.

    Parameters
    ----------
    network : ForceNetwork
        Weights and state to start from; not changed.
    duration : float
        Simulated time (ms), a whole multiple of ``dt``.
    n_recorded : int, optional
        Number of units whose rates are kept.

    Returns
    -------
    ForceRun
        Output and rates at every step.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    check_real("duration", duration, unit="ms", above=0)
    n_steps = n_steps_of("duration", duration, network.parameters.dt)
    return _run(network, n_steps, None, n_recorded, progress=False)


def train_force(network, target, *, n_recorded=5, progress=True):
    """Learn a target with FORCE: update the readout while the network runs and feeds back.

    Parameters
    ----------
    network : ForceNetwork
        Weights and state to start from; not changed.
    target : array_like of shape (n_steps,)
        Wanted output after each time step; its length is the length of the training.
    n_recorded : int, optional
        Number of units whose rates are kept.
    progress : bool, optional
        Show a progress bar.

    Returns
    -------
    ForceRun
        Output and rates at every step, and the network that has learned.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    """
    target = check_array("target", target, (None,))
    return _run(network, target.size, target, n_recorded, progress)


def _run(network, n_steps, target, n_recorded, progress):
    parameters = network.parameters
    n, dt = parameters.n_units, parameters.dt
    check_integer("n_recorded", n_recorded, at_least=0, at_most=n)
    every = n_steps_of("ForceParameters.learn_every", parameters.learn_every, dt)
    if target is None:
        every = n_steps
    rls = ReadoutRLS(n, ridge=parameters.alpha) if target is not None else None
    recurrent = network.recurrent
    state = network.state.copy()
    rates, scratch = np.tanh(state), np.empty(n)
    readout = network.readout.copy()
    output, recorded = np.empty(n_steps), np.empty((n_steps, n_recorded))
    changes = []
    starts = range(0, n_steps, every)
    for first in tqdm(starts, desc="FORCE", unit="update", disable=not progress):
        last = min(first + every, n_steps)
        _advance_force(
            recurrent.data, recurrent.indices, recurrent.indptr, network.feedback, readout,
            dt / parameters.tau, last - first, state, rates, scratch,
            output[first:last], recorded[first:last],
        )
        if rls is not None and last - first == every:
            before = readout.copy()
            rls.update(readout, rates, output[last - 1] - target[last - 1])
            changes.append(np.linalg.norm(readout - before))
    return ForceRun(
        replace(network, readout=readout, state=state),
        time=np.arange(1, n_steps + 1) * dt, output=output, rates=recorded.T,
        readout_change=np.array(changes),
    )
