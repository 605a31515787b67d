"""What a file or folder is, is seen from the inside; phy's folders are read."""

import h5py
import numpy as np
import pytest

from src_part1.recordings import load_recordings
from src_part1.recordings.importers.phy import recordings_from_phy

EVENTS = np.arange(1000.0, 9000.0, 1000.0)  # ms
SIDES = ["left", "right"] * 4
PLAIN = {"events": EVENTS, "trial_conditions": SIDES, "window": (-200.0, 0.0), "smoothing": 0.0}


def write_phy(folder, groups="cluster_id\tgroup\n3\tgood\n8\tnoise\n5\tgood\n"):
    """Cluster 3 fires at 20 Hz, 5 at 50 Hz and 8 at 100 Hz for 10 s of 30,000 samples a second."""
    folder.mkdir(exist_ok=True)
    trains = {k: np.arange(0.5, 10.0 * rate) / rate for k, rate in ((3, 20), (5, 50), (8, 100))}
    times = np.concatenate(list(trains.values()))
    clusters = np.repeat(list(trains), [len(train) for train in trains.values()])
    order = np.argsort(times)
    np.save(folder / "spike_times.npy", (times[order] * 30000).astype(np.uint64)[:, None])
    np.save(folder / "spike_clusters.npy", clusters[order].astype(np.int32))
    (folder / "params.py").write_text("dat_path = 'x.dat'\nsample_rate = 30000.0\nhp_filtered = 1")
    if groups:
        (folder / "cluster_group.tsv").write_text(groups)
    return folder


def test_a_folder_of_phy_gives_the_rates_of_its_good_clusters(tmp_path):
    record, kept = recordings_from_phy(write_phy(tmp_path / "phy"), **PLAIN)
    np.testing.assert_array_equal(kept, [3, 5])
    assert record.conditions == ("left", "right")
    np.testing.assert_allclose(record.rates.mean(axis=2), [[20.0, 50.0]] * 2)
    np.testing.assert_array_equal(load_recordings(tmp_path / "phy", **PLAIN).rates, record.rates)
    for options in ({"groups": None}, {"groups": ("good", "noise")}):
        every = recordings_from_phy(tmp_path / "phy", **PLAIN, **options)
        np.testing.assert_array_equal(every.kept, [3, 5, 8])
    assert recordings_from_phy(write_phy(tmp_path / "new", None), **PLAIN).kept.size == 3


@pytest.mark.parametrize(("options", "error", "message"), [
    ({}, TypeError, r"needs events=.*has 3 clusters \(2 good, 1 noise\) over 10 s"),
    (PLAIN | {"groups": ("mua",)}, ValueError, r"one of \('mua',\); there are \['good', 'noise'\]"),
    (PLAIN | {"window": (0.0, 50.0)}, ValueError, "whole multiple of bin_width"),
])
def test_what_a_folder_of_phy_lacks_is_said(tmp_path, options, error, message):
    with pytest.raises(error, match=message):
        load_recordings(write_phy(tmp_path / "phy"), **options)


def test_the_sample_rate_is_read_as_text_and_asked_for(tmp_path):
    folder = write_phy(tmp_path / "phy")
    (folder / "params.py").write_text("raise SystemExit  # never run\nsample_rate = 15000")
    found = load_recordings(folder, **PLAIN)
    np.testing.assert_allclose(found.rates.mean(axis=2), [[10.0, 25.0]] * 2)
    (folder / "params.py").unlink()
    with pytest.raises(ValueError, match="needs sample_rate=.*params.py does not say it"):
        load_recordings(folder, **PLAIN)
    found = load_recordings(folder, sample_rate=30000, **PLAIN)
    np.testing.assert_allclose(found.rates.mean(axis=2), [[20.0, 50.0]] * 2)


WAYS = {
    "x.npy": (b"", r"recordings_from_arrays\(rates, time, .*np.load\(file\)"),
    "x.csv": (b"", "With pandas.*pandas.read_csv"),
    "x.txt": (b"", "With pandas"),
    "x.parquet": (b"PAR1", "With pandas.*read_parquet"),
    "x.nc": (b"CDF", "xarray.open_dataarray"),
    "x.nex": (b"NEX1", "read by neo"),
    "x.pkl": (b"\x80", "could run code"),
    "x.nwb.zarr": (None, "a .zarr folder .*NWBZarrIO"),
    "x.jpg": (b"\xff\xd8", "is not a .npz file"),
    "folder": (None, "neither a folder of the ALM recordings .*nor one of phy.*holds nothing"),
}


@pytest.mark.parametrize("name", WAYS)
def test_files_of_others_say_how_they_are_read(tmp_path, name):
    content, message = WAYS[name]
    path = tmp_path / name
    path.mkdir() if content is None else path.write_bytes(content)
    with pytest.raises((ValueError, FileNotFoundError), match=message):
        load_recordings(path)


def test_hdf5_files_list_what_they_hold_whatever_they_are_called(tmp_path):
    for name in ("x.h5", "x", "x.jld2"):
        with h5py.File(tmp_path / name, "w") as file:
            file["session/rates"], file["time"] = np.ones((2, 3, 4)), np.arange(4)
        with pytest.raises(ValueError, match=r"it holds session/rates \(2, 3, 4\), time \(4,\)"):
            load_recordings(tmp_path / name)


def test_a_npz_file_is_known_by_its_content(tmp_path):
    load_recordings("synthetic").select(5).save(tmp_path / "mine.npz").rename(tmp_path / "mine")
    assert load_recordings(tmp_path / "mine").n_neurons == 5
    with pytest.raises(TypeError, match=".mat and .nwb files only"):
        load_recordings(tmp_path / "mine", window=(0, 1))
