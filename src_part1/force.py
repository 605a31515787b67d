"""Original FORCE: one readout of a chaotic network is trained and fed back (Sussillo & Abbott)."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass, replace
from typing import NamedTuple

import numba
import numpy as np
import scipy.sparse
from tqdm.auto import tqdm

from src_part1.common.one_line import one_line
from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import (
    check_array,
    check_integer,
    check_real,
    check_rng,
    check_type,
)
from src_part1.connectivity import sparse_weights
from src_part1.parameters import ForceParameters
from src_part1.rls import ReadoutRLS


@dataclass(frozen=True, eq=False)
class ForceNetwork:
    """A chaotic network with a readout that is fed back, and its present state.

    tau dx/dt = -x + J tanh(x) + w_fb z ,   z = w_out . tanh(x)   (their equations 1 and 2).

    Attributes
    ----------
    parameters : ForceParameters
        Time constants and sizes.
    recurrent_weights : scipy.sparse.csr_array of shape (n_units, n_units)
        J [post, pre], fixed.
    feedback_weights : ndarray of shape (n_units,)
        w_fb, uniform in [-1, 1], fixed.
    readout_weights : ndarray of shape (n_units,)
        w_out, the only weights that learn.
    state : ndarray of shape (n_units,)
        x at present.

    Raises
    ------
    TypeError, ValueError
        If a field has a wrong type or shape, or a value that is not finite.
    """

    parameters: ForceParameters
    recurrent_weights: scipy.sparse.csr_array
    feedback_weights: np.ndarray
    readout_weights: np.ndarray
    state: np.ndarray

    __repr__ = one_line

    def __post_init__(self):
        check_type("ForceNetwork.parameters", self.parameters, ForceParameters)
        n, recurrent = self.parameters.n_units, self.recurrent_weights
        check_type("ForceNetwork.recurrent_weights", recurrent, scipy.sparse.csr_array)
        if recurrent.shape != (n, n):
            raise ValueError(
                f"ForceNetwork.recurrent_weights must have shape ({n}, {n}), got {recurrent.shape}."
            )
        check_array("ForceNetwork.recurrent_weights.data", recurrent.data, (recurrent.data.size,))
        for name in ("feedback_weights", "readout_weights", "state"):
            array = check_array(f"ForceNetwork.{name}", getattr(self, name), (n,))
            object.__setattr__(self, name, array)


@dataclass(frozen=True, eq=False)
class ForceRun:
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
        Norm of the change of the readout weights at each update (empty if nothing was learned).
    """

    network: ForceNetwork
    time: np.ndarray
    output: np.ndarray
    rates: np.ndarray
    readout_change: np.ndarray

    __repr__ = one_line


class _Weights(NamedTuple):
    """All weights as the kernel takes them; the first three are J in compressed rows."""

    data: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray
    feedback: np.ndarray
    readout: np.ndarray


@numba.njit(cache=True, error_model="numpy")
def _readout(weights, rates):
    output = 0.0
    for i in range(rates.size):
        output += weights.readout[i] * rates[i]
    return output


@numba.njit(cache=True, error_model="numpy")
def _advance_force(weights, step_over_tau, state, rates, total_input, out_output, out_rates):
    for step in range(out_output.size):
        # Not the output of the last step: the readout may have learned since.
        output = _readout(weights, rates)
        # All inputs come before the first rate moves, for every unit sees the old rates.
        for i in range(state.size):
            total = output * weights.feedback[i]
            for slot in range(weights.indptr[i], weights.indptr[i + 1]):
                total += weights.data[slot] * rates[weights.indices[slot]]
            total_input[i] = total
        for i in range(state.size):
            state[i] += step_over_tau * (total_input[i] - state[i])
            rates[i] = math.tanh(state[i])
        out_output[step] = _readout(weights, rates)
        for i in range(out_rates.shape[1]):
            out_rates[step, i] = rates[i]


