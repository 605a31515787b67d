"""Files of trained networks and of unfinished trainings: versioned, without pickle, atomic."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np

from src_part1.common.files import read_arrays, replace_file, shipped_file
from src_part1.common.validation import check_array, check_type
from src_part3.network import (
    BalancedNetwork,
    PlasticWeights,
    draw_static,
    plastic_from_index,
)
from src_part3.parameters import BalancedNetworkParameters, FeedforwardParameters, TrialParameters
from src_part3.task import BalancedTask, stream
from src_part3.training import Training, TrainingParameters
from src_part3.transfer import N_COEFFICIENTS, TransferFunction

FORMAT = "recorded-rnn-part3"
# A training holds the state of its RLS and its averages, in the names that the program has now.
VERSIONS = {"network": 3, "training": 5}
# Trained on the synthetic stand-in by data/make_trained_network.py.
TRAINED_FILE = shipped_file("trained_network.npz")


class StorageError(ValueError):
    """A file that is foreign, damaged, of another version, or of another network."""


def save_network(path, task, weights):
    """Save a task and its trained weights.

    Static synapses, cues and the clock's rates are not in the file: `load_network` draws them
    again from the task's seed and verifies them.

    Parameters
    ----------
    path : path-like
        File to write, replaced in one go once everything is written.
    task : BalancedTask
        The task.
    weights : sequence of PlasticWeights
        Weights of each condition, as ``Training.weights``; the recurrent ones must be the same.
    """
    check_type("task", task, BalancedTask)
    weights = task.check_weights(weights)
    for of_condition in weights[1:]:
        if not np.array_equal(of_condition.recurrent_weights, weights[0].recurrent_weights):
            raise ValueError(
                "weights must have the same recurrent weights in all conditions to be saved, "
                "got different ones."
            )
    arrays = {
        "recurrent": weights[0].recurrent_weights,
        "feedforward_out": np.array([w.feedforward_weights for w in weights]),
    }
    _write(path, "network", task, {}, arrays, compress=True)


def load_network(path=TRAINED_FILE):
    """Load a task and its trained weights.

    Parameters
    ----------
    path : path-like, optional
        File that `save_network` or `save_training` wrote; by default the network that comes
        with the project, trained on the synthetic stand-in.

    Returns
    -------
    task : BalancedTask
        The task; its static network is drawn again, which takes about a second.
    weights : tuple of PlasticWeights
        Weights of each condition.

    Raises
    ------
    StorageError
        If it is foreign, damaged, of another version, or its network cannot be drawn again.

    Examples
    --------
    >>> from src_part3 import load_network
    >>> task, weights = load_network()
    >>> task.conditions, task.n_trained, weights[0].recurrent_weights.shape[0]
    (('lick right', 'lick left'), 500, 500)
    """
    with _reading(path):
        meta, arrays = _read(path)
        if meta["kind"] == "training":
            training = _training(meta, arrays)
            return training.task, training.weights
        task = _task(meta, arrays)
        weights = [PlasticWeights(arrays["recurrent"], of_condition)
                   for of_condition in arrays["feedforward_out"]]
        return task, task.check_weights(weights)


def save_training(path, training):
    """Save an unfinished training with everything that it needs to go on.

    Parameters
    ----------
    path : path-like
        File to write, replaced in one go once everything is written.
    training : Training
        The training; `load_training` has an example.
    """
    check_type("training", training, Training)
    more = {"training": dataclasses.asdict(training.parameters), "training_seed": training.seed}
    _write(path, "training", training.task, more, training.state(), compress=False)


def load_training(path):
    """Load a training that goes on bit for bit as if it had never stopped.

    Parameters
    ----------
    path : path-like
        File that `save_training` wrote.

    Returns
    -------
    Training
        The training.

    Examples
    --------
    >>> import tempfile
    >>> from src_part3 import Training, load_network, load_training, save_training
    >>> training = Training(load_network()[0], seed=3)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_training(f"{folder}/unfinished.npz", training)
    ...     again = load_training(f"{folder}/unfinished.npz")
    >>> again.seed, again.n_done
    (3, 0)
    """
    with _reading(path):
        meta, arrays = _read(path)
        if meta["kind"] != "training":
            raise ValueError("it is a trained network but no unfinished training; use load_network")
        return _training(meta, arrays)


def _training(meta, arrays):
    parameters = TrainingParameters(**meta["training"])
    training = Training(_task(meta, arrays), parameters, seed=meta["training_seed"])
    training.restore(arrays)
    return training


def _write(path, kind, task, more, arrays, *, compress):
    meta = {
        "format": FORMAT, "version": VERSIONS[kind], "kind": kind,
        "network": dataclasses.asdict(task.network.parameters),
        "precision": task.network.precision,
        "trial": dataclasses.asdict(task.trial_parameters),
        "feedforward": dataclasses.asdict(task.feedforward_parameters),
        "recorded_smoothing": task.recorded_smoothing, "plastic_noise": task.plastic_noise,
        "conditions": task.conditions, "seed": task.seed,
        "provenance": task.provenance, "static_digest": task.network.static.digest,
        "drive_sums": _drive_sums(task),
    } | more
    everything = {
        "meta": np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8),
        "trained": task.network.trained, "pre_index": task.network.plastic.pre_index,
        "recorded": task.recorded_rates, "targets": task.targets,
    } | {f"transfer_{name}": array for name, array in vars(task.transfer).items()} | arrays
    everything["checksum"] = _checksum(everything)
    replace_file(path, lambda file: (np.savez_compressed if compress else np.savez)(
        file, **everything
    ))


@contextlib.contextmanager
def _reading(path):
    """Turn what a foreign, damaged or old file raises into one sentence with its name."""
    try:
        yield
    except FileNotFoundError:
        raise
    except Exception as error:  # bytes that nobody wrote on purpose raise anything
        what = f"lacks {error}" if isinstance(error, KeyError) else str(error).rstrip(".")
        raise StorageError(
            f"{path} is no file of this version's save_network or save_training, or it is "
            f"damaged: {what}. Train again, or use the program that wrote it."
        ) from error


def _read(path):
    arrays = read_arrays(Path(path))
    meta = json.loads(arrays["meta"].tobytes())
    found = meta["format"], meta["kind"], meta["version"]
    known = [(FORMAT, kind, version) for kind, version in VERSIONS.items()]
    if found not in known:
        raise ValueError(f"it is a {found[1]!r} of version {found[2]} of {found[0]!r}, not " +
                         " or ".join(f"{kind} {version}" for _, kind, version in known))
    if not np.array_equal(arrays.pop("checksum"), _checksum(arrays)):
        raise ValueError("its checksum does not fit its contents")
    del arrays["meta"]
    return meta, arrays


def _checksum(arrays):
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}".encode())
        digest.update(array)
    return np.frombuffer(digest.digest(), dtype=np.uint8)


def _task(meta, arrays):
    parameters = BalancedNetworkParameters(**meta["network"])
    clock = FeedforwardParameters(**meta["feedforward"])
    trained, pre_index = arrays["trained"], arrays["pre_index"]
    if any(((a < 0) | (a >= parameters.n_neurons)).any() for a in (trained, pre_index)):
        raise ValueError(f"it names neurons beyond its {parameters.n_neurons}")
    network = BalancedNetwork(
        parameters, draw_static(parameters, stream(meta["seed"], "static")),
        plastic_from_index(trained, pre_index, parameters.n_neurons), clock.n_used,
        meta["precision"],
    )
    sizes = N_COEFFICIENTS, 2, 2, 2, parameters.n_exc, parameters.n_exc
    transfer = TransferFunction(*(
        check_array(f"transfer_{field.name}", arrays[f"transfer_{field.name}"], (size,))
        for field, size in zip(dataclasses.fields(TransferFunction), sizes, strict=True)
    ))
    task = BalancedTask(
        network, TrialParameters(**meta["trial"]), clock, arrays["recorded"],
        meta["recorded_smoothing"], arrays["targets"], transfer, meta["plastic_noise"],
        tuple(meta["conditions"]), meta["seed"], meta["provenance"],
    )
    same_static = network.static.digest == meta["static_digest"]
    if not same_static or not np.allclose(_drive_sums(task), meta["drive_sums"], rtol=1e-6):
        part = "cues or rates of the clock" if same_static else "static network"
        raise ValueError(
            f"seed {meta['seed']} gives another {part} here than where the file was written "
            "(another version of NumPy?), so that its weights do not fit"
        )
    return task


def _drive_sums(task):
    # Sums and not a hash: the last bit of a filtered random path may depend on the machine.
    rates, zeros = task.feedforward_rates, np.zeros(task.n_conditions)
    clock = zeros if rates is None else rates.rates.astype(np.float64).sum(axis=(1, 2))
    return [*np.abs(task.cues).sum(axis=1).tolist(), *clock.tolist()]
