"""What a simulation holds: the network, its trained weights and its state."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from src_part1.common.one_line import one_line
from src_part1.common.validation import check_choice, check_integer, check_rng, check_type
from src_part3.connectivity import PlasticConnectivity, StaticConnectivity, draw_static
from src_part3.parameters import BalancedNetworkParameters


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
        """Constant external input, shape (n_neurons,)."""
        return self.parameters.external_input.astype(self.dtype)

    @property
    def trained(self):
        """The trained neurons, shape (n_trained,)."""
        return np.zeros(0, np.int32) if self.plastic is None else self.plastic.trained

    @property
    def state_sizes(self):
        """Length of each array of numbers in a `BalancedNetworkState`, by name."""
        n_neurons = self.parameters.n_neurons
        n_exc, n_all = (0, 0) if self.plastic is None else (self.n_exc, n_neurons)
        return {
            "v": n_neurons, "u_balanced": n_neurons, "u_plastic": n_exc, "r_plastic": n_all,
            "s_feedforward": self.n_inputs, "sum_balanced": n_exc, "sum_plastic": n_exc,
        }

    def without_plastic(self):
        """Return the same balanced network before it got plastic synapses and inputs.

        Returns
        -------
        BalancedNetwork
            It shares the static synapses.
        """
        return replace(self, plastic=None, n_inputs=0)

    def initial_weights(self):
        """Return the plastic weights before training; feed-forward weights are 0.

        Returns
        -------
        PlasticWeights
            New arrays.
        """
        one = self.parameters.plastic_weights.astype(self.dtype)
        return PlasticWeights(
            np.tile(one, (self.trained.size, 1)),
            np.zeros((self.n_inputs, self.trained.size), self.dtype),
        )

    def check_weights(self, weights):
        """Return both arrays of ``weights``, contiguous and of the network's type.

        Parameters
        ----------
        weights : PlasticWeights or None
            The weights.

        Returns
        -------
        recurrent_weights, feedforward_weights : ndarray
            As in :class:`PlasticWeights`; empty for a network without plastic synapses.

        Raises
        ------
        TypeError, ValueError
            If they are missing, superfluous or of another shape.
        """
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
        Randomness of the connections.
    precision : {"float32", "float64"}, optional
        Type of all numbers in the simulation.

    Returns
    -------
    BalancedNetwork
        The network, without plastic synapses.
    """
    check_choice("precision", precision, ("float64", "float32"))
    return BalancedNetwork(
        network_parameters, draw_static(network_parameters, rng), precision=precision
    )


@dataclass(eq=False)
class BalancedNetworkState:
    """Everything that changes during a simulation; advanced in place.

    Attributes
    ----------
    step : int
        Number of time steps since the start of the trial.
    v, u_balanced : ndarray, shape (n_neurons,)
        Voltage, and input through static synapses.
    pending : ndarray of int32, shape (n_neurons,)
        Its first ``n_pending`` entries are the neurons that spiked in the last step; the spikes
        act in the next one, on ``u_balanced``, ``u_plastic`` and ``r_plastic`` alike.
    n_pending : int
        Number of these spikes.
    u_plastic : ndarray, shape (n_exc,) or (0,)
        Input through plastic and feed-forward synapses, 0 for untrained neurons.
    r_plastic : ndarray, shape (n_neurons,) or (0,)
        Spikes filtered by plastic synapses (1/ms).
    s_feedforward : ndarray, shape (n_inputs,)
        The same for the Poisson neurons (1/ms).
    sum_balanced, sum_plastic : ndarray, shape (n_exc,) or (0,)
        Sums over time steps of ``u_balanced`` and ``u_plastic``. Nobody resets them but you.
    """

    step: int
    v: np.ndarray
    u_balanced: np.ndarray
    pending: np.ndarray
    n_pending: int
    u_plastic: np.ndarray
    r_plastic: np.ndarray
    s_feedforward: np.ndarray
    sum_balanced: np.ndarray
    sum_plastic: np.ndarray

    __repr__ = one_line

    def copy(self):
        """Return an independent copy."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays = {k: value.copy() for k, value in values.items() if isinstance(value, np.ndarray)}
        return replace(self, **arrays)

    def check(self, network):
        """Refuse a network that this is not a state of.

        Parameters
        ----------
        network : BalancedNetwork
            The network.

        Raises
        ------
        ValueError
            If an array has another length or type than the network needs.
        """
        needed = {name: (size, network.dtype) for name, size in network.state_sizes.items()}
        needed["pending"] = network.parameters.n_neurons, np.dtype(np.int32)
        for name, (size, dtype) in needed.items():
            array = getattr(self, name)
            if array.shape != (size,) or array.dtype != dtype:
                raise ValueError(
                    f"state.{name} must hold {size} numbers of type {dtype} for this network, "
                    f"got shape {array.shape} and type {array.dtype}."
                )


def initial_state(network, rng):
    """Return the state at the start of a trial: voltages uniform between reset and threshold.

    Parameters
    ----------
    network : BalancedNetwork
        The network.
    rng : numpy.random.Generator
        Randomness of the voltages.

    Returns
    -------
    BalancedNetworkState
        All inputs are 0.
    """
    rng = check_rng("rng", rng)
    check_type("network", network, BalancedNetwork)
    p = network.parameters
    arrays = {name: np.zeros(n, network.dtype) for name, n in network.state_sizes.items()}
    arrays["v"][:] = p.v_reset + (p.v_th - p.v_reset) * rng.random(p.n_neurons)
    pending = np.zeros(p.n_neurons, np.int32)
    return BalancedNetworkState(step=0, n_pending=0, pending=pending, **arrays)
