"""The network: static synapses in four blocks, plastic ones onto trained cells, their weights.

Static weights are constant within a block, so that a spike is fully described by its sender and
a set of receivers. With a fifth of all possible connections present the cheapest description of
that set is one bit per possible receiver: the simulator adds whole rows of bits. In a large sparse
network the list of receivers is shorter and quicker, and no bits are made.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numba import njit

from src_part1.common.one_line import one_line
from src_part1.common.validation import (
    check_choice,
    check_index,
    check_integer,
    check_rng,
    check_type,
)
from src_part3.parameters import BalancedNetworkParameters

_BLOCK = 8  # words of 64 bits: one cache line, and a whole number of vector registers
# With more neurons than this for each synapse that a neuron makes, lists are quicker than bits
# (`python -m benchmarks part3-scaling`).
SPARSE = 30


@dataclass(frozen=True, eq=False)
class StaticConnectivity:
    """The static synapses of a balanced network, as lists and as bits.

    Receiver ``b * 8 * n_words + k`` is bit ``b`` of byte ``k`` of a row, so that
    ``(row >> b) & 0x0101...`` holds the 0/1 of consecutive receivers in its bytes.
    """

    targets: np.ndarray  # (n_neurons, out_degree): receivers [pre, k], in increasing order
    rows: np.ndarray  # (n_neurons, n_words) of uint64; no rows in a sparse network

    __repr__ = one_line

    @property
    def digest(self):
        """SHA-256 of the receivers, to prove that a regenerated network is the same one."""
        return hashlib.sha256(np.ascontiguousarray(self.targets, dtype="<u4")).hexdigest()

    def in_degrees(self, n_exc):
        """Numbers of E and of I inputs of each neuron, shape (n_neurons, 2)."""
        size = self.targets.shape[0]
        blocks = self.targets[:n_exc], self.targets[n_exc:]
        return np.stack([np.bincount(b.ravel(), minlength=size) for b in blocks], axis=1)


@dataclass(frozen=True, eq=False)
class PlasticConnectivity:
    """The plastic synapses onto trained neurons, seen from both ends.

    Row ``i`` of every array over trained neurons belongs to the E neuron ``trained[i]``. Its
    senders [post, slot] are first ``n_plastic_exc`` trained E neurons, then I neurons, each part
    in increasing order. They count all neurons of the network.
    """

    trained: np.ndarray  # (n_trained,)
    pre_index: np.ndarray  # (n_trained, n_plastic)
    # (n_neurons + 1,): neuron j makes the synapses out_start[j]:out_start[j + 1] of the next two.
    out_start: np.ndarray
    out_post: np.ndarray  # (n_trained * n_plastic,): receivers
    out_slot: np.ndarray  # and places of their weights in a raveled array like pre_index

    __repr__ = one_line


@dataclass(frozen=True, eq=False)
class PlasticWeights:
    """The weights that are trained, for the condition at hand (voltage times ms).

    Attributes
    ----------
    recurrent_weights : ndarray, shape (n_trained, n_plastic)
        [post, slot], as ``PlasticConnectivity.pre_index``.
    feedforward_weights : ndarray, shape (n_inputs, n_trained)
        [pre, post], unlike all other weights: the spike of a Poisson neuron reads one row.
    """

    recurrent_weights: np.ndarray
    feedforward_weights: np.ndarray

    __repr__ = one_line


@dataclass(frozen=True, eq=False)
class BalancedNetwork:
    """Parameters and connections of a balanced network.

    Attributes
    ----------
    parameters : BalancedNetworkParameters
        Numbers.
    static : StaticConnectivity
        Static synapses.
    plastic : PlasticConnectivity or None
        Plastic synapses; ``None`` for the untrained network.
    n_inputs : int
        Number of feed-forward Poisson neurons.
    precision : {"float32", "float64"}
        Type of all numbers in the simulation.
    """

    parameters: BalancedNetworkParameters
    static: StaticConnectivity
    plastic: PlasticConnectivity | None = None
    n_inputs: int = 0
    precision: str = "float32"

    __repr__ = one_line

    def __post_init__(self):
        """Check that the parts fit together."""
        check_choice("BalancedNetwork.precision", self.precision, ("float64", "float32"))
        check_type("BalancedNetwork.parameters", self.parameters, BalancedNetworkParameters)
        check_integer("BalancedNetwork.n_inputs", self.n_inputs, at_least=0)
        n_neurons = self.parameters.n_neurons
        if self.static.targets.shape != (n_neurons, self.parameters.out_degree):
            raise ValueError(
                f"BalancedNetwork.static must hold {self.parameters.out_degree} targets of "
                f"{n_neurons} neurons, got shape {self.static.targets.shape}."
            )
        if self.plastic is not None and self.plastic.out_start.size != n_neurons + 1:
            raise ValueError(f"BalancedNetwork.plastic must be drawn for {n_neurons} neurons.")
        if self.plastic is None and self.n_inputs:
            raise ValueError(
                "BalancedNetwork.n_inputs needs trained neurons, but BalancedNetwork.plastic is "
                "None."
            )

    @property
    def n_exc(self):
        """Number of excitatory neurons, which come first."""
        return self.parameters.n_exc

    @property
    def dtype(self):
        """NumPy type of all numbers in the simulation."""
        return np.dtype(self.precision)

    @cached_property
    def external_input(self):
        """Constant external input, shape (n_neurons,) (voltage)."""
        return self.parameters.external_input.astype(self.dtype)

    @property
    def trained(self):
        """The trained neurons, shape (n_trained,)."""
        return np.zeros(0, np.int32) if self.plastic is None else self.plastic.trained

    def without_plastic(self):
        """The same network before it got plastic synapses and inputs; static ones are shared."""
        return replace(self, plastic=None, n_inputs=0)

    def initial_weights(self):
        """`PlasticWeights` before training, in new arrays; feed-forward weights are 0."""
        one = self.parameters.plastic_weights.astype(self.dtype)
        return PlasticWeights(
            np.tile(one, (self.trained.size, 1)),
            np.zeros((self.n_inputs, self.trained.size), self.dtype),
        )

    def check_weights(self, weights):
        """Both arrays of ``weights``, contiguous and of the network's type, if they fit it."""
        if self.plastic is None:
            if weights is not None:
                raise ValueError("weights were given, but the network has no plastic synapses.")
            return np.zeros((0, 0), self.dtype), np.zeros((0, 0), self.dtype)
        if weights is None:
            raise ValueError("weights must be given, because the network has plastic synapses.")
        check_type("weights", weights, PlasticWeights)
        shapes = self.plastic.pre_index.shape, (self.n_inputs, self.trained.size)
        arrays = weights.recurrent_weights, weights.feedforward_weights
        names = "weights.recurrent_weights", "weights.feedforward_weights"
        for name, array, shape in zip(names, arrays, shapes, strict=True):
            if np.shape(array) != shape:
                raise ValueError(f"{name} must have shape {shape}, got {np.shape(array)}.")
            if np.asarray(array).dtype.kind not in "fiu":
                raise TypeError(
                    f"{name} must hold real numbers, got dtype {np.asarray(array).dtype}."
                )
        return tuple(np.ascontiguousarray(array, dtype=self.dtype) for array in arrays)


