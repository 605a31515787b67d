"""What a simulation holds: the network, its trained weights and its state."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property

import numpy as np

from src_part1.validation import check_choice, check_integer, check_rng, check_type
from src_part3.connectivity import PlasticConnectivity, StaticConnectivity, draw_static
from src_part3.parameters import NetworkParameters


@dataclass(frozen=True)
class PlasticWeights:
    """The weights that are trained, for the condition at hand (voltage times ms).

    Attributes
    ----------
    recurrent : ndarray, shape (n_trained, n_plastic)
        [post, slot], as ``PlasticConnectivity.pre_index``.
    feedforward_out : ndarray, shape (n_inputs, n_trained)
        One row of outgoing weights for each Poisson neuron (the transpose of [post, pre], since
        a spike reads one row).
    """

    recurrent: np.ndarray
    feedforward_out: np.ndarray


@dataclass(frozen=True)
class Network:
    """Parameters and connections of a balanced network.

    Attributes
    ----------
    parameters : NetworkParameters
        Numbers.
    static : StaticConnectivity
        Static synapses.
    plastic : PlasticConnectivity or None
        Plastic synapses; ``None`` for the untrained network.
    n_inputs : int
        Number of feed-forward Poisson neurons.
    precision : {"float64", "float32"}
        Type of all numbers in the simulation.
    """

    parameters: NetworkParameters
    static: StaticConnectivity
    plastic: PlasticConnectivity | None = None
    n_inputs: int = 0
    precision: str = "float64"

    def __post_init__(self):
        """Check that the parts fit together."""
        check_choice("Network.precision", self.precision, ("float64", "float32"))
        check_type("Network.parameters", self.parameters, NetworkParameters)
        check_integer("Network.n_inputs", self.n_inputs, at_least=0)
        n_neurons = self.parameters.n_neurons
        if self.static.targets.shape != (n_neurons, self.parameters.out_degree):
            raise ValueError(
                f"Network.static must hold {self.parameters.out_degree} targets of {n_neurons} "
                f"neurons, got shape {self.static.targets.shape}."
            )
        if self.plastic is not None and self.plastic.out_start.size != n_neurons + 1:
            raise ValueError(f"Network.plastic must be drawn for {n_neurons} neurons.")
        if self.plastic is None and self.n_inputs:
            raise ValueError("Network.n_inputs needs trained neurons, but Network.plastic is None.")

    @property
    def n_exc(self):
        """Number of excitatory neurons, which come first."""
        return self.parameters.n_exc

    @property
    def dtype(self):
        """NumPy type of all numbers in the simulation."""
        return np.dtype(self.precision)

    @cached_property
    def constants(self):
        """The numbers that the kernel needs: see ``simulator._advance``."""
        p = self.parameters
        decays = [1 - p.dt / p.tau_syn, 1 - p.dt / p.tau_plastic, p.dt / p.tau_m]
        jumps = (p.weights / p.tau_syn).ravel()
        values = [*jumps, *decays, p.v_th, p.v_reset, 1 / p.tau_plastic]
        return np.array(values, dtype=self.dtype)

    @cached_property
    def external_input(self):
        """Constant external input, shape (n_neurons,)."""
        return self.parameters.external_input.astype(self.dtype)

    @cached_property
    def out_lists(self):
        """Plastic synapses by sender, for the kernel."""
        if self.plastic is None:
            return tuple(np.zeros(size, np.int32) for size in (self.parameters.n_neurons + 1, 0, 0))
        return self.plastic.out_start, self.plastic.out_post, self.plastic.out_slot

    @property
    def trained(self):
        """The trained neurons, shape (n_trained,)."""
        return np.zeros(0, np.int32) if self.plastic is None else self.plastic.trained

    @property
    def state_sizes(self):
        """Length of each array of numbers in a `NetworkState`, by name."""
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
        Network
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
        shape = (self.trained.size, self.parameters.plastic_weights.size)
        recurrent = np.broadcast_to(self.parameters.plastic_weights, shape).astype(self.dtype)
        return PlasticWeights(recurrent, np.zeros((self.n_inputs, shape[0]), self.dtype))

    def check_weights(self, weights):
        """Return both arrays of ``weights``, contiguous and of the network's type.

        Parameters
        ----------
        weights : PlasticWeights or None
            The weights.

        Returns
        -------
        recurrent, feedforward_out : ndarray
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
            raise ValueError("the network has plastic synapses: weights must be given.")
        check_type("weights", weights, PlasticWeights)
        shapes = self.plastic.pre_index.shape, (self.n_inputs, self.trained.size)
        arrays = weights.recurrent, weights.feedforward_out
        names = "weights.recurrent", "weights.feedforward_out"
        for name, array, shape in zip(names, arrays, shapes, strict=True):
            if np.shape(array) != shape:
                raise ValueError(f"{name} must have shape {shape}, got {np.shape(array)}.")
            if np.asarray(array).dtype.kind not in "fiu":
                raise TypeError(
                    f"{name} must hold real numbers, got dtype {np.asarray(array).dtype}."
                )
        return tuple(np.ascontiguousarray(array, dtype=self.dtype) for array in arrays)


def build_network(parameters, rng, *, precision="float64"):
    """Draw an untrained network.

    Parameters
    ----------
    parameters : NetworkParameters
        Numbers.
    rng : numpy.random.Generator
        Randomness of the connections.
    precision : {"float64", "float32"}, optional
        Type of all numbers in the simulation.

    Returns
    -------
    Network
        The network, without plastic synapses.
    """
    check_choice("precision", precision, ("float64", "float32"))
    return Network(parameters, draw_static(parameters, rng), precision=precision)


@dataclass
class NetworkState:
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

    def copy(self):
        """Return an independent copy."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        arrays = {k: value.copy() for k, value in values.items() if isinstance(value, np.ndarray)}
        return replace(self, **arrays)

    def check(self, network):
        """Refuse a network that this is not a state of.

        Parameters
        ----------
        network : Network
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
    network : Network
        The network.
    rng : numpy.random.Generator
        Randomness of the voltages.

    Returns
    -------
    NetworkState
        All inputs are 0.
    """
    rng = check_rng("rng", rng)
    check_type("network", network, Network)
    p = network.parameters
    arrays = {name: np.zeros(n, network.dtype) for name, n in network.state_sizes.items()}
    arrays["v"][:] = p.v_reset + (p.v_th - p.v_reset) * rng.random(p.n_neurons)
    pending = np.zeros(p.n_neurons, np.int32)
    return NetworkState(step=0, n_pending=0, pending=pending, **arrays)
