"""Who sends spikes to whom: static synapses in four blocks, sparse plastic ones onto trained cells.

Static weights are constant within a block, so that a spike is fully described by its sender and
a set of receivers. With a fifth of all possible connections present the cheapest description of
that set is one bit per possible receiver: the simulator adds whole rows of bits. In a large sparse
network the list of receivers is shorter and quicker, and no bits are made.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numba import njit

from src_part1.common.one_line import one_line
from src_part1.common.validation import check_index, check_rng, check_type
from src_part3.parameters import BalancedNetworkParameters

_BLOCK = 8  # words of 64 bits: one cache line, and a whole number of vector registers
# With more neurons than this for each synapse that a neuron makes, lists are quicker than bits
# (`python -m benchmarks part3-scaling`).
SPARSE = 30


@dataclass(frozen=True, eq=False)
class StaticConnectivity:
    """The static synapses of a balanced network.

    Attributes
    ----------
    targets : ndarray of uint16 or uint32, shape (n_neurons, out_degree)
        Receivers of each neuron's spikes, [pre, k], in increasing order.
    rows : ndarray of uint64, shape (n_neurons, n_words) or (0, n_words)
        The same as bits, empty in a sparse network. Receiver ``b * 8 * n_words + k`` is bit ``b``
        of byte ``k`` of the row, so that ``(row >> b) & 0x0101...`` holds the 0/1 of consecutive
        receivers in its bytes.
    """

    targets: np.ndarray
    rows: np.ndarray

    __repr__ = one_line

    @property
    def digest(self):
        """SHA-256 of the receivers, to prove that a regenerated network is the same one."""
        return hashlib.sha256(np.ascontiguousarray(self.targets, dtype="<u4")).hexdigest()

    def in_degrees(self, n_exc):
        """Return the number of E and of I inputs of each neuron.

        Parameters
        ----------
        n_exc : int
            Number of excitatory neurons.

        Returns
        -------
        ndarray of int, shape (n_neurons, 2)
            Inputs from E neurons and from I neurons.
        """
        size = self.targets.shape[0]
        blocks = self.targets[:n_exc], self.targets[n_exc:]
        return np.stack([np.bincount(b.ravel(), minlength=size) for b in blocks], axis=1)


@dataclass(frozen=True, eq=False)
class PlasticConnectivity:
    """The plastic synapses onto trained neurons, seen from both ends.

    Attributes
    ----------
    trained : ndarray of int32, shape (n_trained,)
        The trained E neurons. Row ``i`` of every array over trained neurons belongs to
        ``trained[i]``.
    pre_index : ndarray of int32, shape (n_trained, n_plastic)
        Senders [post, slot]: first ``n_plastic_exc`` trained E neurons, then I neurons, each
        part in increasing order. They count all neurons of the network.
    out_start : ndarray of int32, shape (n_neurons + 1,)
        The synapses that neuron ``j`` makes stand at ``out_start[j]:out_start[j + 1]`` in the
        next two arrays.
    out_post : ndarray of int32, shape (n_trained * n_plastic,)
        Receivers (neurons of the network).
    out_slot : ndarray of int32, shape (n_trained * n_plastic,)
        Place of the weight in ``weights.ravel()``, with ``weights`` shaped as ``pre_index``.
    """

    trained: np.ndarray
    pre_index: np.ndarray
    out_start: np.ndarray
    out_post: np.ndarray
    out_slot: np.ndarray

    __repr__ = one_line


def draw_static(network_parameters, rng):
    """Draw the receivers of each neuron among all others, without replacement.

    Parameters
    ----------
    network_parameters : BalancedNetworkParameters
        Numbers of neurons and the out-degree.
    rng : numpy.random.Generator
        Only its raw 32-bit numbers are used, so that a seed keeps its network.

    Returns
    -------
    StaticConnectivity
        The static synapses.
    """
    check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    rng = check_rng("rng", rng)
    size, degree = network_parameters.n_neurons, network_parameters.out_degree
    raw = rng.integers(0, 2**32, size=(size, degree), dtype=np.uint32)
    targets = np.empty((size, degree), np.uint16 if size <= 2**16 else np.uint32)
    _draw_targets(raw, np.arange(size), targets)
    targets.sort(axis=1)
    n_words = -(-size // (64 * _BLOCK)) * _BLOCK
    dense = size <= SPARSE * degree
    return StaticConnectivity(targets, pack_rows(targets if dense else targets[:0], n_words))


@njit(cache=True)
def _draw_targets(raw, pool, out):
    """Fisher-Yates: choose out[j, :] among all but j. ``pool`` holds 0 ... n - 1, also on exit."""
    size, degree = out.shape
    picks = np.empty(degree, np.int64)
    for j in range(size):
        pool[j] = size - 1
        for s in range(degree):
            left = np.uint64(size - 1 - s)
            picks[s] = s + np.int64((np.uint64(raw[j, s]) * left) >> np.uint64(32))
            out[j, s] = pool[picks[s]]
            pool[picks[s]] = pool[s]
        for s in range(degree):
            pool[picks[s]] = picks[s]
        pool[j] = j


def pack_rows(targets, n_words):
    """Write lists of receivers as rows of bits.

    Parameters
    ----------
    targets : ndarray of int, shape (n_rows, out_degree)
        Receivers of each neuron's spikes.
    n_words : int
        Words of 64 bits in a row, enough for all receivers.

    Returns
    -------
    ndarray of uint64, shape (n_rows, n_words)
        ``StaticConnectivity.rows``.
    """
    rows = np.zeros((len(targets), 8 * n_words), np.uint8)
    _pack_rows(targets, rows)
    return rows.view(np.uint64)


@njit(cache=True)
def _pack_rows(targets, out):
    """Set the bit of each receiver. ``out`` (n, width) bytes, zero on entry."""
    width = out.shape[1]
    for j in range(targets.shape[0]):
        for s in range(targets.shape[1]):
            target = targets[j, s]
            out[j, target % width] |= np.uint8(1 << (target // width))


def draw_plastic(network_parameters, trained, rng):
    """Draw the plastic synapses of the trained neurons.

    Parameters
    ----------
    network_parameters : BalancedNetworkParameters
        Numbers of neurons and of plastic synapses.
    trained : array_like of int, shape (n_trained,)
        Different E neurons, in any order.
    rng : numpy.random.Generator
        Randomness of the draw.

    Returns
    -------
    PlasticConnectivity
        The plastic synapses; no neuron sends to itself.

    Raises
    ------
    ValueError
        If ``trained`` repeats a neuron or names one that is not excitatory, or if there are
        too few senders.
    """
    check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    rng = check_rng("rng", rng)
    trained = np.asarray(trained)
    n_from_exc, n_from_inh = network_parameters.n_plastic_exc, network_parameters.n_plastic_inh
    if trained.ndim != 1 or trained.size == 0 or trained.dtype.kind not in "iu":
        raise ValueError(
            "trained must be a list of at least one whole number, "
            f"got shape {trained.shape} and dtype {trained.dtype}."
        )
    trained = check_index("trained", trained, network_parameters.n_exc, of="E neurons")
    names, times = np.unique(trained, return_counts=True)
    if times.max() > 1:
        raise ValueError(
            f"trained must name each neuron once, got {names[times.argmax()]} {times.max()} times."
        )
    for name, wanted, there_are, of in (
        ("n_plastic_exc", n_from_exc, trained.size - 1, "other trained neurons"),
        ("n_plastic_inh", n_from_inh, network_parameters.n_inh, "I neurons"),
    ):
        if wanted > there_are:
            raise ValueError(
                f"BalancedNetworkParameters.{name} must be at most {there_are}, the number of "
                f"{of}, which send to a trained neuron, got {wanted}."
            )
    pre_index = np.empty((trained.size, n_from_exc + n_from_inh), np.int32)
    for i in range(trained.size):
        others = rng.choice(trained.size - 1, n_from_exc, replace=False)
        others += others >= i
        pre_index[i, :n_from_exc] = np.sort(trained[others])
        inhibitory = rng.choice(network_parameters.n_inh, n_from_inh, replace=False)
        pre_index[i, n_from_exc:] = np.sort(network_parameters.n_exc + inhibitory)
    return plastic_from_index(trained, pre_index, network_parameters.n_neurons)


def plastic_from_index(trained, pre_index, n_neurons):
    """Complete plastic synapses that are given by their senders.

    Parameters
    ----------
    trained : array_like of int, shape (n_trained,)
        The trained neurons.
    pre_index : array_like of int, shape (n_trained, n_plastic)
        Senders [post, slot].
    n_neurons : int
        Number of neurons of the network.

    Returns
    -------
    PlasticConnectivity
        The same synapses seen from both ends.

    Raises
    ------
    TypeError, ValueError
        If a number is not that of a neuron, or ``pre_index`` has not a row for each.
    """
    trained = check_index("trained", trained, n_neurons).astype(np.int32)
    pre_index = np.asarray(pre_index)
    if pre_index.ndim != 2 or len(pre_index) != trained.size:
        raise ValueError(
            f"pre_index must have shape ({trained.size}, n_plastic), got {pre_index.shape}."
        )
    senders = check_index("pre_index", pre_index.ravel(), n_neurons)
    pre_index = senders.astype(np.int32).reshape(pre_index.shape)
    out_slot = np.argsort(pre_index, axis=None, kind="stable").astype(np.int32)
    counts = np.bincount(pre_index.ravel(), minlength=n_neurons)
    out_start = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    out_post = trained[out_slot // max(pre_index.shape[1], 1)]
    return PlasticConnectivity(trained, pre_index, out_start, out_post, out_slot)
