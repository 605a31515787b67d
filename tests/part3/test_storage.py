"""Files: everything comes back, and nothing else is let in."""

import numpy as np
import pytest

from src_part3.storage import (
    StorageError,
    load_network,
    load_training,
    save_network,
    save_training,
)
from src_part3.training import Training
from src_part3.training_parameters import TrainingParameters
from tests.part3.small_task import small_task

PARAMETERS = TrainingParameters(n_loops=3)


@pytest.fixture(scope="module")
def trained():
    return Training(small_task("float32"), PARAMETERS, seed=1).run(2, progress=False)


@pytest.fixture
def saved(trained, tmp_path):
    save_network(tmp_path / "network.npz", trained.task, trained.weights)
    return tmp_path / "network.npz"


def test_a_network_comes_back_with_its_task(trained, saved):
    task, weights = load_network(saved)
    for name in ("cues", "recorded", "targets", "sigma", "conditions", "seed", "provenance"):
        np.testing.assert_array_equal(getattr(task, name), getattr(trained.task, name))
    assert task.network.static.digest == trained.task.network.static.digest
    np.testing.assert_array_equal(task.feedforward.rates, trained.task.feedforward.rates)
    for mine, theirs in zip(weights, trained.weights, strict=True):
        np.testing.assert_array_equal(mine.recurrent, theirs.recurrent)
        np.testing.assert_array_equal(mine.feedforward_out, theirs.feedforward_out)


def test_a_training_goes_on_bit_for_bit_from_its_file(trained, tmp_path):
    save_training(tmp_path / "training.npz", trained)
    loaded = load_training(tmp_path / "training.npz").run(progress=False)
    whole = Training(small_task("float32"), PARAMETERS, seed=1).run(progress=False)
    for name, array in whole.state().items():
        np.testing.assert_array_equal(loaded.state()[name], array, err_msg=name)
    _, weights = load_network(tmp_path / "training.npz")
    np.testing.assert_array_equal(weights[0].recurrent, trained.weights[0].recurrent)


def test_a_network_is_no_training(saved):
    with pytest.raises(StorageError, match="no unfinished training; use load_network"):
        load_training(saved)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.npz"):
        load_network(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("kept", [0, 10, 1000, -1])
def test_truncated_files_are_refused(saved, kept):
    saved.write_bytes(saved.read_bytes()[:kept])
    with pytest.raises(StorageError, match="truncated"):
        load_network(saved)


def _changed(path, **arrays):
    with np.load(path, allow_pickle=False) as file:
        content = {name: file[name] for name in file.files}
    np.savez(path, **(content | arrays))


def test_changed_contents_are_refused(saved):
    with np.load(saved) as file:
        recurrent = file["recurrent"] * 1.001
    _changed(saved, recurrent=recurrent)
    with pytest.raises(StorageError, match="damaged: its checksum"):
        load_network(saved)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b'"version": 1', b'"version": 9', "has version 9, this program reads version 1"),
        (b'"format": "', b'"format": "x', "is a file of 'x"),
    ],
)
def test_other_formats_and_versions_are_refused(saved, old, new, message):
    with np.load(saved) as file:
        meta = file["meta"].tobytes()
    assert old in meta
    _changed(saved, meta=np.frombuffer(meta.replace(old, new), dtype=np.uint8))
    with pytest.raises(StorageError, match=message):
        load_network(saved)


def test_foreign_and_pickled_files_are_refused(tmp_path):
    np.savez(tmp_path / "foreign.npz", rates=np.ones(3))
    with pytest.raises(StorageError, match="no file of"):
        load_network(tmp_path / "foreign.npz")
    np.savez(tmp_path / "pickled.npz", meta=np.array([{"format": 1}], dtype=object))
    with pytest.raises(StorageError, match="no file of"):
        load_network(tmp_path / "pickled.npz")


def test_a_failed_save_leaves_the_old_file(trained, saved, monkeypatch):
    before = saved.read_bytes()

    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(OSError, match="no space"):
        save_network(saved, trained.task, trained.weights)
    assert saved.read_bytes() == before
    assert [path.name for path in saved.parent.iterdir()] == ["network.npz"]
