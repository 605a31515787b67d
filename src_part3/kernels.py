"""The compiled loops of the balanced network.

`simulate_balanced` in ``tests/reference_part3.py`` does the same in forty lines without any trick:
read these first. `advance_steps` has the equations in their order; each helper below it is one.

What is more here is for speed. A spike adds one row of bits to counters of one byte per receiver,
64 receivers in a few instructions (in a large sparse network it walks through the list of receivers
instead), and the counters become input once a step, by the constant weights of the blocks. The
update of ``u`` and ``v`` has no branch, so it runs in vector registers; who spiked is looked up
afterwards. No sum is reordered: a seed gives the same spikes on every machine.

For the first call, compiling counts: helpers are written into the loop before it is compiled
(``inline``), and rows are copied in loops, because an assignment of slices also compiles the words
of its errors. A compiled function calls none of another file: Numba's cache would not notice an
edit there.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from src_part1.common.compiled import kernel

_FULL = 255  # a counter of one byte holds this many spikes


class Constants(NamedTuple):
    """Numbers of the network, in its type: Python's own floats would turn float32 into float64."""

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
    one: float


class Static(NamedTuple):
    """The static synapses."""

    rows: np.ndarray  # receivers as bits; no rows in a large sparse network
    targets: np.ndarray  # receivers as lists
    n_exc: int


class Plastic(NamedTuple):
    """The synapses of the plastic kind, those of the clock included, and their weights."""

    weights: np.ndarray  # (n_trained * n_plastic,): in the order of the senders, as out_post
    out_start: np.ndarray  # neuron j makes the synapses out_start[j]:out_start[j + 1]
    out_post: np.ndarray  # their receivers
    feedforward_by_pre: np.ndarray  # (n_inputs, n_trained)
    trained: np.ndarray  # (n_trained,)


class Outside(NamedTuple):
    """What acts from outside from the present step on."""

    baseline: np.ndarray  # constant input
    cue: np.ndarray  # added to it; 0 while the cue is off
    bin_input: np.ndarray  # (n_bins, n_neurons) or no rows: added in each bin
    bin_steps: int
    active: np.ndarray  # False for silenced neurons
    spike_steps: np.ndarray  # spikes of the clock from now on
    spike_sources: np.ndarray


class Arrays(NamedTuple):
    """Arrays of `BalancedNetworkState`, changed in place."""

    v: np.ndarray
    u: np.ndarray
    pending: np.ndarray
    u_plastic: np.ndarray
    r_plastic: np.ndarray
    s_feedforward: np.ndarray


class Scratch(NamedTuple):
    """Counters of one step, each as words of 64 bits and as the bytes that these consist of."""

    words_exc: np.ndarray  # (8, n_words): spikes that came from E neurons in this step
    from_exc: np.ndarray  # (n_neurons,)
    words_inh: np.ndarray
    from_inh: np.ndarray
    fired_words: np.ndarray  # (16 ceil(n_neurons / 128),): who spikes in this step
    fired: np.ndarray  # (n_neurons,)
    external: np.ndarray  # (n_neurons,): the whole external input


class Recording(NamedTuple):
    """Arrays of `BalancedRecorder`, changed in place."""

    spike_steps: np.ndarray
    spike_neurons: np.ndarray
    bin_steps: int
    counts: np.ndarray
    sum_balanced: np.ndarray  # (n_exc,): sums over the steps of the present bin
    sum_plastic: np.ndarray
    balanced: np.ndarray  # (n_bins, n_trained): these sums at the end of each bin
    plastic: np.ndarray
    filtered: np.ndarray  # (n_bins, n_neurons) or no rows: filtered spikes at the end of each bin
    filtered_feedforward: np.ndarray
    probes: np.ndarray
    probe_exc: np.ndarray
    traces: np.ndarray


