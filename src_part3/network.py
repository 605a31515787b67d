"""The network: static synapses in four blocks, plastic ones onto trained cells, their weights.

Static weights are constant within a block, so that a spike is described by its sender and a set of
receivers. With a fifth of all possible connections the cheapest description of that set is one bit
per possible receiver; in a large sparse network it is a list, and no bits are made.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import numpy as np

from src_part1.common.compiled import kernel
from src_part1.common.one_line import one_line
from src_part1.common.validation import check_array, check_choice, check_rng, check_type
from src_part3.parameters import BalancedNetworkParameters

_PRECISIONS = "float64", "float32"
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

    Row ``i`` over trained neurons belongs to the E neuron ``trained[i]``. Its senders are first
    ``n_plastic_exc`` trained E neurons, then I neurons, each part in increasing order.
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
    """The weights that are trained, for the condition at hand (voltage times ms)."""

    # (n_trained, n_plastic) [post, slot], as ``PlasticConnectivity.pre_index``
    recurrent_weights: np.ndarray
    # (n_inputs, n_trained): those of the clock, [pre, post] unlike all other weights, because a
    # spike of one of its neurons reads one row
    feedforward_weights: np.ndarray

    __repr__ = one_line


@dataclass(frozen=True, eq=False)
class BalancedNetwork:
    """Parameters and connections of a balanced network."""

    parameters: BalancedNetworkParameters
    static: StaticConnectivity
    plastic: PlasticConnectivity | None = None  # None for the untrained network
    n_inputs: int = 0  # Poisson neurons of the clock
    precision: str = "float32"  # of all numbers in the simulation, or "float64"
    # What follows from these.
    n_exc: int = field(init=False)  # excitatory neurons, which come first
    dtype: np.dtype = field(init=False)
    external_input: np.ndarray = field(init=False)  # (n_neurons,): constant (voltage)
    trained: np.ndarray = field(init=False)  # (n_trained,): the trained neurons

    __repr__ = one_line

    def __post_init__(self):
        """Note what follows from the parts."""
        trained = np.zeros(0, np.int32) if self.plastic is None else self.plastic.trained
        vars(self).update(
            n_exc=self.parameters.n_exc, dtype=np.dtype(self.precision), trained=trained,
            external_input=self.parameters.external_input.astype(self.precision),
        )

    def without_plastic(self):
        """The same network before it got plastic synapses and inputs; static ones are shared."""
        return replace(self, plastic=None, n_inputs=0)

    def initial_weights(self):
        """`PlasticWeights` before training, in new arrays; those of the clock are 0."""
        one = self.parameters.plastic_weights.astype(self.dtype)
        return PlasticWeights(
            np.tile(one, (self.trained.size, 1)),
            np.zeros((self.n_inputs, self.trained.size), self.dtype),
        )

    def check_weights(self, weights):
        """Refuse weights that do not fit, or are not finite; None fits an untrained network."""
        if self.plastic is None:
            if weights is not None:
                raise ValueError("weights were given, but the network has no plastic synapses.")
            return
        if weights is None:
            raise ValueError("weights must be given, because the network has plastic synapses.")
        check_type("weights", weights, PlasticWeights)
        check_array("weights.recurrent_weights", weights.recurrent_weights,
                    self.plastic.pre_index.shape, dtype=self.dtype)
        check_array("weights.feedforward_weights", weights.feedforward_weights,
                    (self.n_inputs, self.trained.size), dtype=self.dtype)


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
    check_type("network_parameters", network_parameters, BalancedNetworkParameters)
    check_choice("precision", precision, _PRECISIONS)
    static = draw_static(network_parameters, check_rng("rng", rng))
    return BalancedNetwork(network_parameters, static, precision=precision)


def draw_static(network_parameters, rng):
    """Draw the receivers of each neuron among all others, without replacement.

    Of ``rng`` only the raw 32-bit numbers are used, so that a seed keeps its network.
    """
    size, degree = network_parameters.n_neurons, network_parameters.out_degree
    raw = rng.integers(0, 2**32, size=(size, degree), dtype=np.uint32)
    targets = np.empty((size, degree), np.uint16 if size <= 2**16 else np.uint32)
    _draw_targets(raw, np.arange(size), np.zeros(degree, np.int64), targets)
    targets.sort(axis=1)
    n_words = -(-size // (64 * _BLOCK)) * _BLOCK
    dense = size <= SPARSE * degree
    return StaticConnectivity(targets, pack_rows(targets if dense else targets[:0], n_words))


@kernel()
def _draw_targets(raw, pool, picks, out):
    """Fisher-Yates: choose out[j, :] among all but j. ``pool`` holds 0 ... n - 1, also on exit."""
    size, degree = out.shape
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
    """Lists of receivers (n_rows, out_degree) as rows of bits (n_rows, n_words)."""
    rows = np.zeros((len(targets), 8 * n_words), np.uint8)
    for start in range(0, len(rows), 250):  # all at once would be a large matrix
        some = slice(start, start + 250)
        part = targets[some].astype(np.intp)
        has = np.zeros((len(part), 8, rows.shape[1]), np.uint8)
        np.put_along_axis(has.reshape(len(part), -1), part, 1, axis=1)
        for b in range(8):
            rows[some] |= has[:, b] << np.uint8(b)
    return rows.view(np.uint64)


def draw_plastic(network_parameters, trained, rng):
    """Draw the plastic synapses of different E neurons ``trained``; none sends to itself."""
    n_from_exc, n_from_inh = network_parameters.n_plastic_exc, network_parameters.n_plastic_inh
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
    trained = np.asarray(trained, np.int32)
    out_slot = np.argsort(pre_index, axis=None, kind="stable").astype(np.int32)
    counts = np.bincount(pre_index.ravel(), minlength=n_neurons)
    out_start = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
    out_post = trained[out_slot // max(pre_index.shape[1], 1)]
    return PlasticConnectivity(trained, pre_index, out_start, out_post, out_slot)
