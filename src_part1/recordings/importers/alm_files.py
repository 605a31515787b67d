"""The files of the motor-cortex (ALM) recordings: found, fetched, verified and read.

The rates are those of Finkelstein et al. 2021 (Nature Neuroscience 24, 843-850; raw spikes
DANDI:000060), as preprocessed by the authors of the CNS 2025 tutorial. Packages that fetch and
read files are imported where they are used, so that a notebook that needs none of them does not
wait for them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from pathlib import Path

import numpy as np

COMMIT = "90395f431cd6c364123a073fab1047d7b09b61ae"
BASE_URL = (
    f"https://raw.githubusercontent.com/chrismkkim/TutorialCNS2025/{COMMIT}/src_part3/data_alm/"
)
RATE_FILES = ("movingrate_Pyr1Hz_lickright.jld", "movingrate_Pyr1Hz_lickleft.jld")
TARGET_FILES = ("utarg1Hz_lickright.jld", "utarg1Hz_lickleft.jld")
SHA256 = {
    RATE_FILES[0]: "08005b8e50a9fb229ee29824c9c1b54ac1850b9d35f150ab3501216f5b15f9a4",
    RATE_FILES[1]: "236779d8765f6fed56848496a5c529e09cdb67523f19f7886a23ff6a5721b462",
    TARGET_FILES[0]: "edcc858b2d7061111206dae548eaf66ca8e0c956be9aed35e8f3bed4d12726b2",
    TARGET_FILES[1]: "e8ef5a41dc3e2fcacfc2ccc870bb4dc701e4c49a4b4006f4627d0fcd914ee0bb",
}
CONDITIONS = ("lick right", "lick left")
TIME = np.arange(-2000.0, 1.0, 20.0)  # ms to the go cue
SMOOTHING_BINS = 7  # the rates are moving means over this many bins on either side
SMOOTHING = SMOOTHING_BINS * 20.0  # ms
PROBE_SECONDS = 4.0  # an offline user waits no longer than this
DOWNLOAD_SECONDS = 15.0  # longest silence of the server during a download


def load_alm_rates(folder=None, *, mend=True):
    """Return rates (Hz) of lick-right and lick-left trials, (2, 1824, 101), and their provenance.

    Without a ``folder`` the files are taken from the one that the environment variable
    ``MOTOR_CORTEX_DIR`` names, else from the user's cache, which is filled on first use. With
    ``mend`` the flaw of the last bins is undone by `mend_last_bins`.
    """
    paths, place = locate(RATE_FILES, folder)
    rates = np.stack([_read_jld(path, "Pyr") for path in paths])
    if mend:
        rates = mend_last_bins(rates)
        state = "the last eight bins, too low in the files, are mended"
    else:
        state = "as shipped, with the last eight bins too low"
    provenance = (
        f"Recorded in mouse anterior lateral motor cortex: {rates.shape[1]} putative pyramidal "
        f"neurons, averages over correct trials (Finkelstein et al. 2021), from {place}; {state}."
    )
    return rates, provenance


def mend_last_bins(rates):
    """Undo the flaw of the last bins of the rates as shipped, (..., n_time).

    The files' last bin was counted as empty before smoothing. A moving mean over bins t - 7
    to t + 7 (cut at the last bin) spreads that zero over the last eight bins: where the window
    holds n bins, only n - 1 were counted. A factor n / (n - 1) is therefore the exact mean over
    the bins that were counted.
    """
    in_window = np.arange(2 * SMOOTHING_BINS + 1, SMOOTHING_BINS, -1)  # 15, 14, ..., 8
    mended = np.array(rates, dtype=np.float64)
    mended[..., -in_window.size :] *= in_window / (in_window - 1)
    return mended


def locate(names, folder=None):
    """Return verified paths of files, keys of `SHA256`, and where they were found, for a sentence.

    They are fetched if need be; ``folder`` is as in `load_alm_rates`.
    """
    if folder is None:
        folder = os.environ.get("MOTOR_CORTEX_DIR") or None
    if folder is not None:
        with contextlib.suppress(RuntimeError):  # "~" of a user without a home
            folder = Path(folder).expanduser()
        return _locate_in_folder(names, Path(folder)), f"the folder {folder}"
    cached = [cache_folder() / name for name in names]
    if not all(path.is_file() and _sha256(path) == SHA256[path.name] for path in cached):
        _fetch(names)
    return cached, f"the cache of this computer ({BASE_URL})"


def cache_folder():
    """Return the folder of the user's cache to which the files are fetched."""
    import pooch

    try:
        folder = Path(pooch.os_cache("motor-cortex-recordings"))
    except RuntimeError:
        folder = Path("~")
    if not folder.is_absolute():  # older versions of platformdirs take a folder "~"
        reason = "this user has no home to keep them in"
        raise ConnectionError(_not_fetched(BASE_URL, reason))
    return folder


def _fetch(names):
    import pooch

    _require_connection(BASE_URL + names[0])
    cache = pooch.create(path=cache_folder(), base_url=BASE_URL, registry=SHA256)
    downloader = pooch.HTTPDownloader(timeout=DOWNLOAD_SECONDS)
    try:
        for name in names:
            cache.fetch(name, downloader=downloader)
    except OSError as error:  # the errors of requests are OSErrors, too
        raise ConnectionError(_not_fetched(BASE_URL, error)) from error
    except ValueError as error:  # the checksum: say, a log-in page of the network came instead
        reason = "what came has another sha256 than the published file and was not kept"
        raise ConnectionError(_not_fetched(BASE_URL, reason)) from error


def _locate_in_folder(names, folder):
    if not folder.is_dir():
        raise FileNotFoundError(f"The folder of the ALM recordings, {folder}, does not exist.")
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise FileNotFoundError(
            f"The folder {folder} lacks {', '.join(missing)}; fetch from {BASE_URL}."
        )
    paths = [folder / name for name in names]
    for path in paths:
        found = _sha256(path)
        if found != SHA256[path.name]:
            raise ValueError(
                f"{path} is not the published file (altered, or only a part of it): its sha256 "
                f"is {found[:12]}..., expected {SHA256[path.name][:12]}.... "
                f"Fetch it again from {BASE_URL}."
            )
    return paths


def _require_connection(url):
    """Raise ConnectionError unless the server answers within `PROBE_SECONDS`.

    A thread, because neither the look-up of names nor the number of addresses that are tried
    one after the other is covered by the timeout of a request.
    """
    import requests

    outcome = ["no answer in time"]

    def probe():
        try:
            requests.head(url, timeout=PROBE_SECONDS)
            outcome[0] = None
        except requests.RequestException as error:
            outcome[0] = error

    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    thread.join(PROBE_SECONDS)
    if outcome[0] is not None:
        raise ConnectionError(_not_fetched(url, outcome[0]))


def _not_fetched(url, reason):
    kind = reason if isinstance(reason, str) else type(reason).__name__
    return (
        f"The ALM recordings are not on this computer and could not be fetched from {url} "
        f"({kind}). Connect to the internet, or name a folder that holds them in the "
        "environment variable MOTOR_CORTEX_DIR."
    )


def _sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _read_jld(path, dataset):
    """Return one matrix (neuron, time) of a JLD file, which is HDF5 and has the right checksum."""
    import h5py

    with h5py.File(path, "r") as file:
        return np.transpose(file[dataset][()]).astype(np.float64)
