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

`src_part3.kernels` holds the loop.
"""

from __future__ import annotations

import numpy as np

from src_part1.common.validation import check_integer, check_type
from src_part3.drive import Drive, make_drive
from src_part3.kernels import (
    Arrays,
    Constants,
    External,
    Plastic,
    Recording,
    Scratch,
    Static,
    advance_steps,
)
from src_part3.recorder import BalancedRecorder
from src_part3.state import BalancedNetwork, BalancedNetworkState


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
            done, state.n_pending, recorder.n_spikes = advance_steps(
                state.step, stop - state.step, state.n_pending, recorder.n_spikes, constants,
                Static(network.static.rows, network.static.targets, network.n_exc), plastic,
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


def _constants(network):
    p = network.parameters
    values = (
        *(p.weights / p.tau_syn).ravel(), 1 - p.dt / p.tau_syn, 1 - p.dt / p.tau_plastic,
        p.dt / p.tau_m, p.v_th, p.v_reset, 1 / p.tau_plastic, 1,
    )
    return Constants(*np.array(values, dtype=network.dtype))


def _plastic(network, recurrent_weights, feedforward_weights):
    plastic = network.plastic
    if plastic is None:
        none = np.zeros(0, np.int32)
        lists = np.zeros(network.parameters.n_neurons + 1, np.int32), none, none
    else:
        lists = plastic.out_start, plastic.out_post, plastic.out_slot
    return Plastic(recurrent_weights.reshape(-1), *lists, feedforward_weights, network.trained)


def _external(drive, step):
    first = np.searchsorted(drive.spike_steps, step)
    return External(
        drive.external_input(step), drive.active, drive.spike_steps[first:],
        drive.spike_sources[first:],
    )


def _arrays(state):
    return Arrays(
        state.v, state.u_balanced, state.pending, state.u_plastic, state.r_plastic,
        state.s_feedforward, state.sum_balanced, state.sum_plastic,
    )


def _scratch(network):
    n_neurons, n_words = network.parameters.n_neurons, network.static.rows.shape[1]
    shapes = (8, n_words), (8, n_words), 16 * -(-n_neurons // 128)
    words = [np.zeros(shape, np.uint64) for shape in shapes]
    parts = [(w, w.view(np.uint8).reshape(-1)[:n_neurons]) for w in words]
    return Scratch(*sum(parts, ()))


def _recording(recorder):
    return Recording(
        recorder.buffer_steps, recorder.buffer_neurons, recorder.counts, recorder.bin_steps,
        recorder.probes, recorder.probe_exc, recorder.traces, recorder.start,
    )
