"""Files of other formats: what each is, and the one reader that is loaded for it.

Modules
-------
``alm_files``
    The files of the motor-cortex (ALM) recordings: found, fetched, verified and read.
``matlab``
    Files of MATLAB, with rates or spike times.
``nwb``
    Sessions in the Neurodata Without Borders format.
``phy``
    Folders of spike sorting, as Kilosort and phy write them.
"""

from __future__ import annotations

import importlib

from src_part1.recordings.importers.alm_files import RATE_FILES

# Which function of which module reads what `format_of` finds.
READERS = {
    "mat": ("matlab", "recordings_from_mat"),
    "nwb": ("nwb", "recordings_from_nwb"),
    "phy": ("phy", "recordings_from_phy"),
}
_FRAMES = (
    "With pandas: recordings_from_arrays({name: frame of the rates (Hz) of a condition, its index "
    "the time in ms and called 'time', one column for each neuron})"
)
_ARRAYS = "recordings_from_arrays(rates, time, conditions): rates (condition, neuron, time) in Hz"
# What to do with files that do not say what their axes or columns are, or that others read.
_WAYS = {
    ".npy": f"holds rates without their times. Give both: {_ARRAYS}, rates = np.load(file)",
    **dict.fromkeys((".csv", ".tsv", ".txt"), f"does not say which axis is which. {_FRAMES}, "
                    "frame = pandas.read_csv(file, index_col='time')"),
    **dict.fromkeys((".xlsx", ".xls", ".feather", ".parquet"),
                    f"is a table. {_FRAMES}, frame = pandas.read_excel or read_parquet"),
    ".nc": "is read by xarray: recordings_from_arrays(xarray.open_dataarray(file))",
    **dict.fromkeys((".pkl", ".pickle", ".joblib"), "could run code when it is read. Load it "
                    f"yourself if you trust it, then {_ARRAYS}"),
    **dict.fromkeys((".nex", ".nex5", ".plx", ".pl2", ".nev", ".ns6", ".smr", ".rhd", ".oebin"),
                    "is read by neo (neo.get_io(file)): give its spike trains to psth_from_spikes"),
    ".zarr": "is read by hdmf_zarr (NWBZarrIO(folder, 'r').read() gives a session for "
             "recordings_from_nwb) or xarray (recordings_from_arrays(xarray.open_dataarray(...)))",
}


def format_of(path):
    """Return "npz", "alm" or a key of `READERS`; say what to do with any other file or folder."""
    suffix = path.suffix.lower()
    if suffix in _WAYS:
        kind = "folder" if path.is_dir() else "file"
        raise ValueError(f"{path}: a {suffix} {kind} {_WAYS[suffix]}.")
    if path.is_dir():
        there = sorted(entry.name for entry in path.iterdir())
        if {"spike_times.npy", "spike_clusters.npy"} <= set(there):
            return "phy"
        if set(RATE_FILES) & set(there):
            return "alm"
        shown = ", ".join(there[:8]) + (", ..." if len(there) > 8 else "")
        raise FileNotFoundError(
            f"{path} is neither a folder of the ALM recordings (it lacks {', '.join(RATE_FILES)}) "
            f"nor one of phy (spike_times.npy, spike_clusters.npy); it holds {shown or 'nothing'}."
        )
    if suffix in (".mat", ".nwb", ".npz"):
        return suffix[1:]
    import h5py

    if not h5py.is_hdf5(path):
        return "npz"
    found = []
    try:
        with h5py.File(path, "r") as file:
            if "nwb_version" in file.attrs:
                return "nwb"
            file.visititems(lambda name, item: found.append(f"{name} {item.shape}")
                            if isinstance(item, h5py.Dataset) else None)
    except OSError as error:
        raise ValueError(f"{path} is damaged: {error}") from error
    raise ValueError(
        f"{path} is an HDF5 file, whose names have no fixed meaning; it holds "
        f"{', '.join(found[:12]) or 'nothing'}. With h5py: {_ARRAYS}, time in ms."
    )


def read(kind, path, options):
    """Read a file or folder of a kind of `READERS`; return a PSTH."""
    module, function = READERS[kind]
    module = importlib.import_module(f"{__name__}.{module}")
    return getattr(module, function)(path, **options)
