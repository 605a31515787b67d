"""What a run of LIF neurons holds: its state, and what it records."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.validation import (
    check_flag,
    check_index,
    check_integer,
    check_rng,
    check_type,
)
from src_part2.kernels import Recording
from src_part2.parameters import LIFParameters

_SPIKE_BUFFER = 1 << 16
_NO_INDEX = np.empty(0, np.int64)


@dataclass(eq=False)
class LIFNetworkState:
    """All that a network's future depends on, apart from its parameters and weights.

    Attributes
    ----------
    v, u, r : ndarray of shape (n_neurons,)
        Voltage, synaptic input, and spikes filtered with the synapse, in spikes per ms.
        With constant weights, ``u = weights @ r``.
    pending : ndarray of shape (n_neurons,), int64
        The first ``n_pending`` entries are the neurons whose spikes act in the next step.
    n_pending : int
        Number of pending spikes.
    counts : ndarray of shape (n_neurons,), int64
        Spikes of each neuron so far.
    step : int
        Steps made so far.
    key : numpy.uint64
        Key of the noise: the same key and step give the same noise.
    """

    v: np.ndarray
    u: np.ndarray
    r: np.ndarray
    pending: np.ndarray
    n_pending: int
    counts: np.ndarray
    step: int
    key: np.uint64

    __repr__ = one_line

    def copy(self):
        """Return an independent copy, from which a run can be repeated.

        Returns
        -------
        LIFNetworkState
            The copy.
        """
        arrays = {name: getattr(self, name).copy() for name in ("v", "u", "r", "pending", "counts")}
        return replace(self, **arrays)


def start_state(neuron_parameters, n_neurons, rng):
    """Return silent neurons at their reset voltage, with noise keyed by ``rng``.

    Parameters
    ----------
    neuron_parameters : LIFParameters
        The neuron.
    n_neurons : int
        Number of neurons.
    rng : numpy.random.Generator
        Source of the key of the noise (one 64-bit number).

    Returns
    -------
    LIFNetworkState
        State at step 0.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """
    check_type("neuron_parameters", neuron_parameters, LIFParameters)
    check_integer("n_neurons", n_neurons, at_least=1)
    check_rng("rng", rng)
    key = rng.integers(2**64, dtype=np.uint64)
    return LIFNetworkState(
        v=np.full(n_neurons, float(neuron_parameters.v_reset)),
        u=np.zeros(n_neurons),
        r=np.zeros(n_neurons),
        pending=np.zeros(n_neurons, np.int64),
        n_pending=0,
        counts=np.zeros(n_neurons, np.int64),
        step=0,
        key=np.uint64(key),
    )


class LIFRecorder:
    """Collects the spikes and example traces of one run, and no more than asked for.

    Parameters
    ----------
    n_neurons : int
        Number of neurons.
    n_steps : int
        Length of the run in steps, from step 0 on.
    spikes : bool, optional
        Record every spike.
    traced : array_like of int, optional
        Neurons whose voltage and synaptic input are sampled.
    trace_every : int, optional
        Steps between two samples; 0 samples nothing.

    Attributes
    ----------
    n_neurons, n_steps : int
        As given.
    buffers : Recording
        The arrays that the kernel writes to; of the spikes only those since the last `keep`.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type or value.
    """

    def __init__(self, n_neurons, n_steps, *, spikes=True, traced=_NO_INDEX, trace_every=0):
        self.n_neurons = check_integer("n_neurons", n_neurons, at_least=0)
        self.n_steps = check_integer("n_steps", n_steps, at_least=0)
        traced = check_index("traced", traced, n_neurons)
        trace_every = check_integer("trace_every", trace_every, at_least=0)
        # One step's spikes have to fit: in each, the kernel returns when they might not.
        size = max(_SPIKE_BUFFER, n_neurons) if check_flag("spikes", spikes) else 0
        n_samples = (n_steps + trace_every - 1) // trace_every if trace_every else 0
        trace_v, trace_u = np.empty((2, n_samples, traced.size))
        self.buffers = Recording(
            np.empty(size, np.int64), np.empty(size, np.int32), traced, trace_every,
            trace_v, trace_u,
        )
        self._chunks = []

    def keep(self, n_recorded):
        """Copy the spikes of the buffer, which will be overwritten.

        Parameters
        ----------
        n_recorded : int
            Number of spikes in the buffer.
        """
        part = slice(n_recorded)
        self._chunks.append(
            (self.buffers.spike_steps[part].copy(), self.buffers.spike_ids[part].copy())
        )

    def spikes(self):
        """Return all spikes in the order of time.

        Returns
        -------
        steps : ndarray of int64
            Step in which each spike happened.
        ids : ndarray of int32
            Neuron of each spike.
        """
        if not self._chunks:
            return np.empty(0, np.int64), np.empty(0, np.int32)
        steps, ids = zip(*self._chunks, strict=True)
        return np.concatenate(steps), np.concatenate(ids)
