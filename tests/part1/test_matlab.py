"""Files of MATLAB, as SciPy writes them and as MATLAB 7.3 does, become recordings."""

import itertools
import struct

import h5py
import numpy as np
import pytest
import scipy.io
import scipy.sparse

from src_part1.recordings import load_recordings, psth_from_spikes
from src_part1.recordings.importers.matlab import MatlabObject, read_mat, recordings_from_mat
from tests.part1.test_containers import RATES, TIME


def cells(rows):
    """A cell array of MATLAB, as SciPy takes it."""
    array = np.empty((len(rows), len(rows[0])), dtype=object)
    for i, row in enumerate(rows):
        for k, entry in enumerate(row):
            array[i, k] = entry
    return array


def write_old(path, content):
    """Write as MATLAB 7 does; SciPy's writer knows no objects of MATLAB before version 1.18."""
    objects = {k: v for k, v in content.items() if isinstance(v, MatlabObject)}
    scipy.io.savemat(path, {k: v for k, v in content.items() if k not in objects})
    pair, integer, unsigned, matrix = struct.Struct("<II").pack, 1, 6, 14

    def element(kind, data):
        return pair(kind, len(data)) + data + bytes(-len(data) % 8)

    for name, value in objects.items():
        inner = element(unsigned, pair(13, 0)) + element(5, pair(1, 1)) + element(integer, b"")
        inner += element(unsigned, struct.pack("<I", 0xDD000000))
        texts = [element(integer, t.encode()) for t in (name, "MCOS", value.kind)]
        flags = element(unsigned, pair(17, 0))
        with path.open("ab") as file:
            file.write(element(matrix, flags + b"".join(texts) + element(matrix, inner)))


def write_73(path, content):
    """Write as MATLAB 7.3 does: axes turned, texts as numbers, cells as references."""
    with h5py.File(path, "w", userblock_size=512) as file:
        refs, number = file.create_group("#refs#"), itertools.count()

        def put(group, name, value):
            if isinstance(value, dict):
                item, kind = group.create_group(name), "struct"
                for key, entry in value.items():
                    put(item, key, entry)
            elif isinstance(value, MatlabObject):
                reference = np.array([[3707764736, 2, 1, 1, 1, 1]], "u4")
                item, kind = group.create_dataset(name, data=reference), value.kind
                item.attrs["MATLAB_object_decode"] = np.int32(3)
            elif scipy.sparse.issparse(value):
                item, kind, value = group.create_group(name), "double", value.tocsc()
                item.attrs["MATLAB_sparse"] = np.uint64(value.shape[0])
                item["data"], item["ir"], item["jc"] = value.data, value.indices, value.indptr
            elif isinstance(value, str):
                letters = np.array([[ord(c)] for c in value], "u2")
                item, kind = group.create_dataset(name, data=letters), "char"
            elif np.asarray(value).dtype == object:
                data = np.empty(value.shape, dtype=h5py.ref_dtype)
                for place, entry in np.ndenumerate(value):
                    data[place] = put(refs, f"r{next(number)}", entry).ref
                item, kind = group.create_dataset(name, data=data.T), "cell"
            else:
                value, kind = np.atleast_2d(value).astype(float), "double"
                data = value.T if value.size else np.array(value.shape, "u8")
                item = group.create_dataset(name, data=data)
                if not value.size:
                    item.attrs["MATLAB_empty"] = np.uint8(1)
            item.attrs["MATLAB_class"] = np.bytes_(kind)
            return item

        for name, value in content.items():
            put(file, name, value)
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64")


both = pytest.mark.parametrize("write", [write_old, write_73])


@both
def test_rates_with_times_and_names(tmp_path, write):
    path = tmp_path / "mine.mat"
    write(path, {"rates": RATES, "time": TIME[None], "conditions": cells([["left ", " right"]])})
    record = load_recordings(path, smoothing=60.0)
    np.testing.assert_array_equal(record.rates, RATES)
    np.testing.assert_array_equal(record.time, TIME)
    assert record.conditions == ("left", "right")
    assert (record.source, record.smoothing) == ("user", 60.0)
    write(path, {"psth": RATES[1], "t": TIME[:, None]})
    single = recordings_from_mat(path, rates="psth", time="t", conditions=["go"]).recordings
    np.testing.assert_array_equal(single.rates, RATES[1:])


