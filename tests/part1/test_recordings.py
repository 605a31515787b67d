"""The record of firing rates, its sources, and everything that is refused."""

import dataclasses
import functools
import http.server
import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from unittest.mock import Mock

import h5py
import numpy as np
import pytest
import requests

from src_part1.recordings import Recordings, load_recordings, loading, pool_recordings
from src_part1.recordings.importers import alm_files


def record(n_neurons=4, n_time=5, **changes):
    rates = np.random.default_rng(1).gamma(2.0, 3.0, (2, n_neurons, n_time))
    values = {"rates": rates, "time": np.arange(n_time) * 10.0, "conditions": ("a", "b"),
              "source": "user", "provenance": "Drawn for a test."}
    return Recordings(**values | changes)


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A folder with stand-ins for the four files, which count as the published ones."""
    folder = tmp_path / "published"
    folder.mkdir()
    rng = np.random.default_rng(2)
    sums = {}
    for names, dataset in ((alm_files.RATE_FILES, "Pyr"), (alm_files.TARGET_FILES, "utarg")):
        for name in names:
            with h5py.File(folder / name, "w") as file:
                file[dataset] = rng.gamma(2.0, 3.0, (101, 1824))
            sums[name] = alm_files._sha256(folder / name)
    monkeypatch.setattr(alm_files, "SHA256", sums)
    return folder


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache, and nothing in the environment that decides about the source."""
    monkeypatch.delenv("MOTOR_CORTEX_SOURCE", raising=False)
    monkeypatch.delenv("MOTOR_CORTEX_DIR", raising=False)
    folder = tmp_path / "cache"
    monkeypatch.setattr(alm_files, "cache_folder", lambda: folder)
    return folder


@pytest.fixture
def server(published, monkeypatch):
    """A web server on this machine that sends the published files."""
    monkeypatch.setenv("NO_PROXY", "*")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=published)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        monkeypatch.setattr(alm_files, "BASE_URL", f"http://127.0.0.1:{running.server_port}/")
        yield published
        running.shutdown()
        thread.join()


# --- the record ---


def test_a_record_keeps_its_own_read_only_copies():
    rates, time = np.ones((1, 2, 3)), np.array([0.0, 20.0, 40.0])
    kept = Recordings(rates, time, ["go"], "user", "Ones.")
    rates[:] = time[:] = 5.0
    np.testing.assert_array_equal(kept.rates, 1.0)
    np.testing.assert_array_equal(kept.time, [0.0, 20.0, 40.0])
    assert record(rates=np.ones((2, 4, 5), np.float32)).rates.dtype == np.float64
    for array in (kept.rates, kept.time):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        kept.source = "alm"
    assert kept.conditions == ("go",)


def test_the_description_says_size_source_and_rate():
    text = record().describe()
    for part in ("4 user's own neurons", "2 conditions (a, b)", "0 to 40 ms", "steps of 10 ms"):
        assert part in text
    assert f"mean rate {record().rates.mean():.1f} Hz" in text


@pytest.mark.parametrize(("change", "error", "message"), [
    ({"rates": np.ones((2, 0, 5))}, ValueError, r"rates must not be empty.*\(2, 0, 5\)"),
    ({"rates": np.full((2, 4, 5), np.inf)}, ValueError, r"entry at \(0, 0, 0\) is inf"),
    ({"rates": np.full((2, 4, 5), "x")}, TypeError, "rates must hold real numbers"),
    ({"time": [0, 1, 2, 2, 3]}, ValueError, "must increase .* range from 0 to 1"),
    ({"time": [0, 1, 2, 3, 5]}, ValueError, "equal steps .* range from 1 to 2"),
    ({"rates": np.ones((2, 4, 1)), "time": [0.0]}, ValueError, "at least two points"),
    ({"conditions": ("a", 3)}, TypeError, "must be names"),
    ({"conditions": ("a", " ")}, TypeError, "must be names"),
    ({"conditions": ("a", " a ")}, ValueError, "2 different names"),
    ({"conditions": 3}, TypeError, "conditions must be a sequence, got 3"),
    ({"source": "monkey"}, ValueError, "source must be one of 'alm', 'synthetic', 'user'"),
    ({"smoothing": None}, TypeError, "smoothing must be a real number"),
    ({"provenance": ""}, ValueError, "must be a sentence that says where"),
])
def test_a_record_refuses(change, error, message):
    with pytest.raises(error, match=message):
        record(**change)