def force_network(force_parameters, rng):
    """Draw a chaotic network with feedback whose readout has not learned anything.

    Parameters
    ----------
    force_parameters : ForceParameters
        Sizes and scales.
    rng : numpy.random.Generator
        Source of weights and initial state.

    Returns
    -------
    ForceNetwork
        With readout weights of 0 and a random initial state.

    Raises
    ------
    TypeError
        If an argument has a wrong type.
    """
    check_type("force_parameters", force_parameters, ForceParameters)
    check_rng("rng", rng)
    n = force_parameters.n_units
    return ForceNetwork(
        force_parameters,
        recurrent_weights=sparse_weights(force_parameters, rng),
        feedback_weights=rng.uniform(-1.0, 1.0, n),
        readout_weights=np.zeros(n),
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
    FloatingPointError
        If the network leaves the finite numbers.
    """
    check_type("network", network, ForceNetwork)
    check_real("duration", duration, unit="ms", above=0)
    n_steps = n_steps_of("duration", duration, network.parameters.dt)
    return _run(network, n_steps, None, n_recorded, progress=False)


def train_force(network, target, *, n_recorded=5, progress=True, after_update=None):
    """Learn a target with FORCE: update the readout while the network runs and feeds back.

    A keyboard interrupt ends a training that shows its progress: the run until then is returned,
    with the network as it is. Without a progress bar the interrupt is raised.

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
    after_update : callable, optional
        Called after each update, for example to plot, with the outputs so far (an array of shape
        (n_steps,)) and a list of the changes of the readout so far, as in `ForceRun`.

    Returns
    -------
    ForceRun
        Output and rates at every step, and the network that has learned.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    FloatingPointError
        If the network, or what it learned, leaves the finite numbers.
    """
    check_type("network", network, ForceNetwork)
    target = check_array("target", target, (None,))
    return _run(network, target.size, target, n_recorded, progress, after_update)


def _run(network, n_steps, target, n_recorded, progress, after_update=None):
    parameters = network.parameters
    n, dt = parameters.n_units, parameters.dt
    check_integer("n_recorded", n_recorded, at_least=0, at_most=n)
    every = n_steps_of("ForceParameters.learn_every", parameters.learn_every, dt)
    if target is None:
        every = n_steps
    rls = ReadoutRLS(n, ridge=parameters.alpha) if target is not None else None
    recurrent, readout = network.recurrent_weights, network.readout_weights.copy()
    weights = _Weights(
        recurrent.data, recurrent.indices, recurrent.indptr, network.feedback_weights, readout
    )
    state = network.state.copy()
    rates, total_input = np.tanh(state), np.empty(n)
    output, recorded = np.empty(n_steps), np.empty((n_steps, n_recorded))
    changes = []
    starts = range(0, n_steps, every)
    done = 0
    try:
        for first in tqdm(starts, desc="FORCE", unit="update", disable=not progress):
            last = min(first + every, n_steps)
            _advance_force(
                weights, dt / parameters.tau, state, rates, total_input,
                output[first:last], recorded[first:last],
            )
            done = last
            if rls is not None and last - first == every:
                before = readout.copy()
                rls.update(readout, rates, output[last - 1] - target[last - 1])
                changes.append(np.linalg.norm(readout - before))
                if after_update is not None:
                    after_update(output[:done], changes)
    except KeyboardInterrupt:
        if not progress:
            raise
        warnings.warn(
            f"interrupted after {done * dt:g} of {n_steps * dt:g} ms; what the "
            "network learned until then is kept.", stacklevel=3,
        )
    if not np.isfinite(state).all():
        raise FloatingPointError(
            "the activity is not finite any longer: the readout weights are far too large."
        )
    return ForceRun(
        replace(network, readout_weights=readout, state=state),
        time=np.arange(1, done + 1) * dt, output=output[:done], rates=recorded[:done].T,
        readout_change=np.array(changes),
    )
