"""Original FORCE: one readout of a chaotic network is trained and fed back (Sussillo & Abbott)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import scipy

from src_part1.common.compiled import kernel
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
from src_part1.training_loop import run_loops


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


@kernel(error_model="numpy")
def _readout(weights, rates):
    output = 0.0
    for i in range(rates.size):
        output += weights.readout[i] * rates[i]
    return output


@kernel(error_model="numpy")
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

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import ForceParameters, force_network
    >>> network = force_network(ForceParameters(n_units=100), np.random.default_rng(0))
    >>> network.recurrent_weights.nnz, network.feedback_weights.shape
    (1000, (100,))
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
        Of how many units the rates are kept (of all, if there are fewer).

    Returns
    -------
    ForceRun
        Output and rates at every step.

    Raises
    ------
    FloatingPointError
        If the network leaves the finite numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import ForceParameters, force_network, run_force
    >>> network = force_network(ForceParameters(n_units=100), np.random.default_rng(0))
    >>> run = run_force(network, 50.0)
    >>> run.output.shape, run.rates.shape
    ((50,), (5, 50))
    """
    check_type("network", network, ForceNetwork)
    check_real("duration", duration, unit="ms", above=0)
    n_steps = n_steps_of("duration", duration, network.parameters.dt)
    going = _Going(network, n_steps, n_recorded)
    going.advance(n_steps)
    return going.run()


def train_force(network, target, *, n_recorded=5, progress=True, after_update=None):
    """Learn a target with FORCE: update the readout while the network runs and feeds back.

    A keyboard interrupt ends the training with a warning: the run until then is returned, with the
    network as it is.

    Parameters
    ----------
    network : ForceNetwork
        Weights and state to start from; not changed.
    target : array_like of shape (n_steps,)
        Wanted output after each time step; its length is the length of the training.
    n_recorded : int, optional
        Of how many units the rates are kept (of all, if there are fewer).
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
    TrainingDivergedError
        If the network, or what it learned, leaves the finite numbers.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part1 import ForceParameters, force_network, sum_of_sines, train_force
    >>> network = force_network(ForceParameters(n_units=200), np.random.default_rng(0))
    >>> target = sum_of_sines(np.arange(1.0, 601.0), period=300.0)
    >>> run = train_force(network, target, progress=False)
    >>> bool(np.abs(run.output[300:] - target[300:]).max() < 0.1)
    True
    """
    check_type("network", network, ForceNetwork)
    target = check_array("target", target, (None,))
    p, n_steps = network.parameters, target.size
    every = n_steps_of("ForceParameters.learn_every", p.learn_every, p.dt)
    rls = ReadoutRLS(p.n_units, ridge=p.ridge)
    going = _Going(network, n_steps, n_recorded)

    def step(k):
        going.advance(min(every, n_steps - k * every))
        if going.done < (k + 1) * every:
            return  # the rest of the target is shorter than the time between two updates
        readout = going.weights.readout
        before = readout.copy()
        rls.update(readout, going.rates, going.output[going.done - 1] - target[going.done - 1])
        going.changes.append(np.linalg.norm(readout - before))
        if after_update is not None:
            after_update(going.output[: going.done], going.changes)

    run_loops(
        step, -(-n_steps // every), result=going.run, progress=progress, unit="update",
        description="FORCE", remedy="Use a larger ridge, or update more often (learn_every).",
        to_go_on=lambda: "what the network learned until then is kept.",
    )
    return going.run()


class _Going:
    """A FORCE network on its way, and what it records."""

    def __init__(self, network, n_steps, n_recorded):
        n_recorded = check_integer("n_recorded", n_recorded, at_least=0)
        n, J = network.parameters.n_units, network.recurrent_weights
        self.network, self.done, self.changes = network, 0, []
        self.weights = _Weights(
            J.data, J.indices, J.indptr, network.feedback_weights, network.readout_weights.copy()
        )
        self.state = network.state.copy()
        self.rates, self._total_input = np.tanh(self.state), np.empty(n)
        self.output, self._kept = np.empty(n_steps), np.empty((n_steps, min(n_recorded, n)))

    def advance(self, n_steps):
        p, part = self.network.parameters, slice(self.done, self.done + n_steps)
        _advance_force(
            self.weights, p.dt / p.tau, self.state, self.rates, self._total_input,
            self.output[part], self._kept[part],
        )
        self.done += n_steps
        if not np.isfinite(self.state).all():
            raise FloatingPointError(
                "the activity is not finite any longer: the readout weights are far too large."
            )

    def run(self):
        """The run so far."""
        time = np.arange(1, self.done + 1) * self.network.parameters.dt
        # After a divergence there is no state to go on from, but the run until then can be seen.
        is_sound = np.isfinite(self.state).all() and np.isfinite(self.weights.readout).all()
        network = replace(
            self.network, readout_weights=self.weights.readout, state=self.state
        ) if is_sound else self.network
        return ForceRun(
            network, time, self.output[: self.done], self._kept[: self.done].T,
            np.array(self.changes),
        )