@kernel(nogil=True)
def advance_steps(
    first_step, n_steps, n_pending, n_spikes, constants, static, plastic, outside, state, scratch,
    recording,
):
    """Advance by ``n_steps``, or until the recording of spikes might overflow.

    Returns the steps made, the spikes that are pending and the spikes that are recorded. S_j is 1
    if neuron j spiked in the step before; these are the pending spikes.
    """
    next_spike, room = 0, recording.spike_steps.shape[0]
    for step in range(first_step, first_step + n_steps):
        # A kernel cannot make room: it stops where the next step might not fit, and goes on when
        # it is called again.
        if room > 0 and n_spikes + state.v.shape[0] > room:
            return step - first_step, n_pending, n_spikes
        # mu_i = baseline_i + input of the bin_i + cue_i
        if step == first_step or step % outside.bin_steps == 0:
            _sum_external(step // outside.bin_steps, outside, scratch.external)
        # sum_j J_ij S_j: how many of the S_j are E and how many I, for each i
        decay = _deliver(n_pending, constants, static, state, scratch, recording)
        # r_j   <- (1 - dt/tau_p) r_j + S_j / tau_p
        # u_p,i <- (1 - dt/tau_p) u_p,i + sum_j w_ij S_j / tau_p
        next_spike = _filter(step, n_pending, next_spike, constants, plastic, outside, state)
        # u_i   <- (1 - dt/tau_syn) u_i + sum_j J_ij S_j / tau_syn
        # v_i   <- v_i + (dt/tau_m) (mu_i + u_i + u_p,i - v_i); above v_th a spike, then v_reset
        _update(decay, constants, static.n_exc, state, scratch, recording)
        # S_j for the next step: 1 for those that spiked and are not silenced
        n_pending = _collect(outside.active, state.pending, scratch)
        n_spikes = _record(step, n_pending, n_spikes, static.n_exc, plastic, state, recording)
    return n_steps, n_pending, n_spikes


@kernel(inline="always")
def _sum_external(b, outside, external):
    """Write down the external input of bin ``b``."""
    # The order of the sums fixes the bits.
    if b < outside.bin_input.shape[0]:
        for i in range(external.shape[0]):
            external[i] = (outside.baseline[i] + outside.bin_input[b, i]) + outside.cue[i]
    else:
        for i in range(external.shape[0]):
            external[i] = outside.baseline[i] + outside.cue[i]


@kernel(inline="always")
def _deliver(n_pending, constants, static, state, scratch, recording):
    """Count the pending spikes at their receivers; return the decay that ``u`` still has to make.

    Counting comes first and weights later, because all synapses of a block weigh the same: one
    multiplication for each neuron and step instead of one for each spike and receiver.
    """
    n_exc, decay, q = static.n_exc, constants.decay_syn, 0
    while True:
        scratch.words_exc[:] = 0
        scratch.words_inh[:] = 0
        counted_exc = counted_inh = 0
        while q < n_pending and counted_exc < _FULL and counted_inh < _FULL:
            j = state.pending[q]
            is_exc = j < n_exc
            counted_exc += is_exc
            counted_inh += not is_exc
            if static.rows.shape[0] == 0:
                count_list(static.targets[j], scratch.from_exc if is_exc else scratch.from_inh)
            else:
                count_row(static.rows[j], scratch.words_exc if is_exc else scratch.words_inh)
            q += 1
        for p in range(recording.probes.shape[0]):
            # The excitatory part of the static input of the probes, which `u` does not keep.
            j = recording.probes[p]
            jump = constants.jump_ee if j < n_exc else constants.jump_ie
            recording.probe_exc[p] = decay * recording.probe_exc[p] + jump * scratch.from_exc[j]
        if q == n_pending:
            return decay
        # A byte cannot count further, in the middle of a step: what it held becomes input now, and
        # the decay of this step must not act a second time.
        for i in range(state.u.shape[0]):
            jump_exc = constants.jump_ee if i < n_exc else constants.jump_ie
            jump_inh = constants.jump_ei if i < n_exc else constants.jump_ii
            state.u[i] = decay * state.u[i] + (
                jump_exc * scratch.from_exc[i] + jump_inh * scratch.from_inh[i]
            )
        decay = constants.one


@kernel(inline="always")
def count_list(receivers, counts):
    """Add 1 to the count of each receiver."""
    for k in range(receivers.shape[0]):
        counts[receivers[k]] += np.uint8(1)


@kernel(inline="always")
def count_row(row, counts):
    """Add the 0/1 of each receiver in ``row`` (n_words,) to the bytes of ``counts``."""
    # Bit b of each of the eight bytes of a word belongs to eight consecutive receivers: shifted
    # down and masked, one addition of 64 bits counts for all eight of them.
    ones = np.uint64(0x0101010101010101)
    for b in range(8):
        shift = np.uint64(b)
        lane = counts[b]
        for k in range(row.shape[0]):
            lane[k] += (row[k] >> shift) & ones


@kernel(inline="always")
def _filter(step, n_pending, next_spike, constants, plastic, outside, state):
    """Let plastic input and filtered spikes decay, and add what spikes bring.

    Returns the first spike of the clock that has not acted yet.
    """
    if state.u_plastic.shape[0] == 0:
        return next_spike
    decay, jump = constants.decay_plastic, constants.jump_filtered
    for i in range(state.u_plastic.shape[0]):
        state.u_plastic[i] *= decay
    for i in range(state.r_plastic.shape[0]):
        state.r_plastic[i] *= decay
    for k in range(state.s_feedforward.shape[0]):
        state.s_feedforward[k] *= decay
    # u_plastic = w r need not be computed: it decays as r does, and a spike adds its weights.
    for q in range(n_pending):
        j = state.pending[q]
        if state.r_plastic.shape[0] > 0:
            state.r_plastic[j] += jump
        for m in range(plastic.out_start[j], plastic.out_start[j + 1]):
            state.u_plastic[plastic.out_post[m]] += plastic.weights[m] * jump
    while next_spike < outside.spike_steps.shape[0] and outside.spike_steps[next_spike] <= step:
        k = outside.spike_sources[next_spike]
        state.s_feedforward[k] += jump
        for i in range(plastic.trained.shape[0]):
            state.u_plastic[plastic.trained[i]] += plastic.feedforward_by_pre[k, i] * jump
        next_spike += 1
    return next_spike


@kernel(inline="always")
def _update(decay, c, n_exc, state, scratch, recording):
    """One step of input and voltage of all neurons: E, with plastic inputs if there are any, and I.

    The loops are apart because only E neurons have plastic inputs, and because each loop then has
    two constant weights.
    """
    external, u, v, fired = scratch.external, state.u, state.v, scratch.fired
    from_exc, from_inh, n = scratch.from_exc, scratch.from_inh, state.v.shape[0]
    has_plastic = state.u_plastic.shape[0] > 0
    if has_plastic:
        _update_plastic(decay, c, external, from_exc, from_inh, state, recording, fired)
    for block in range(1 if has_plastic else 0, 2):
        some = slice(n_exc, n) if block else slice(0, n_exc)
        _update_static(decay, c.jump_ie if block else c.jump_ee, c.jump_ii if block else c.jump_ei,
                       c, external[some], from_exc[some], from_inh[some], u[some], v[some],
                       fired[some])


@kernel(inline="always")
def _update_static(decay, w_exc, w_inh, c, external, n_from_exc, n_from_inh, u, v, fired):
    """One step of neurons that have static inputs only."""
    # No branch: a comparison and a selection run in vector registers, a jump does not.
    a, v_th, v_reset = c.dt_over_tau_m, c.v_th, c.v_reset
    for i in range(v.shape[0]):
        # The brackets fix the order of the sums, hence the bits, in every loop alike.
        u_new = decay * u[i] + (w_exc * n_from_exc[i] + w_inh * n_from_inh[i])
        v_new = v[i] + a * ((external[i] + u_new) - v[i])
        spike = v_new > v_th
        u[i] = u_new
        v[i] = v_reset if spike else v_new
        fired[i] = spike


@kernel(inline="always")
def _update_plastic(decay, c, external, n_from_exc, n_from_inh, state, recording, fired):
    """One step of E neurons that have plastic inputs as well; sums up both kinds of input."""
    a, v_th, v_reset = c.dt_over_tau_m, c.v_th, c.v_reset
    w_exc, w_inh = c.jump_ee, c.jump_ei
    u, v, u_plastic = state.u, state.v, state.u_plastic
    sum_balanced, sum_plastic = recording.sum_balanced, recording.sum_plastic
    for i in range(u_plastic.shape[0]):
        u_new = decay * u[i] + (w_exc * n_from_exc[i] + w_inh * n_from_inh[i])
        v_new = v[i] + a * (((external[i] + u_new) + u_plastic[i]) - v[i])
        spike = v_new > v_th
        u[i] = u_new
        sum_balanced[i] += u_new
        sum_plastic[i] += u_plastic[i]
        v[i] = v_reset if spike else v_new
        fired[i] = spike


@kernel(inline="always")
def _collect(active, pending, scratch):
    """List the neurons that spike; return how many. Silenced ones are reset like all others."""
    # Few neurons spike in a step, so 128 at a time are passed over with one comparison. Among
    # eight of which one spikes, a jump would be mispredicted: all are written down, and what is
    # not counted is overwritten.
    n, n_pending = scratch.fired.shape[0], 0
    for first in range(0, scratch.fired_words.shape[0], 16):
        some = np.uint64(0)
        for q in range(first, first + 16):
            some |= scratch.fired_words[q]
        if some == 0:
            continue
        for q in range(first, first + 16):
            if scratch.fired_words[q] != 0:
                for j in range(8 * q, min(8 * q + 8, n)):
                    pending[n_pending] = j
                    n_pending += scratch.fired[j] & active[j]
    return n_pending


@kernel(inline="always")
def _record(step, n_pending, n_spikes, n_exc, plastic, state, recording):
    """Write down the spikes of this step, the probes, and what belongs to a bin at its end."""
    b = step // recording.bin_steps
    if recording.spike_steps.shape[0] > 0:
        for q in range(n_pending):
            recording.spike_steps[n_spikes] = step
            recording.spike_neurons[n_spikes] = state.pending[q]
            n_spikes += 1
    if b < recording.counts.shape[0]:
        for q in range(n_pending):
            recording.counts[b, state.pending[q]] += 1
    if step < recording.traces.shape[0]:
        for p in range(recording.probes.shape[0]):
            j = recording.probes[p]
            recording.traces[step, p, 0] = recording.probe_exc[p]
            # u holds both kinds of input together; what is not excitatory is inhibitory.
            recording.traces[step, p, 1] = state.u[j] - recording.probe_exc[p]
            if j < min(n_exc, state.u_plastic.shape[0]):
                recording.traces[step, p, 2] = state.u_plastic[j]
            recording.traces[step, p, 3] = state.v[j]
    if (step + 1) % recording.bin_steps == 0:
        if b < recording.balanced.shape[0]:
            for i in range(plastic.trained.shape[0]):
                recording.balanced[b, i] = recording.sum_balanced[plastic.trained[i]]
                recording.plastic[b, i] = recording.sum_plastic[plastic.trained[i]]
        if b < recording.filtered.shape[0]:
            for i in range(state.r_plastic.shape[0]):
                recording.filtered[b, i] = state.r_plastic[i]
            for k in range(state.s_feedforward.shape[0]):
                recording.filtered_feedforward[b, k] = state.s_feedforward[k]
        recording.sum_balanced[:] = 0
        recording.sum_plastic[:] = 0
    return n_spikes
