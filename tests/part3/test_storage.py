"""Files: what is saved comes back, and every other file is refused with its reason."""

import dataclasses
import json

import numpy as np
import pytest

from src_part3 import storage
from src_part3.storage import (
    StorageError,
    load_network,
    load_training,
    save_network,
    save_training,
)
from src_part3.training import Training
from tests.part3.small import TRAINING, small_task


@pytest.fixture(scope="module")
def training():
    return Training(small_task(), TRAINING, seed=5).run(2, progress=False)


def rewrite(path, meta_change=None, arrays_change=None, *, checksum=True):
    """Change a file's contents as somebody else's program could have written them."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    meta = json.loads(arrays["meta"].tobytes()) | (meta_change or {})
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    for name, array in (arrays_change or {}).items():
        if array is None:
            del arrays[name]
        else:
            arrays[name] = array
    if checksum:
        del arrays["checksum"]
        arrays["checksum"] = storage._checksum(arrays)
    np.savez(path, **arrays)


def test_a_network_comes_back_with_its_curve(training, tmp_path):
    path = tmp_path / "network.npz"
    save_network(path, training.task, training.weights)
    assert list(tmp_path.iterdir()) == [path]
    task, _ = load_network(path)
    for field in dataclasses.fields(task.transfer):
        np.testing.assert_array_equal(
            getattr(task.transfer, field.name), getattr(training.task.transfer, field.name)
        )
    assert task.plastic_noise == training.task.plastic_noise
    assert task.conditions == training.task.conditions
    assert task.trial_parameters == training.task.trial_parameters
    assert task.network.parameters == training.task.network.parameters
    assert task.network.static.digest == training.task.network.static.digest
    np.testing.assert_array_equal(task.recorded_rates, training.task.recorded_rates)
    np.testing.assert_array_equal(
        task.feedforward_rates.rates, training.task.feedforward_rates.rates
    )


def test_the_network_of_an_unfinished_training_can_be_loaded(training, tmp_path):
    path = tmp_path / "training.npz"
    save_training(path, training)
    _, weights = load_network(path)
    np.testing.assert_array_equal(
        weights[1].feedforward_weights, training.weights[1].feedforward_weights
    )
    save_network(path, training.task, training.weights)
    with pytest.raises(StorageError, match="no unfinished training; use load_network"):
        load_training(path)


def test_an_altered_file_is_refused(training, tmp_path):
    path = tmp_path / "network.npz"
    save_network(path, training.task, training.weights)
    rewrite(path, arrays_change={"recurrent": training.weights[0].recurrent_weights + 1},
            checksum=False)
    with pytest.raises(StorageError, match="damaged: its checksum does not fit"):
        load_network(path)


@pytest.mark.parametrize(("meta", "arrays", "message"), [
    ({"version": 99}, {}, "is a 'network' of version 99 .* not network 3 or training 5"),
    ({"kind": "song"}, {}, "is a 'song' of version 3 .* not network 3"),
    ({"format": "other"}, {}, "of 'other', not network"),
    ({"seed": 4}, {}, "seed 4 gives another static network"),
    ({"drive_sums": [0.0] * 4}, {}, "gives another cues or rates of the clock"),
    ({"network": {"n_exc": -1}}, {}, "damaged: BalancedNetworkParameters.n_exc must be"),
    ({"trial": {"lasts": 1}}, {}, "damaged: .*TrialParameters.* argument 'lasts'"),
    ({}, {"recurrent": None}, "lacks 'recurrent'"),
    ({}, {"transfer_limits": None}, "lacks 'transfer_limits'"),
    ({}, {"transfer_coefficients": np.ones(8)}, "transfer_coefficients.* shape"),
    ({}, {"transfer_input_sd": np.ones(24)}, "transfer_input_sd.* shape"),
    ({}, {"recurrent": np.ones((24, 11), complex)}, "recurrent_weights must hold real numbers"),
    ({}, {"recurrent": np.ones((24, 3))}, "recurrent_weights must have shape"),
])
def test_files_of_other_programs(training, tmp_path, meta, arrays, message):
    path = tmp_path / "network.npz"
    save_network(path, training.task, training.weights)
    rewrite(path, meta, arrays)
    with pytest.raises((TypeError, ValueError), match=message):
        load_network(path)


@pytest.mark.parametrize(("name", "array", "message"), [
    ("S", np.ones((24, 7), np.float32), r"state\['S'\] must be float32 of shape"),
    ("n_done", np.array(1.5), r"state\['n_done'\] must be a whole number"),
])
def test_a_training_with_other_numbers_is_refused(training, tmp_path, name, array, message):
    path = tmp_path / "training.npz"
    save_training(path, training)
    rewrite(path, arrays_change={name: array})
    with pytest.raises((TypeError, ValueError), match=message):
        load_training(path)
