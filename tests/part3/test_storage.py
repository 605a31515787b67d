"""Files: what is saved comes back, and every other file is refused with its reason."""

import json

import numpy as np
import pytest

from src_part3 import storage
from src_part3.training import Training
from tests.part3.small import TRAINING, small_task


@pytest.fixture(scope="module")
def training():
    return Training(small_task(), TRAINING, seed=5).run(2, progress=False)


@pytest.fixture
def path(training, tmp_path):
    """File of the network of the training."""
    storage.save_network(tmp_path / "mine.npz", training.task, training.weights)
    return tmp_path / "mine.npz"


def rewrite(path, meta_change, arrays_change):
    """Change a file's contents as somebody else's program could have written them."""
    with np.load(path) as file:
        arrays = dict(file)
    meta = json.loads(arrays["meta"].tobytes()) | meta_change
    arrays["meta"] = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
    arrays |= {"checksum": None} | arrays_change
    arrays = {name: array for name, array in arrays.items() if array is not None}
    arrays["checksum"] = storage._checksum(arrays)
    np.savez(path, **arrays)


def held(task):
    return vars(task.transfer) | {
        "rates": task.recorded_rates, "clock": task.feedforward_rates.rates,
        "noise": task.plastic_noise, "conditions": task.conditions,
        "trial": task.trial_parameters, "network": task.network.parameters,
        "synapses": task.network.static.digest,
    }


def test_a_network_comes_back_with_its_curve(training, path):
    assert list(path.parent.iterdir()) == [path]
    found = held(storage.load_network(path)[0])
    for name, value in held(training.task).items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_the_network_of_an_unfinished_training_can_be_loaded(training, path):
    with pytest.raises(storage.StorageError, match="no unfinished training; use load_network"):
        storage.load_training(path)
    storage.save_training(path, training)
    found, saved = storage.load_network(path)[1][1], training.weights[1]
    np.testing.assert_array_equal(found.feedforward_weights, saved.feedforward_weights)


def test_an_altered_file_is_refused(path):
    with np.load(path) as file:
        arrays = dict(file)
    np.savez(path, **arrays | {"recurrent": arrays["recurrent"] + 1})
    with pytest.raises(storage.StorageError, match="damaged: its checksum does not fit"):
        storage.load_network(path)


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
def test_files_of_other_programs(path, meta, arrays, message):
    rewrite(path, meta, arrays)
    with pytest.raises((TypeError, ValueError), match=message):
        storage.load_network(path)


@pytest.mark.parametrize(("name", "array", "message"), [
    ("S", np.ones((24, 7), np.float32), r"state\['S'\] must be float32 of shape"),
    ("n_done", np.array(1.5), r"state\['n_done'\] must be a whole number"),
])
def test_a_training_with_other_numbers_is_refused(training, path, name, array, message):
    storage.save_training(path, training)
    rewrite(path, {}, {name: array})
    with pytest.raises((TypeError, ValueError), match=message):
        storage.load_training(path)