@both
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("numbers", [False, True])
def test_cell_arrays_of_spike_times(tmp_path, write, nested, numbers):
    rng = np.random.default_rng(1)
    spikes = [[np.sort(rng.uniform(-200, 0, n)) for n in (4, 9, 6, 0)] for _ in range(3)]
    labels = [1, 2, 2, 1] if numbers else ["left", "right", "right", "left"]
    rows = [[train[:, None] for train in neuron] for neuron in spikes]
    content = cells([[cells([row])] for row in rows]) if nested else cells(rows)
    path, options = tmp_path / "spikes.mat", {"window": (-200.0, 0.0), "smoothing": 20.0}
    of_trials = np.array([labels], float) if numbers else cells([labels])
    write(path, {"spike_times": content, "trial_conditions": of_trials})
    found, expected = load_recordings(path, **options), psth_from_spikes(spikes, labels, **options)
    np.testing.assert_allclose(found.rates, expected.recordings.rates)
    assert found.conditions == expected.recordings.conditions
    np.testing.assert_array_equal(recordings_from_mat(path, **options).kept, expected.kept)


@both
@pytest.mark.parametrize(("content", "options", "error", "message"), [
    ({"rates": RATES}, {}, ValueError, r"mine.mat: 'time' is missing; the file holds \['rates'"),
    ({"firing": RATES, "time": TIME}, {}, ValueError,
     r"it holds \['firing', 'time'\].*rates='psth'"),
    ({"rates": RATES.transpose(2, 1, 0), "time": TIME}, {}, ValueError,
     "time seems to be axis 0.*permute"),
    ({"rates": RATES, "time": TIME}, {"window": (0.0, 100.0)}, TypeError,
     r"takes \['window'\] for spike times only"),
    ({"spike_times": np.ones((2, 3)), "trial_conditions": np.ones(3)}, {}, ValueError,
     "must be a cell array"),
])
def test_what_is_missing_or_does_not_fit_is_said(tmp_path, write, content, options, error, message):
    write(tmp_path / "mine.mat", content)
    with pytest.raises(error, match=message):
        load_recordings(tmp_path / "mine.mat", **options)


def test_what_is_no_file_of_matlab(tmp_path):
    path = tmp_path / "text.mat"
    path.write_text("not MATLAB, but long enough for a header of 128 bytes" * 5)
    with pytest.raises(ValueError, match="cannot be read as a MATLAB file"):
        read_mat(path)
    with pytest.raises(FileNotFoundError, match="there is no file"):
        recordings_from_mat(tmp_path / "none.mat")


STRING = MatlabObject("string")


@both
@pytest.mark.parametrize(("content", "name"), [
    ({"rates": RATES, "time": TIME, "conditions": STRING}, "conditions"),
    ({"rates": RATES, "time": MatlabObject("duration")}, "time"),
    ({"rates": MatlabObject("table"), "time": TIME}, "rates"),
    ({"spike_times": cells([[TIME, TIME]]), "trial_conditions": MatlabObject("categorical")},
     "trial_conditions"),
    ({"trial_conditions": STRING, "spike_times": MatlabObject("table")}, "spike_times"),
])
def test_objects_of_matlab_are_refused_in_a_sentence_that_helps(tmp_path, write, content, name):
    path = tmp_path / "mine.mat"
    write(path, content)
    options = {"window": (-180.0, 0.0)} if "spike_times" in content else {}
    kind = r"\((string|table|duration|categorical)\)"
    message = rf"'{name}' (is|may be) an object of MATLAB {kind}.*save cellstr\({name}\)"
    with pytest.raises(ValueError, match=message):
        load_recordings(path, **options)


@both
def test_what_is_not_used_may_be_an_object(tmp_path, write):
    path = tmp_path / "mine.mat"
    write(path, {"notes": MatlabObject("table"), "rates": RATES, "time": TIME})
    np.testing.assert_array_equal(load_recordings(path).rates, RATES)
    write(path, {"conditions": STRING, "notes": STRING, "rates": RATES, "time": TIME})
    assert load_recordings(path, conditions=("left", "right")).conditions == ("left", "right")


@both
def test_a_struct_of_full_or_sparse_matrices_names_the_conditions(tmp_path, write):
    path, rates = tmp_path / "mine.mat", np.where(RATES > 12.0, RATES, 0.0)
    write(path, {
        "rates": {"right": rates[1], "left": scipy.sparse.csc_matrix(rates[0])}, "time": TIME,
    })
    record = load_recordings(path)
    np.testing.assert_array_equal(record.select_conditions(("left", "right")).rates, rates)