@pytest.mark.parametrize("count", [1, 7, 50, 99, 100])
def test_a_number_selects_evenly_along_the_mean_rates(count):
    kept = record(n_neurons=100)
    few, by_rate = kept.select(count), np.sort(kept.rates.mean(axis=(0, 2)))
    middle = [(100 * i // count + 100 * (i + 1) // count - 1) // 2 for i in range(count)]
    np.testing.assert_allclose(np.sort(few.rates.mean(axis=(0, 2))), by_rate[middle])
    assert f"{count} of 100 neurons" in few.provenance


def test_a_number_with_a_generator_draws_one_neuron_from_each_group():
    kept = record(n_neurons=100)
    rank = np.argsort(np.argsort(kept.rates.mean(axis=(0, 2))))
    where = {tuple(kept.rates[0, i]): i for i in range(100)}

    def chosen(seed):
        few = kept.select(20, rng=np.random.default_rng(seed))
        return [where[tuple(curve)] for curve in few.rates[0]]

    assert chosen(3) == chosen(3)
    assert chosen(3) != chosen(4)
    assert chosen(3) == sorted(chosen(3))
    np.testing.assert_array_equal(np.sort(rank[chosen(3)] // 5), np.arange(20))


def test_indices_and_masks_select_in_the_old_order():
    kept = record(n_neurons=5)
    for chosen in ([3, 1], np.array([False, True, False, True, False])):
        np.testing.assert_array_equal(kept.select(chosen).rates, kept.rates[:, [1, 3]])


def test_conditions_are_selected_by_name():
    kept = record()
    turned = kept.select_conditions(("b", "a"))
    assert turned.conditions == ("b", "a")
    np.testing.assert_array_equal(turned.rates, kept.rates[::-1])
    single = kept.select_conditions("b")
    np.testing.assert_array_equal(single.rates, kept.rates[1:])
    assert single.provenance.endswith("Without the conditions a.")


def test_silent_neurons_are_dropped_and_named():
    rates = record(n_neurons=5).rates.copy()
    rates[:, 1], rates[:, 3] = 0.05, 0.0
    rates[0, 4] = 0.0  # silent in one condition only
    noisy = record(n_neurons=5, rates=rates)
    kept = noisy.drop_silent()
    np.testing.assert_array_equal(kept.rates, rates[:, [0, 2, 4]])
    assert "Without 2 of 5 neurons" in kept.provenance and ": 1, 3." in kept.provenance
    assert noisy.drop_silent(below=0.01).n_neurons == 4
    assert kept.drop_silent() is kept


def test_sessions_are_pooled_by_the_names_of_their_conditions():
    first = record(n_neurons=3, smoothing=20.0)
    second = record(n_neurons=2, smoothing=20.0, conditions=("b", "a"))
    pooled = pool_recordings([first, second])
    assert pooled.conditions == ("a", "b")
    np.testing.assert_array_equal(pooled.rates[:, :3], first.rates)
    np.testing.assert_array_equal(pooled.rates[:, 3:], second.rates[::-1])
    assert "2 sessions with 3, 2 neurons" in pooled.provenance
    assert (pooled.smoothing, pooled.source) == (20.0, "user")
    mixed = pool_recordings([first, dataclasses.replace(second, source="alm")])
    assert mixed.source == "user"


def test_bins_are_averaged_where_a_coarser_grid_is_asked():
    alternating = np.tile([5.0, 15.0], 50)[None, None]
    fine = record(rates=alternating, time=np.arange(100) * 10.0, conditions=("a",), smoothing=30.0)
    coarse = fine.rebin(20.0)
    np.testing.assert_allclose(coarse.rates, 10.0)
    np.testing.assert_allclose(coarse.time, 5.0 + 20.0 * np.arange(50))
    assert (coarse.bin_width, coarse.smoothing) == (20.0, 30.0)
    np.testing.assert_allclose(fine.rates_at([50.0, 60.0], 20.0), 10.0)
    assert "over bins of 20 ms (before: 10 ms)." in coarse.provenance
    assert "the last 10 ms are left over" in record(n_time=5).rebin(20.0).provenance


@pytest.mark.parametrize("width", [10.0, 12.5, 20.0, 33.0, 95.0])
def test_a_window_holds_what_the_integral_over_it_gives(width):
    kept = record(n_neurons=3, n_time=20)
    centres = np.array([-5.0, 0.0, 17.3, 80.0, 195.0])
    fine = np.repeat(kept.rates, 1000, axis=2)  # one value for each 0.01 ms
    at = -5.0 + 0.01 * (np.arange(fine.shape[2]) + 0.5)
    for i, found in enumerate(np.moveaxis(kept.rates_at(centres, width), 2, 0)):
        inside = np.abs(at - centres[i]) < width / 2.0
        np.testing.assert_allclose(found, fine[:, :, inside].mean(axis=2), rtol=1e-3)
    np.testing.assert_allclose(kept.rates_at(kept.time, 10.0), kept.rates)


@pytest.mark.parametrize(("call", "error", "message"), [
    (lambda mine: mine.select(0), ValueError, "at least 1"),
    (lambda mine: mine.select(2.0), TypeError, "whole number"),
    (lambda mine: mine.select([0.5]), TypeError, "non-empty 1-D array"),
    (lambda mine: mine.select(2, rng=3), TypeError, "numpy.random.Generator"),
    (lambda mine: mine.select([1, 2], rng=np.random.default_rng(3)), ValueError,
     "needs a number of neurons, got indices"),
    (lambda mine: mine.select_conditions(("a", "a")), ValueError, r"names out of \('a', 'b'\)"),
    (lambda mine: mine.select_conditions(()), ValueError, r"names out of \('a', 'b'\), got"),
    (lambda mine: mine.drop_silent(below=1e6), ValueError, "all 4 neurons are below 1e[+]06 Hz"),
    (lambda mine: mine.rebin(30.0), ValueError, "at least two bins of the 50 ms, got 30"),
    (lambda mine: mine.save("mine.dat"), ValueError, "must end in .npz"),
    (lambda mine: pool_recordings(mine), TypeError, "sequence of Recordings, got only one"),
    (lambda mine: pool_recordings([mine, record(conditions=("a", "c"))]), ValueError,
     r"has \('a', 'c'\); all sessions share \['a'\]: select_conditions"),
    (lambda mine: pool_recordings([mine, record(time=np.arange(5) * 10.0 + 5.0)]), ValueError,
     "must have the times of the first session, 0 to 40"),
    (lambda mine: pool_recordings([mine, record(smoothing=30.0)]), ValueError,
     "smoothed like the first session, over 0 ms on either side, got 30"),
])
def test_what_cannot_be_done_with_a_record_is_said(call, error, message):
    with pytest.raises(error, match=message):
        call(record())


# --- one's own arrays and files ---


@pytest.mark.parametrize("source", ["alm", "synthetic", "user"])
def test_a_saved_record_comes_back_unchanged(tmp_path, source):
    saved = record(source=source, smoothing=30.0)
    path = saved.save(tmp_path / "mine.npz")
    back = load_recordings(str(path))
    for field in dataclasses.fields(Recordings):
        np.testing.assert_array_equal(getattr(back, field.name), getattr(saved, field.name))


def test_a_file_of_rates_and_time_is_enough(tmp_path):
    np.savez(tmp_path / "plain.npz", rates=np.ones((1, 3, 4), np.float32), time=np.arange(4))
    loaded = load_recordings(tmp_path / "plain.npz")
    assert (loaded.source, loaded.conditions) == ("user", ("condition 1",))
    assert "plain.npz" in loaded.provenance


@pytest.mark.parametrize(("content", "message"), [
    ({"time": ()}, r"must hold 'rates' and 'time', but \['rates'\] is missing"),
    ({"rates": np.array([{}, {}])}, "pickled Python objects"),
    ({"rates": np.ones((1, 3, 4)), "smoothing": "much"}, "smoothing must be a real number"),
    ({"rates": np.ones((1, 3, 4)), "conditions": ["a", "b"]}, "1 different names"),
])
def test_a_file_with_something_else_is_refused(tmp_path, content, message):
    path = tmp_path / "other.npz"
    np.savez(path, **{"time": np.arange(4)} | content)
    with pytest.raises(ValueError, match=message) as caught:
        load_recordings(path)
    assert str(path) in str(caught.value)


def test_a_file_with_a_bit_flipped_is_damaged(tmp_path):
    path = record(n_neurons=50).save(tmp_path / "mine.npz")
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match="is damaged"):
        load_recordings(path)


def test_an_unknown_word_or_missing_path_is_refused(tmp_path):
    for source in ("monkey", tmp_path / "no.npz", str(tmp_path / "nowhere")):
        with pytest.raises(FileNotFoundError, match="must be 'auto', 'alm', 'synthetic', a folder"):
            load_recordings(source)


def test_a_file_beside_the_notebook_is_found_and_the_folders_looked_in_are_named(tmp_path):
    record().save(tmp_path / "mine.npz")
    root = Path(__file__).resolve().parents[2]
    program = f"""
import os, sys
os.chdir({str(root)!r})  # as a notebook's first cell does
sys.path.insert(0, {str(root)!r})
from src_part1 import load_recordings
print(load_recordings("mine.npz").describe())
try:
    load_recordings("other.npz")
except FileNotFoundError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-m", "IPython", "--no-banner", "-c", program], cwd=tmp_path, check=True,
        capture_output=True, text=True, env=os.environ | {"IPYTHONDIR": str(tmp_path)},
    )
    found, missing = done.stdout.strip().splitlines()[-2:]
    assert found == record().describe()
    assert missing.endswith(f"no file or folder 'other.npz' in {root} or {tmp_path}.")


# --- the files of the motor cortex ---


def test_a_folder_by_argument_and_by_environment(published, cache, monkeypatch):
    by_argument = load_recordings(published)
    targets = alm_files.locate(alm_files.TARGET_FILES, published)
    assert targets[0] == [published / name for name in alm_files.TARGET_FILES]
    monkeypatch.setenv("MOTOR_CORTEX_DIR", str(published))
    assert alm_files.locate(alm_files.TARGET_FILES) == targets
    for loaded in (by_argument, load_recordings(), load_recordings("alm")):
        assert (loaded.conditions, loaded.source) == (("lick right", "lick left"), "alm")
        assert "Finkelstein" in loaded.provenance and str(published) in loaded.provenance
        np.testing.assert_array_equal(loaded.rates, by_argument.rates)
    np.testing.assert_array_equal(by_argument.time, np.arange(-2000, 1, 20))
    with h5py.File(published / alm_files.RATE_FILES[1]) as file:
        np.testing.assert_array_equal(by_argument.rates[1, :, :93], file["Pyr"][:93].T)


def test_mending_undoes_a_last_bin_that_was_counted_as_empty(published):
    counts = np.random.default_rng(4).poisson(3.0, (6, 101)).astype(float)
    counts[:, -1] = 0.0

    def smoothed(n_counted):
        return np.stack(
            [counts[:, max(t - 7, 0) : min(t + 8, n_counted)].mean(axis=1) for t in range(101)],
            axis=1,
        )

    mended = alm_files.mend_last_bins(smoothed(101))
    np.testing.assert_allclose(mended, smoothed(100), rtol=1e-12)
    assert "mended" in load_recordings(published).provenance
    as_shipped = load_recordings(published, mend_last_bins=False)
    assert "as shipped" in as_shipped.provenance
    with h5py.File(published / alm_files.RATE_FILES[0]) as file:
        np.testing.assert_array_equal(as_shipped.rates[0], file["Pyr"][:].T)


def test_the_last_bin_of_the_real_recordings_was_counted_as_empty(alm_folder):
    rates = load_recordings(alm_folder, mend_last_bins=False).rates
    t = np.arange(101)
    sums = rates * (np.minimum(t + 7, 100) - np.maximum(t - 7, 0) + 1)
    # Neighbouring sums differ by one bin entering and one, 15 bins earlier, leaving.
    last = sums[..., 3] - sums[..., 2]
    for entering in range(25, 101, 15):
        last = last + sums[..., entering - 7] - sums[..., entering - 8]
    np.testing.assert_allclose(last, 0.0, atol=1e-9)


def test_the_input_targets_of_the_real_recordings(alm_folder):
    paths, _ = alm_files.locate(alm_files.TARGET_FILES, alm_folder)
    targets = np.stack([alm_files._read_jld(path, "utarg") for path in paths])
    assert targets.shape == (2, 1824, 101)
    rates = load_recordings(alm_folder, mend_last_bins=False).rates
    by_rate = targets.ravel()[np.argsort(rates.ravel())]
    assert (np.diff(by_rate[::1000]) > -0.02).all()  # more input where the rate is higher


def test_a_missing_folder_or_file_is_named(published, cache, monkeypatch):
    (published / alm_files.RATE_FILES[1]).unlink()
    with pytest.raises(FileNotFoundError, match=alm_files.RATE_FILES[1]):
        load_recordings(published)
    monkeypatch.setenv("MOTOR_CORTEX_DIR", str(published / "nowhere"))
    with pytest.raises(FileNotFoundError, match="nowhere, does not exist"):
        load_recordings("auto")


def test_a_truncated_or_altered_file_is_refused(published):
    path = published / alm_files.RATE_FILES[0]
    whole = path.read_bytes()
    for content in (whole[:1000], whole[:-1] + bytes([whole[-1] ^ 1]), b""):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="not the published file .*sha256 is .*expected"):
            load_recordings(published)


def test_files_are_fetched_unless_they_are_sound_in_the_cache(server, cache, monkeypatch):
    first = load_recordings("alm")
    assert sorted(path.name for path in cache.iterdir()) == sorted(alm_files.RATE_FILES)
    np.testing.assert_array_equal(first.rates, load_recordings(server).rates)
    (cache / alm_files.RATE_FILES[0]).write_bytes(b"cut off")
    np.testing.assert_array_equal(load_recordings("alm").rates, first.rates)

    monkeypatch.setattr(alm_files, "_fetch", Mock(side_effect=AssertionError("fetched again")))
    for source in ("alm", "auto"):
        np.testing.assert_array_equal(load_recordings(source).rates, first.rates)
    assert "cache" in first.provenance


@pytest.mark.parametrize(("there", "message"), [
    (True, "another sha256 than the published file"), (False, "could not be fetched"),
])
def test_what_is_not_the_published_file_is_not_kept(server, cache, there, message):
    (server / alm_files.RATE_FILES[1]).unlink()
    if there:
        (server / alm_files.RATE_FILES[1]).write_text("<html>Please log in</html>")
    with pytest.raises(ConnectionError, match=message):
        load_recordings("alm")
    assert not (cache / alm_files.RATE_FILES[1]).exists()
    with pytest.warns(UserWarning, match="synthetic stand-in"):
        assert load_recordings("auto").source == "synthetic"


def test_without_network_alm_is_refused_and_auto_takes_the_standin(cache, monkeypatch):
    for name in ("head", "get"):
        monkeypatch.setattr(requests, name, Mock(side_effect=requests.ConnectionError))
    with pytest.raises(ConnectionError, match="could not be fetched.*MOTOR_CORTEX_DIR"):
        load_recordings("alm")
    with pytest.warns(UserWarning, match="could not be fetched.*synthetic stand-in"):
        loaded = load_recordings()
    assert loaded.source == "synthetic"
    assert loaded.provenance.startswith("The real recordings could not be fetched")
    assert "Synthetic" in loaded.provenance
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load_recordings().provenance == loaded.provenance


def test_a_network_that_never_answers_is_given_up(cache, monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(requests, "head", lambda *args, **kwargs: release.wait(60))
    monkeypatch.setattr(alm_files, "PROBE_SECONDS", 0.05)
    try:
        with pytest.raises(ConnectionError, match="no answer in time"):
            load_recordings("alm")
    finally:
        release.set()


def test_a_cache_that_cannot_be_written_is_no_reason_to_stop(server, cache):
    cache.write_text("a file where the folder should be")
    with pytest.warns(UserWarning, match="synthetic stand-in"):
        assert load_recordings().source == "synthetic"


# What platformdirs does then, by version.
@pytest.mark.parametrize("does", [{"side_effect": RuntimeError}, {"return_value": "~/.cache/mine"}])
def test_a_user_without_a_home_gets_the_standin(tmp_path, monkeypatch, does):
    for name in ("MOTOR_CORTEX_SOURCE", "MOTOR_CORTEX_DIR", "HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pooch.os_cache", Mock(**does))
    monkeypatch.setattr("pwd.getpwuid", Mock(side_effect=KeyError))
    monkeypatch.chdir(tmp_path)
    loading._tell_once.cache_clear()
    with pytest.warns(UserWarning, match="no home to keep them in.*synthetic stand-in"):
        assert load_recordings("auto").source == "synthetic"
    with pytest.raises(FileNotFoundError, match="no file or folder '~/mine.npz'"):
        load_recordings("~/mine.npz")
    assert os.listdir(tmp_path) == []


def test_the_environment_forces_the_standin(cache, published, monkeypatch, recwarn):
    monkeypatch.setenv("MOTOR_CORTEX_DIR", str(published))
    monkeypatch.setenv("MOTOR_CORTEX_SOURCE", "synthetic")
    assert load_recordings().source == "synthetic"
    assert load_recordings("alm").source == "alm"
    assert not recwarn.list
    monkeypatch.setenv("MOTOR_CORTEX_SOURCE", "monkey")
    with pytest.raises(ValueError, match="MOTOR_CORTEX_SOURCE .* must be one of"):
        load_recordings()
