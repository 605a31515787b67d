r"""The time loop of the balanced network.

With the input ``u`` through static synapses, ``u_p`` through plastic and feed-forward synapses,
and the spikes ``S_j`` of the step before (forward Euler):

.. math::
   u_i   &\leftarrow (1 - dt/\tau_{syn}) u_i + \sum_j J_{ij} S_j / \tau_{syn} \\
   u_{p,i} &\leftarrow (1 - dt/\tau_p) u_{p,i} + \sum_j w_{ij} S_j / \tau_p \\
   r_j   &\leftarrow (1 - dt/\tau_p) r_j + S_j / \tau_p \\
   v_i   &\leftarrow v_i + (dt/\tau_m) (\mu_i + u_i + u_{p,i} - v_i)

A neuron with ``v > v_th`` spikes and restarts at ``v_reset``. Because all plastic synapses share
one time constant, ``u_p = w r`` holds at every step although only spikes touch it (after a change
of the weights the input that has already come in stays what it was).

Three things make the loop quick. A spike adds one row of bits to counters of one byte per
receiver, 64 receivers in a few instructions (in a large sparse network it walks through the list
of receivers instead). The counters of E and of I spikes become input once a step, by the constant
weights of the blocks. The update of ``u`` and ``v`` has no branch, so it runs in vector
registers; who spiked is looked up afterwards, eight neurons at a time. No sum is reordered, so a
seed gives the same spikes on every machine and with any number of threads.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from src_part1.common.validation import check_integer, check_type
from src_part3.drive import Drive, make_drive
from src_part3.recorder import BalancedRecorder
from src_part3.state import BalancedNetwork, BalancedNetworkState

_FULL = 255  # a counter of one byte holds this many spikes


def advance(network, state, n_steps, *, weights=None, drive=None, recorder=None):
    """Advance a network by some time steps, changing ``state`` in place.

    Parameters
    ----------
    network : BalancedNetwork
        Parameters and connections.
    state : BalancedNetworkState
        Where the network is. ``advance`` twice by n gives the same as once by 2 n.
    n_steps : int
        Number of time steps, at least 0.
    weights : PlasticWeights, optional
        Weights of the plastic and feed-forward synapses; required if the network has them.
    drive : Drive, optional
        Cue, feed-forward spikes and silenced neurons of the trial. Its times count from step 0 of
        the state.
    recorder : BalancedRecorder, optional
        Collects spikes, spike counts and inputs.

    Raises
    ------
    TypeError, ValueError
        If weights are missing, or weights, state, drive or recorder do not fit the network.
    FloatingPointError
        If the input or the voltage of a neuron is not finite afterwards.
    """
    check_type("network", network, BalancedNetwork)
    check_type("state", state, BalancedNetworkState)
    n_steps = check_integer("n_steps", n_steps, at_least=0)
    drive = make_drive(network) if drive is None else check_type("drive", drive, Drive)
    recorder = BalancedRecorder(network) if recorder is None else recorder
    check_type("recorder", recorder, BalancedRecorder)
    state.check(network)
    drive.check(network)
    recorder.check(network)
    plastic = _plastic(network, *network.check_weights(weights))
    constants, scratch = _constants(network), _scratch(network)
    last = state.step + n_steps
    for stop in (drive.cue_on, drive.cue_off, last):
        stop = min(stop, last)
        while state.step < stop:
            done, state.n_pending, recorder.n_spikes = _advance(
                state.step, stop - state.step, state.n_pending, recorder.n_spikes, constants,
                _Static(network.static.rows, network.static.targets, network.n_exc), plastic,
                _external(drive, state.step), _arrays(state), scratch, _recording(recorder),
            )
            state.step += done
            if state.step < stop:
                recorder.grow()
    if not (np.isfinite(state.v).all() and np.isfinite(state.u_plastic).all()):
        raise FloatingPointError(
            f"the network diverged before step {state.step}: an input or a voltage is not finite; "
            "look for weights that are not finite or far too large."
        )


# What the kernel takes. All numbers and all arrays of numbers have the network's type.


class _Constants(NamedTuple):
    jump_ee: float  # J / tau_syn: what one spike adds to u; onto E from E
    jump_ei: float
    jump_ie: float
    jump_ii: float
    decay_syn: float  # 1 - dt / tau_syn
    decay_plastic: float
    dt_over_tau_m: float
    v_th: float
    v_reset: float
    jump_filtered: float  # 1 / tau_plastic: what one spike adds to its filtered copy
    one: float  # a literal 1.0 would turn float32 into float64


class _Static(NamedTuple):
    rows: np.ndarray  # receivers as bits; no rows in a large sparse network
    targets: np.ndarray  # receivers as lists
    n_exc: int


class _Plastic(NamedTuple):
    weights: np.ndarray  # (n_trained * n_plastic,)
    out_start: np.ndarray  # neuron j makes the synapses out_start[j]:out_start[j + 1]
    out_post: np.ndarray  # their receivers
    out_slot: np.ndarray  # and the places of their weights
    feedforward_by_pre: np.ndarray  # (n_inputs, n_trained)
    trained: np.ndarray  # (n_trained,)


class _External(NamedTuple):
    constant: np.ndarray  # external input, cue included
    active: np.ndarray  # False for silenced neurons
    spike_steps: np.ndarray  # spikes of the Poisson neurons from now on
    spike_sources: np.ndarray


class _Arrays(NamedTuple):  # of BalancedNetworkState, changed in place
    v: np.ndarray
    u: np.ndarray
    pending: np.ndarray
    u_plastic: np.ndarray
    r_plastic: np.ndarray
    s_feedforward: np.ndarray
    sum_balanced: np.ndarray
    sum_plastic: np.ndarray


class _Scratch(NamedTuple):  # each array of words and the bytes that it consists of
    words_exc: np.ndarray  # (8, n_words): spikes that came from E neurons in this step
    from_exc: np.ndarray  # (n_neurons,)
    words_inh: np.ndarray
    from_inh: np.ndarray
    fired_words: np.ndarray  # (ceil(n_neurons / 8),): who spikes in this step
    fired: np.ndarray  # (n_neurons,)


class _Recording(NamedTuple):  # of BalancedRecorder, changed in place
    spike_steps: np.ndarray
    spike_neurons: np.ndarray
    bin_counts: np.ndarray
    bin_steps: int
    probes: np.ndarray
    probe_exc: np.ndarray
    traces: np.ndarray
    start: int


def _constants(network):
    p = network.parameters
    values = (
        *(p.weights / p.tau_syn).ravel(), 1 - p.dt / p.tau_syn, 1 - p.dt / p.tau_plastic,
        p.dt / p.tau_m, p.v_th, p.v_reset, 1 / p.tau_plastic, 1,
    )
    return _Constants(*np.array(values, dtype=network.dtype))


def _plastic(network, recurrent_weights, feedforward_weights):
    plastic = network.plastic
    if plastic is None:
        none = np.zeros(0, np.int32)
        lists = np.zeros(network.parameters.n_neurons + 1, np.int32), none, none
    else:
        lists = plastic.out_start, plastic.out_post, plastic.out_slot
    return _Plastic(recurrent_weights.reshape(-1), *lists, feedforward_weights, network.trained)


def _external(drive, step):
    first = np.searchsorted(drive.spike_steps, step)
    return _External(
        drive.external_input(step), drive.active, drive.spike_steps[first:],
        drive.spike_sources[first:],
    )


def _arrays(state):
    return _Arrays(
        state.v, state.u_balanced, state.pending, state.u_plastic, state.r_plastic,
        state.s_feedforward, state.sum_balanced, state.sum_plastic,
    )


def _scratch(network):
    n_neurons, n_words = network.parameters.n_neurons, network.static.rows.shape[1]
    words = [np.zeros(shape, np.uint64) for shape in ((8, n_words),) * 2 + (-(-n_neurons // 8),)]
    parts = [(w, w.view(np.uint8).reshape(-1)[:n_neurons]) for w in words]
    return _Scratch(*sum(parts, ()))


def _recording(recorder):
    return _Recording(
        recorder.buffer_steps, recorder.buffer_neurons, recorder.counts, recorder.bin_steps,
        recorder.probes, recorder.probe_exc, recorder.traces, recorder.start,
    )


@njit(cache=True, nogil=True)
def _advance(
    first_step, n_steps, n_pending, n_spikes, constants, static, plastic, external, state, scratch,
    recording,
):
    """Advance by ``n_steps``, or until the recording of spikes might overflow.

    Returns the steps made, the spikes that are pending and the spikes that are recorded.
    """
    n, recording_spikes = state.v.shape[0], recording.spike_steps.shape[0] > 0
    next_spike = 0
    for step in range(first_step, first_step + n_steps):
        if recording_spikes and n_spikes + n > recording.spike_steps.shape[0]:
            return step - first_step, n_pending, n_spikes
        decay = _deliver(n_pending, constants, static, state, scratch, recording)
        if state.u_plastic.shape[0] > 0:
            next_spike = _filter(step, n_pending, next_spike, constants, plastic, external, state)
        _update_all(decay, constants, static.n_exc, external.constant, state, scratch)
        n_pending = _collect(external.active, state.pending, scratch)
        n_spikes = _record(step, n_pending, n_spikes, static.n_exc, state, recording)
    return n_steps, n_pending, n_spikes


@njit(cache=True, nogil=True)
def _deliver(n_pending, constants, static, state, scratch, recording):
    """Count the pending spikes at their receivers; return the decay that ``u`` still has to make.

    Counting comes first and weights later, because all synapses of a block weigh the same: one
    multiplication for each neuron and step instead of one for each spike and receiver.
    """
    n_exc = static.n_exc
    scratch.words_exc[:] = 0
    scratch.words_inh[:] = 0
    decay = constants.decay_syn
    counted_exc = counted_inh = 0
    for q in range(n_pending):
        j = state.pending[q]
        # A byte cannot count further. It is emptied in the middle of the step: what it held
        # becomes input now, and the decay of this step must not act a second time.
        if counted_exc == _FULL or counted_inh == _FULL:
            _absorb(decay, constants.jump_ee, constants.jump_ei, scratch.from_exc,
                    scratch.from_inh, state.u[:n_exc])
            _absorb(decay, constants.jump_ie, constants.jump_ii, scratch.from_exc[n_exc:],
                    scratch.from_inh[n_exc:], state.u[n_exc:])
            _follow_probes(decay, constants, n_exc, scratch.from_exc, recording)
            scratch.words_exc[:] = 0
            scratch.words_inh[:] = 0
            decay = constants.one
            counted_exc = counted_inh = 0
        if j < n_exc:
            counted_exc += 1
        else:
            counted_inh += 1
        if static.rows.shape[0] == 0:
            _count_list(static.targets[j], scratch.from_exc if j < n_exc else scratch.from_inh)
        else:
            _count_row(static.rows[j], scratch.words_exc if j < n_exc else scratch.words_inh)
    _follow_probes(decay, constants, n_exc, scratch.from_exc, recording)
    return decay


@njit(cache=True, nogil=True)
def _count_list(receivers, counts):
    """Add 1 to the count of each receiver."""
    for k in range(receivers.shape[0]):
        counts[receivers[k]] += np.uint8(1)


@njit(cache=True, nogil=True)
def _count_row(row, counts):
    """Add the 0/1 of each receiver in ``row`` (n_words,) to the bytes of ``counts``."""
    # Bit b of each of the eight bytes of a word belongs to eight consecutive receivers: shifted
    # down and masked, one addition of 64 bits counts for all eight of them.
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
def _follow_probes(decay, constants, n_exc, n_from_exc, recording):
    """Follow the excitatory part of the static input of the probes, which ``u`` does not keep."""
    for p in range(recording.probes.shape[0]):
        j = recording.probes[p]
        jump = constants.jump_ee if j < n_exc else constants.jump_ie
        recording.probe_exc[p] = decay * recording.probe_exc[p] + jump * n_from_exc[j]


@njit(cache=True, nogil=True)
def _filter(step, n_pending, next_spike, constants, plastic, external, state):
    """Let plastic input and filtered spikes decay, and add what spikes bring.

    Returns the first spike of the Poisson neurons that has not acted yet.
    """
    decay, jump = constants.decay_plastic, constants.jump_filtered
    for i in range(state.u_plastic.shape[0]):
        state.u_plastic[i] *= decay
    for i in range(state.r_plastic.shape[0]):
        state.r_plastic[i] *= decay
    for k in range(state.s_feedforward.shape[0]):
        state.s_feedforward[k] *= decay
    for q in range(n_pending):
        j = state.pending[q]
        state.r_plastic[j] += jump
        for m in range(plastic.out_start[j], plastic.out_start[j + 1]):
            state.u_plastic[plastic.out_post[m]] += plastic.weights[plastic.out_slot[m]] * jump
    while next_spike < external.spike_steps.shape[0] and external.spike_steps[next_spike] <= step:
        k = external.spike_sources[next_spike]
        state.s_feedforward[k] += jump
        for i in range(plastic.trained.shape[0]):
            state.u_plastic[plastic.trained[i]] += plastic.feedforward_by_pre[k, i] * jump
        next_spike += 1
    return next_spike


@njit(cache=True, nogil=True)
def _update_all(decay, c, n_exc, external, state, scratch):
    """One step of input and voltage of all neurons: E, with plastic inputs if there are any, and I.

    The loops are apart because only E neurons have plastic inputs, and because each loop then has
    two constant weights.
    """
    if state.u_plastic.shape[0] > 0:
        _update_plastic(
            decay, c.jump_ee, c.jump_ei, c, external, state.u_plastic,
            scratch.from_exc, scratch.from_inh, state, scratch.fired,
        )
    else:
        _update(
            decay, c.jump_ee, c.jump_ei, c, external, scratch.from_exc, scratch.from_inh,
            state.u[:n_exc], state.v[:n_exc], scratch.fired,
        )
    _update(
        decay, c.jump_ie, c.jump_ii, c, external[n_exc:], scratch.from_exc[n_exc:],
        scratch.from_inh[n_exc:], state.u[n_exc:], state.v[n_exc:], scratch.fired[n_exc:],
    )


@njit(cache=True, nogil=True)
def _update(decay, w_exc, w_inh, c, external, n_from_exc, n_from_inh, u, v, fired):
    """One step of neurons that have static inputs only."""
    # No branch: a comparison and a selection run in vector registers, a jump does not.
    a, v_th, v_reset = c.dt_over_tau_m, c.v_th, c.v_reset
    for i in range(v.shape[0]):
        u_new = decay * u[i] + (w_exc * n_from_exc[i] + w_inh * n_from_inh[i])
        v_new = v[i] + a * ((external[i] + u_new) - v[i])
        spike = v_new > v_th
        u[i] = u_new
        v[i] = v_reset if spike else v_new
        fired[i] = spike


@njit(cache=True, nogil=True)
def _update_plastic(
    decay, w_exc, w_inh, c, external, u_plastic, n_from_exc, n_from_inh, state, fired
):
    """One step of neurons that have plastic inputs as well; sums up both kinds of input."""
    a, v_th, v_reset = c.dt_over_tau_m, c.v_th, c.v_reset
    u, v = state.u, state.v
    sum_balanced, sum_plastic = state.sum_balanced, state.sum_plastic
    for i in range(u_plastic.shape[0]):
        u_new = decay * u[i] + (w_exc * n_from_exc[i] + w_inh * n_from_inh[i])
        v_new = v[i] + a * (((external[i] + u_new) + u_plastic[i]) - v[i])
        spike = v_new > v_th
        u[i] = u_new
        sum_balanced[i] += u_new
        sum_plastic[i] += u_plastic[i]
        v[i] = v_reset if spike else v_new
        fired[i] = spike


@njit(cache=True, nogil=True)
def _collect(active, pending, scratch):
    """List the neurons that spike; return how many. Silenced ones are reset like all others."""
    # Few neurons spike in a step, so eight at a time are passed over with one comparison.
    n, n_pending = scratch.fired.shape[0], 0
    for q in range(scratch.fired_words.shape[0]):
        if scratch.fired_words[q] != 0:
            for j in range(8 * q, min(8 * q + 8, n)):
                if scratch.fired[j] and active[j]:
                    pending[n_pending] = j
                    n_pending += 1
    return n_pending


@njit(cache=True, nogil=True)
def _record(step, n_pending, n_spikes, n_exc, state, recording):
    """Write down the spikes of this step, and inputs and voltage of the probes."""
    since = step - recording.start
    if recording.spike_steps.shape[0] > 0:
        for q in range(n_pending):
            recording.spike_steps[n_spikes] = step
            recording.spike_neurons[n_spikes] = state.pending[q]
            n_spikes += 1
    if 0 <= since < recording.bin_counts.shape[0] * recording.bin_steps:
        for q in range(n_pending):
            recording.bin_counts[since // recording.bin_steps, state.pending[q]] += 1
    if 0 <= since < recording.traces.shape[0]:
        for p in range(recording.probes.shape[0]):
            j = recording.probes[p]
            recording.traces[since, p, 0] = recording.probe_exc[p]
            recording.traces[since, p, 1] = state.u[j] - recording.probe_exc[p]
            if j < min(n_exc, state.u_plastic.shape[0]):
                recording.traces[since, p, 2] = state.u_plastic[j]
            recording.traces[since, p, 3] = state.v[j]
    return n_spikes