def build_network(network_parameters, rng, *, precision="float32"):
    """Draw an untrained network.

    Parameters
    ----------
    network_parameters : BalancedNetworkParameters
        Numbers.
    rng : numpy.random.Generator
        Randomness of the connections: each neuron sends to ``out_degree`` others.
    precision : {"float32", "float64"}, optional
        Type of all numbers in the simulation.

    Returns
    -------
    BalancedNetwork
        The network, without plastic synapses.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part3 import BalancedNetworkParameters, build_network
    >>> parameters = BalancedNetworkParameters(n_exc=60, n_inh=40, out_degree=20)
    >>> network = build_network(parameters, np.random.default_rng(0))
    >>> network.static.targets.shape
    (100, 20)
    >>> network.static.in_degrees(n_exc=60).mean(axis=0).tolist()  # E and I inputs of a neuron
    [12.0, 8.0]
    """
    check_choice("precision", precision, ("float64", "float32"))
    check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    static = draw_static(network_parameters, check_rng("rng", rng))
    return BalancedNetwork(network_parameters, static, precision=precision)


def draw_static(network_parameters, rng):
    """Draw the receivers of each neuron among all others, without replacement.

    Of ``rng`` only the raw 32-bit numbers are used, so that a seed keeps its network.
    """
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
    """Write lists of receivers (n_rows, out_degree) as rows of bits (n_rows, n_words)."""
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
    """Draw the plastic synapses of different E neurons; no neuron sends to itself."""
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
    """Complete plastic synapses that are given by their senders ``pre_index`` [post, slot]."""
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
