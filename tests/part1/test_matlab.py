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
    plain = {k: v for k, v in content.items() if not isinstance(v, MatlabObject)}
    scipy.io.savemat(path, plain)

    def element(kind, data):
        return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)

    integer, unsigned, matrix = 1, 6, 14
    for name, value in content.items():
        if isinstance(value, MatlabObject):
            pair = struct.Struct("<II").pack
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
                struct = group.create_group(name)
                struct.attrs["MATLAB_class"] = np.bytes_("struct")
                for key, entry in value.items():
                    put(struct, key, entry)
                return struct
            if isinstance(value, MatlabObject):
                reference = np.array([[3707764736, 2, 1, 1, 1, 1]], "u4")
                item = group.create_dataset(name, data=reference)
                item.attrs["MATLAB_class"] = np.bytes_(value.kind)
                item.attrs["MATLAB_object_decode"] = np.int32(3)
                return item
            if scipy.sparse.issparse(value):
                item, value = group.create_group(name), value.tocsc()
                item.attrs["MATLAB_class"] = np.bytes_("double")
                item.attrs["MATLAB_sparse"] = np.uint64(value.shape[0])
                item["data"], item["ir"], item["jc"] = value.data, value.indices, value.indptr
                return item
            if isinstance(value, str):
                item = group.create_dataset(name, data=np.array([[ord(c)] for c in value], "u2"))
                item.attrs["MATLAB_class"] = np.bytes_("char")
                return item
            value = np.atleast_2d(value)
            if value.dtype == object:
                data = np.empty(value.shape, dtype=h5py.ref_dtype)
                for place, entry in np.ndenumerate(value):
                    data[place] = put(refs, f"r{next(number)}", entry).ref
                item = group.create_dataset(name, data=data.T, dtype=h5py.ref_dtype)
                item.attrs["MATLAB_class"] = np.bytes_("cell")
                return item
            empty = value.size == 0
            item = group.create_dataset(
                name, data=np.array(value.shape, "u8") if empty else np.asarray(value, float).T
            )
            item.attrs["MATLAB_class"] = np.bytes_("double")
            if empty:
                item.attrs["MATLAB_empty"] = np.uint8(1)
            return item

        for name, value in content.items():
            put(file, name, value)
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64")


both = pytest.mark.parametrize("write", [write_old, write_73])


@both
def test_rates_with_times_and_names(tmp_path, write):
    path = tmp_path / "mine.mat"
    write(path, {"rates": RATES, "time": TIME[None], "conditions": cells([["left", "right"]])})
    record = load_recordings(path, smoothing=60.0)
    np.testing.assert_array_equal(record.rates, RATES)
    np.testing.assert_array_equal(record.time, TIME)
    assert record.conditions == ("left", "right")
    assert (record.source, record.smoothing) == ("user", 60.0)
    write(path, {"psth": RATES[1], "t": TIME[:, None]})
    single = recordings_from_mat(path, rates="psth", time="t", conditions=["go"]).recordings
    np.testing.assert_array_equal(single.rates, RATES[1:])


@both
def test_a_struct_names_the_conditions(tmp_path, write):
    path = tmp_path / "mine.mat"
    write(path, {"rates": {"right": RATES[1], "left": RATES[0]}, "time": TIME})
    record = load_recordings(path)
    np.testing.assert_array_equal(record.select_conditions(("left", "right")).rates, RATES)


@both
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize("numbers", [False, True])
def test_cell_arrays_of_spike_times(tmp_path, write, nested, numbers):
    rng = np.random.default_rng(1)
    spikes = [[np.sort(rng.uniform(-200, 0, n)) for n in (4, 9, 6, 0)] for _ in range(3)]
    labels = [1, 2, 2, 1] if numbers else ["left", "right", "right", "left"]
    rows = [[train[:, None] for train in neuron] for neuron in spikes]
    content = cells([[cells([row])] for row in rows]) if nested else cells(rows)
    path = tmp_path / "spikes.mat"
    write(path, {
        "spike_times": content,
        "trial_conditions": np.array([labels], float) if numbers else cells([labels]),
    })
    options = {"window": (-200.0, 0.0), "smoothing": 20.0}
    result, expected = recordings_from_mat(path, **options), psth_from_spikes(
        spikes, labels, **options
    )
    np.testing.assert_allclose(result.recordings.rates, expected.recordings.rates)
    assert result.recordings.conditions == expected.recordings.conditions
    np.testing.assert_array_equal(result.kept, expected.kept)
    np.testing.assert_array_equal(load_recordings(path, **options).rates, result.recordings.rates)


@both
def test_what_is_missing_or_does_not_fit_is_said(tmp_path, write):
    path = tmp_path / "mine.mat"
    write(path, {"rates": RATES})
    with pytest.raises(ValueError, match=r"mine.mat: 'time' is missing; the file holds \['rates'"):
        load_recordings(path)
    write(path, {"firing": RATES, "time": TIME})
    with pytest.raises(ValueError, match=r"it holds \['firing', 'time'\].*rates='psth'"):
        load_recordings(path)
    write(path, {"rates": RATES.transpose(2, 1, 0), "time": TIME})
    with pytest.raises(ValueError, match="time seems to be axis 0.*permute"):
        load_recordings(path)
    write(path, {"rates": RATES, "time": TIME})
    with pytest.raises(TypeError, match=r"takes \['window'\] for spike times only"):
        load_recordings(path, window=(0.0, 100.0))
    write(path, {"spike_times": np.ones((2, 3)), "trial_conditions": np.ones(3)})
    with pytest.raises(ValueError, match="must be a cell array"):
        load_recordings(path)


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
def test_sparse_matrices_and_padded_names(tmp_path, write):
    path, rates = tmp_path / "mine.mat", np.where(RATES > 12.0, RATES, 0.0)
    left, right = map(scipy.sparse.csc_matrix, rates)
    write(path, {"rates": {"left": left, "right": right}, "time": TIME})
    np.testing.assert_array_equal(load_recordings(path).rates, rates)
    write(path, {"rates": RATES, "time": TIME, "conditions": cells([["left ", " right"]])})
    assert load_recordings(path).conditions == ("left", "right")
