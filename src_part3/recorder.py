"""What is written down while a network advances."""

from __future__ import annotations

import numpy as np

from src_part1.common.time_grid import n_steps_of
from src_part1.common.validation import check_index, check_integer


class BalancedRecorder:
    """Collects spikes, spike counts and the inputs of chosen neurons from one time step on.

    Parameters
    ----------
    network : BalancedNetwork
        The network.
    spikes : bool, optional
        Whether to keep the time and neuron of each spike.
    n_bins : int, optional
        Number of bins in which spikes are counted; 0 for none.
    bin_width : float, optional
        Width of a bin (ms).
    probes : array_like of int, optional
        Neurons whose inputs and voltage are kept at each step.
    n_trace_steps : int, optional
        Number of steps for which they are kept.
    start : int, optional
        Time step at which bins and traces begin. The E input of the probes counts from the first
        step that the recorder sees, so traces want a recorder that is there from step 0.

    Attributes
    ----------
    counts : ndarray of uint16, shape (n_bins, n_neurons)
        Spikes in each bin.
    traces : ndarray, shape (n_trace_steps, n_probes, 4)
        Excitatory, inhibitory and plastic input, and voltage, after each step.
    probe_exc : ndarray, shape (n_probes,)
        Excitatory input of the probes at present.
    buffer_steps, buffer_neurons : ndarray of int32
        Room for spikes, of which the first ``n_spikes`` entries are filled.
    n_spikes : int
        Spikes so far.
    """

    def __init__(self, network, *, spikes=False, n_bins=0, bin_width=20.0, probes=(),
                 n_trace_steps=0, start=0):
        n_neurons, dt = network.parameters.n_neurons, network.parameters.dt
        n_bins = check_integer("n_bins", n_bins, at_least=0)
        n_trace_steps = check_integer("n_trace_steps", n_trace_steps, at_least=0)
        self.probes = check_index("probes", probes, n_neurons).astype(np.int32)
        self.dt = dt
        self.start = check_integer("start", start, at_least=0)
        self.bin_steps = n_steps_of("bin_width", bin_width, dt)
        self.counts = np.zeros((n_bins, n_neurons), np.uint16)
        self.traces = np.zeros((n_trace_steps, self.probes.size, 4), network.dtype)
        self.n_spikes = 0
        self.probe_exc = np.zeros(self.probes.size, network.dtype)
        self.buffer_steps = np.zeros(64 * n_neurons if spikes else 0, np.int32)
        self.buffer_neurons = np.zeros_like(self.buffer_steps)

    @property
    def spike_times(self):
        """Times of the spikes (ms), in increasing order."""
        return (self.buffer_steps[: self.n_spikes] + 1) * self.dt

    @property
    def spike_neurons(self):
        """Neuron of each spike."""
        return self.buffer_neurons[: self.n_spikes]

    def check(self, network):
        """Refuse a network that this was not made for.

        Parameters
        ----------
        network : BalancedNetwork
            The network.

        Raises
        ------
        ValueError
            If it has another number of neurons, or other numbers.
        """
        n_neurons = network.parameters.n_neurons
        if self.counts.shape[1] != n_neurons or self.traces.dtype != network.dtype:
            raise ValueError(
                f"recorder must be made for {n_neurons} neurons in {network.dtype}, "
                f"got one for {self.counts.shape[1]} in {self.traces.dtype}."
            )

    def grow(self):
        """Double the room for spikes."""
        size = 2 * self.buffer_steps.size
        for name in ("buffer_steps", "buffer_neurons"):
            larger = np.zeros(size, np.int32)
            larger[: self.n_spikes] = getattr(self, name)[: self.n_spikes]
            setattr(self, name, larger)
