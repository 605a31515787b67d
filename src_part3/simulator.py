r"""The time loop of the balanced network.

With the input ``u`` through static synapses, ``u_p`` through plastic and feed-forward synapses,
and the spikes ``S_j`` of the step before (forward Euler):

.. math::
   u_i   &\leftarrow (1 - dt/\tau_{syn}) u_i + \sum_j J_{ij} S_j / \tau_{syn} \\
   u_{p,i} &\leftarrow (1 - dt/\tau_p) u_{p,i} + \sum_j w_{ij} S_j / \tau_p \\
   r_j   &\leftarrow (1 - dt/\tau_p) r_j + S_j / \tau_p \\
   v_i   &\leftarrow v_i + (dt/\tau_m) (\mu_i + u_i + u_{p,i} - v_i)

A neuron with ``v > v_th`` spikes and restarts at ``v_reset``. Because all plastic synapses share
one time constant, ``u_p = w r`` holds at every step although only spikes touch it; after a change
of the weights :func:`refresh_plastic_input` restores it.

Three things make the loop quick. A spike adds one row of bits to counters of one byte per
receiver, 64 receivers in a few instructions (in a large sparse network it walks through the list
of receivers instead). The counters of E and of I spikes become input once a step, by the constant
weights of the blocks. The update of ``u`` and ``v`` has no branch, so it runs in vector
registers; who spiked is looked up afterwards, eight neurons at a time. No sum is reordered, so a
seed gives the same spikes on every machine and with any number of threads.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from src_part1.validation import check_integer
from src_part3.drive import make_drive
from src_part3.recorder import Recorder

_FULL = 255  # a counter of one byte holds this many spikes


def advance(network, state, n_steps, *, drive=None, weights=None, recorder=None):
    """Advance a network by some time steps, changing ``state`` in place.

    Parameters
    ----------
    network : Network
        Parameters and connections.
    state : NetworkState
        Where the network is. ``advance`` twice by n gives the same as once by 2 n.
    n_steps : int
        Number of time steps, at least 0.
    drive : Drive, optional
        Cue, feed-forward spikes and silenced neurons of the trial. Its times count from step 0 of
        the state.
    weights : PlasticWeights, optional
        Weights of the plastic and feed-forward synapses; required if the network has them.
    recorder : Recorder, optional
        Collects spikes, spike counts and inputs.

    Raises
    ------
    TypeError, ValueError
        If weights are missing, or weights, state, drive or recorder do not fit the network.
    FloatingPointError
        If the input or the voltage of a neuron is not finite afterwards.
    """
    n_steps = check_integer("n_steps", n_steps, at_least=0)
    drive = make_drive(network) if drive is None else drive
    recorder = Recorder(network) if recorder is None else recorder
    state.check(network)
    drive.check(network)
    recorder.check(network)
    recurrent, feedforward = network.check_weights(weights)
    last = state.step + n_steps
    for stop in (drive.cue_on, drive.cue_off, last):
        stop = min(stop, last)
        while state.step < stop:
            _run(network, state, stop - state.step, drive, recurrent, feedforward, recorder)
    if not (np.isfinite(state.v).all() and np.isfinite(state.u_plastic).all()):
        raise FloatingPointError(
            f"the network diverged before step {state.step}: an input or a voltage is not finite; "
            "look for weights that are not finite or far too large."
        )


def refresh_plastic_input(network, state, weights):
    """Recompute the plastic and feed-forward input ``u_p = w r`` after a change of the weights.

    Parameters
    ----------
    network : Network
        The network.
    state : NetworkState
        Its ``u_plastic`` is changed in place.
    weights : PlasticWeights
        The new weights.
    """
    recurrent, feedforward = network.check_weights(weights)
    plastic = network.plastic
    u_new = np.einsum("ij,ij->i", recurrent, state.r_plastic[plastic.pre_index])
    u_new += state.s_feedforward @ feedforward
    state.u_plastic[plastic.trained] = u_new


def _run(network, state, n_steps, drive, recurrent, feedforward, recorder):
    """Advance with a constant external input, until a recording is full or ``n_steps`` are done."""
    n_neurons = network.parameters.n_neurons
    shape = (8, network.static.rows.shape[1])
    counts_exc, counts_inh = np.zeros(shape, np.uint64), np.zeros(shape, np.uint64)
    fired = np.zeros(-(-n_neurons // 8), np.uint64)
    first = np.searchsorted(drive.spike_steps, state.step)
    done, state.n_pending, recorder.n_spikes = _advance(
        state.step, n_steps, network.constants, drive.external_input(state.step),
        network.static.rows, network.static.targets, network.n_exc,
        state.v, state.u_balanced, state.pending, state.n_pending, drive.active,
        counts_exc, counts_exc.view(np.uint8).reshape(-1)[:n_neurons],
        counts_inh, counts_inh.view(np.uint8).reshape(-1)[:n_neurons],
        fired, fired.view(np.uint8)[:n_neurons],
        state.u_plastic, state.r_plastic, state.sum_balanced, state.sum_plastic,
        recurrent.reshape(-1), *network.out_lists,
        state.s_feedforward, feedforward, network.trained, drive.spike_steps[first:],
        drive.spike_sources[first:],
        *recorder.arrays(),
    )
    state.step += done
    if done < n_steps:
        recorder.grow()


@njit(cache=True, nogil=True)
def _deliver_list(receivers, counts):
    """Add 1 to the count of each receiver."""
    for k in range(receivers.shape[0]):
        counts[receivers[k]] += np.uint8(1)


@njit(cache=True, nogil=True)
def _deliver_row(row, counts):
    """Add the 0/1 of each receiver in ``row`` (n_words,) to the bytes of ``counts``."""
    ones = np.uint64(0x0101010101010101)
    for b in range(8):
        shift = np.uint64(b)
        lane = counts[b]
        for k in range(row.shape[0]):
            lane[k] += (row[k] >> shift) & ones


@njit(cache=True, nogil=True)
def _absorb(decay, w_exc, w_inh, n_from_exc, n_from_inh, u):
    """Turn counted spikes into input: needed only when a counter is full within one step."""
    for i in range(u.shape[0]):
        u[i] = decay * u[i] + (w_exc * n_from_exc[i] + w_inh * n_from_inh[i])


@njit(cache=True, nogil=True)
def _update(decay, w_exc, w_inh, n_from_exc, n_from_inh, a, v_th, v_reset, bias, u, v, fired):
    """One step of neurons that have static inputs only."""
    for i in range(v.shape[0]):
        u_new = decay * u[i] + (w_exc * n_from_exc[i] + w_inh * n_from_inh[i])
        v_new = v[i] + a * ((bias[i] + u_new) - v[i])
        spike = v_new > v_th
        u[i] = u_new
        v[i] = v_reset if spike else v_new
        fired[i] = spike


@njit(cache=True, nogil=True)
def _update_plastic(decay, w_exc, w_inh, n_from_exc, n_from_inh, a, v_th, v_reset, bias, u, v,
                    fired, u_plastic, sum_balanced, sum_plastic):
    """One step of neurons that have plastic inputs as well; sums up both kinds of input."""
    for i in range(v.shape[0]):
        u_new = decay * u[i] + (w_exc * n_from_exc[i] + w_inh * n_from_inh[i])
        v_new = v[i] + a * (((bias[i] + u_new) + u_plastic[i]) - v[i])
        spike = v_new > v_th
        u[i] = u_new
        sum_balanced[i] += u_new
        sum_plastic[i] += u_plastic[i]
        v[i] = v_reset if spike else v_new
        fired[i] = spike


@njit(cache=True, nogil=True)
def _probe_exc(decay, weights, n_exc, counts, probes, out):
    """Follow the excitatory part of the static input of a few neurons."""
    for p in range(probes.shape[0]):
        j = probes[p]
        out[p] = decay * out[p] + weights[0 if j < n_exc else 2] * counts[j]


@njit(cache=True, nogil=True)
def _advance(
    first_step, n_steps, constants, bias, rows, targets, n_exc, v, u, pending, n_pending, active,
    words_exc, n_from_exc, words_inh, n_from_inh, fired_words, fired,
    u_plastic, r_plastic, sum_balanced, sum_plastic, weights, out_start, out_post, out_slot,
    s_feedforward, feedforward, trained, ff_steps, ff_sources,
    spike_steps, spike_neurons, n_spikes, bin_counts, bin_steps, probes, probe_exc, traces,
    record_start,
):
    """Advance by ``n_steps`` or until ``spike_steps`` might overflow; return what was done.

    ``constants`` holds the four jumps J / tau_syn (EE, EI, IE, II), the decay factors of static
    and plastic synapses, dt / tau_m, v_th, v_reset and 1 / tau_plastic.
    """
    n = v.shape[0]
    decay_plastic, a = constants[5], constants[6]
    v_th, v_reset, gain = constants[7], constants[8], constants[9]
    has_plastic = u_plastic.shape[0] > 0
    next_ff = 0
    for t in range(first_step, first_step + n_steps):
        if spike_steps.shape[0] > 0 and n_spikes + n > spike_steps.shape[0]:
            return t - first_step, n_pending, n_spikes

        words_exc[:] = 0
        words_inh[:] = 0
        decay = constants[4]
        counted_exc = counted_inh = 0
        for q in range(n_pending):
            j = pending[q]
            if counted_exc == _FULL or counted_inh == _FULL:
                _absorb(decay, constants[0], constants[1], n_from_exc, n_from_inh, u[:n_exc])
                _absorb(decay, constants[2], constants[3], n_from_exc[n_exc:],
                        n_from_inh[n_exc:], u[n_exc:])
                _probe_exc(decay, constants, n_exc, n_from_exc, probes, probe_exc)
                words_exc[:] = 0
                words_inh[:] = 0
                decay = constants[4] / constants[4]
                counted_exc = counted_inh = 0
            if j < n_exc:
                counted_exc += 1
            else:
                counted_inh += 1
            if rows.shape[0] == 0:
                _deliver_list(targets[j], n_from_exc if j < n_exc else n_from_inh)
            else:
                _deliver_row(rows[j], words_exc if j < n_exc else words_inh)
        _probe_exc(decay, constants, n_exc, n_from_exc, probes, probe_exc)

        if has_plastic:
            for i in range(u_plastic.shape[0]):
                u_plastic[i] *= decay_plastic
            for i in range(r_plastic.shape[0]):
                r_plastic[i] *= decay_plastic
            for k in range(s_feedforward.shape[0]):
                s_feedforward[k] *= decay_plastic
            for q in range(n_pending):
                j = pending[q]
                r_plastic[j] += gain
                for m in range(out_start[j], out_start[j + 1]):
                    u_plastic[out_post[m]] += weights[out_slot[m]] * gain
            while next_ff < ff_steps.shape[0] and ff_steps[next_ff] <= t:
                k = ff_sources[next_ff]
                s_feedforward[k] += gain
                for i in range(trained.shape[0]):
                    u_plastic[trained[i]] += feedforward[k, i] * gain
                next_ff += 1
            _update_plastic(decay, constants[0], constants[1], n_from_exc, n_from_inh, a, v_th,
                            v_reset, bias, u[:n_exc], v[:n_exc], fired, u_plastic, sum_balanced,
                            sum_plastic)
        else:
            _update(decay, constants[0], constants[1], n_from_exc, n_from_inh, a, v_th, v_reset,
                    bias, u[:n_exc], v[:n_exc], fired)
        _update(decay, constants[2], constants[3], n_from_exc[n_exc:], n_from_inh[n_exc:], a, v_th,
                v_reset, bias[n_exc:], u[n_exc:], v[n_exc:], fired[n_exc:])

        n_pending = 0
        for q in range(fired_words.shape[0]):
            if fired_words[q] != 0:
                for j in range(8 * q, min(8 * q + 8, n)):
                    if fired[j] and active[j]:
                        pending[n_pending] = j
                        n_pending += 1

        since = t - record_start
        if spike_steps.shape[0] > 0:
            for q in range(n_pending):
                spike_steps[n_spikes] = t
                spike_neurons[n_spikes] = pending[q]
                n_spikes += 1
        if 0 <= since < bin_counts.shape[0] * bin_steps:
            for q in range(n_pending):
                bin_counts[since // bin_steps, pending[q]] += 1
        if 0 <= since < traces.shape[0]:
            for p in range(probes.shape[0]):
                j = probes[p]
                traces[since, p, 0] = probe_exc[p]
                traces[since, p, 1] = u[j] - probe_exc[p]
                if has_plastic and j < n_exc:
                    traces[since, p, 2] = u_plastic[j]
                traces[since, p, 3] = v[j]
    return n_steps, n_pending, n_spikes
