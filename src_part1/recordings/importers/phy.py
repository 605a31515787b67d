"""Rates from a folder of spike sorting, as Kilosort and phy write it."""

from __future__ import annotations

import re

import numpy as np

from src_part1.common.files import find_path
from src_part1.recordings.psth import psth_from_spikes

_DOOR = "recordings_from_phy"
# The first of these says what each cluster is: a person's word counts before a program's.
_GROUPS = ("cluster_group.tsv", "cluster_groups.csv", "cluster_info.tsv", "cluster_KSLabel.tsv")


def recordings_from_phy(
    folder, *, events=None, trial_conditions=None, groups=("good",), sample_rate=None,
    **psth_options,
):
    """Average the spikes of a sorted session over the trials of each condition; return a PSTH.

    The folder holds ``spike_times.npy`` (samples), ``spike_clusters.npy`` and, as a rule,
    ``params.py`` and ``cluster_group.tsv``. ``events`` says when each trial's event was, in ms from
    the first sample, and ``trial_conditions`` its condition. Clusters of the ``groups`` are used;
    None takes all, as does a folder without groups. ``sample_rate`` (per second) is by default that
    of ``params.py``. Further options are those of `psth_from_spikes`. ``kept`` holds numbers of
    clusters.
    """
    folder = find_path(folder)
    samples = _vector(folder / "spike_times.npy")
    clusters = _vector(folder / "spike_clusters.npy")
    rate = _sample_rate(folder) if sample_rate is None else sample_rate
    group_of = _read_groups(folder)
    if events is None or trial_conditions is None:
        counts = sorted(group_of.values())
        there = ", ".join(f"{counts.count(group)} {group}" for group in dict.fromkeys(counts))
        raise TypeError(
            f"{_DOOR} needs events=... (ms from the first sample) and trial_conditions=..., one "
            f"for each trial. {folder} has {np.unique(clusters).size} clusters "
            f"({there or 'no groups'}) over {samples.max(initial=0) / rate:.0f} s."
        )
    if groups is not None and group_of:
        groups = (groups,) if isinstance(groups, str) else tuple(groups)
        chosen = [cluster for cluster, group in group_of.items() if group in groups]
        used = np.isin(clusters, chosen)
        if not used.any():
            raise ValueError(
                f"{_DOOR}.groups: no cluster of {folder} with spikes is one of {groups}; there are "
                f"{sorted(set(group_of.values()))}."
            )
        samples, clusters = samples[used], clusters[used]
    return psth_from_spikes(
        samples * (1000.0 / rate), trial_conditions, events=events, clusters=clusters,
        **psth_options,
    )


def _vector(path):
    try:
        return np.load(path, allow_pickle=False).reshape(-1)
    except Exception as error:  # bytes that nobody wrote on purpose raise anything
        raise ValueError(f"{path} cannot be read: {error}") from error


def _sample_rate(folder):
    """Read the sample rate from ``params.py``, which is text here and never run."""
    path = folder / "params.py"
    text = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    found = re.search(r"(?m)^\s*sample_rate\s*=\s*([\d.eE+]+)", text)
    if not found:
        raise ValueError(
            f"{_DOOR} needs sample_rate=... (samples per second): {path} does not say it."
        )
    return float(found[1])


def _read_groups(folder):
    """Return the group of each cluster that a person or a program has judged."""
    for name in _GROUPS:
        if (folder / name).is_file():
            lines = (folder / name).read_text(encoding="utf-8", errors="replace").splitlines()
            rows = [re.split(r"[\t,]", line) for line in lines if line.strip()]
            columns = rows[0] if rows else []
            value = next((columns.index(c) for c in ("group", "KSLabel") if c in columns), None)
            if value is not None:  # the first column is the cluster's number
                return {int(row[0]): row[value].strip() for row in rows[1:]
                        if len(row) > value and row[value].strip()}
    return {}
