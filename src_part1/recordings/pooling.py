"""Sessions pooled to one population."""

from __future__ import annotations

import numpy as np

from src_part1.common.validation import check_type
from src_part1.recordings.record import Recordings


def pool_recordings(sessions):
    """Put the neurons of several sessions side by side, condition by condition.

    Conditions are matched by name and take the order of the first session, since their order may
    differ between sessions.

    Parameters
    ----------
    sessions : sequence of Recordings
        Sessions with the same conditions, times and smoothing.

    Returns
    -------
    Recordings
        All neurons, those of the first session first. The source is that of the sessions, or
        "user" if they differ.

    Examples
    --------
    >>> from src_part1.recordings import recordings_from_arrays
    >>> first = recordings_from_arrays({"left": [[9.0, 8.0]], "right": [[5.0, 6.0]]}, [0.0, 20.0])
    >>> second = recordings_from_arrays({"right": [[7.0, 7.0]], "left": [[1.0, 2.0]]}, [0.0, 20.0])
    >>> pool_recordings([first, second]).select_conditions("left").rates
    array([[[9., 8.],
            [1., 2.]]])
    """
    if isinstance(sessions, Recordings):
        raise TypeError("pool_recordings.sessions must be a sequence of Recordings, got only one.")
    sessions = [check_type(f"pool_recordings.sessions[{i}]", one, Recordings)
                for i, one in enumerate(sessions)]
    if not sessions:
        raise ValueError("pool_recordings.sessions must hold at least one record, got none.")
    first = sessions[0]
    shared = [n for n in first.conditions if all(n in one.conditions for one in sessions)]
    for i, one in enumerate(sessions[1:], start=1):
        name = f"pool_recordings.sessions[{i}]"
        if set(one.conditions) != set(first.conditions):
            raise ValueError(
                f"{name} must have the conditions of the first session, {first.conditions}, but "
                f"has {one.conditions}; all sessions share {shared}: select_conditions takes those."
            )
        if one.n_time != first.n_time or not np.allclose(
            one.time, first.time, rtol=0.0, atol=1e-3 * first.bin_width
        ):
            raise ValueError(
                f"{name} must have the times of the first session, {first.time[0]:g} to "
                f"{first.time[-1]:g} ms in steps of {first.bin_width:g}, but has "
                f"{one.time[0]:g} to {one.time[-1]:g} in steps of {one.bin_width:g}; rebin makes "
                "bins wider."
            )
        if not np.isclose(one.smoothing, first.smoothing):
            raise ValueError(
                f"{name} must be smoothed like the first session, over {first.smoothing:g} ms on "
                f"either side, got {one.smoothing:g}."
            )
    rates = np.concatenate(
        [one.select_conditions(first.conditions).rates for one in sessions], axis=1
    )
    sources = {one.source for one in sessions}
    counts = ", ".join(str(one.n_neurons) for one in sessions)
    origins = " ".join(dict.fromkeys(one.provenance for one in sessions))
    return Recordings(
        rates, first.time, first.conditions, sources.pop() if len(sources) == 1 else "user",
        f"Pooled from {len(sessions)} sessions with {counts} neurons. {origins}", first.smoothing,
    )
