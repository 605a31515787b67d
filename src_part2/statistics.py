"""Statistics of spike trains: rates, intervals and their regularity."""

from __future__ import annotations

import numpy as np

from src_part1.common.validation import check_integer, check_real

_NEEDED = ("n_neurons", "duration", "spike_times", "spike_ids")


def firing_rates(run, *, start=0.0):
    """Mean rate of each neuron.

    Parameters
    ----------
    run : SpikingRun or src_part3.trials.Trial
        A run; its spikes must have been recorded if ``start`` is positive.
    start : float, optional
        Spikes up to this time are left out (ms).

    Returns
    -------
    ndarray of shape (n_neurons,)
        Rates (Hz).

    Examples
    --------
    >>> import numpy as np
    >>> from src_part2 import LIFParameters, firing_rates, simulate
    >>> run = simulate(LIFParameters(noise=0.0), [0.5, 1.5], 1000.0, np.random.default_rng(0))
    >>> firing_rates(run)
    array([ 0., 90.])
    """
    _check_run(run)
    check_real("start", start, unit="ms", at_least=0, below=run.duration)
    counts = run.counts
    if start > 0:
        _check_recorded(run)
        counts = np.bincount(run.spike_ids[run.spike_times > start], minlength=run.n_neurons)
    return 1000.0 * counts / (run.duration - start)


def spike_intervals(run, *, start=0.0):
    """Times from each spike to the same neuron's next one."""
    _check_run(run)
    check_real("start", start, unit="ms", at_least=0, below=run.duration)
    _check_recorded(run)
    late = run.spike_times > start
    times, ids = run.spike_times[late], run.spike_ids[late]
    order = np.argsort(ids, kind="stable")
    times, ids = times[order], ids[order]
    same = ids[1:] == ids[:-1]
    return np.diff(times)[same], ids[1:][same]


def interval_cv(run, *, start=0.0, min_intervals=10):
    """Coefficient of variation of each neuron's intervals: 0 for a clock, 1 for Poisson spikes.

    Parameters
    ----------
    run : SpikingRun or src_part3.trials.Trial
        A run with recorded spikes.
    start : float, optional
        Spikes up to this time are left out (ms).
    min_intervals : int, optional
        Neurons with fewer intervals get NaN.

    Returns
    -------
    ndarray of shape (n_neurons,)
        Standard deviation of the intervals over their mean.

    Examples
    --------
    >>> import numpy as np
    >>> from src_part2 import LIFParameters, interval_cv, simulate
    >>> rng = np.random.default_rng(0)
    >>> regular, noisy = simulate(LIFParameters(noise=0.0), [1.5], 1000.0, rng), simulate(
    ...     LIFParameters(), [0.7], 10000.0, rng)
    >>> interval_cv(regular).round(2), bool(interval_cv(noisy)[0] > 0.7)
    (array([0.]), True)
    """
    check_integer("min_intervals", min_intervals, at_least=2)
    intervals, neurons = spike_intervals(run, start=start)
    number = np.bincount(neurons, minlength=run.n_neurons)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(neurons, intervals, run.n_neurons) / number
        square = np.bincount(neurons, (intervals - mean[neurons]) ** 2, run.n_neurons) / number
        return np.where(number >= min_intervals, np.sqrt(square) / mean, np.nan)


def _check_run(run):
    # The record of a trial belongs to Part 3, which this part does not know: its names count.
    if not all(hasattr(run, name) for name in _NEEDED):
        raise TypeError(
            f"run must be a SpikingRun, or a Trial of Part 3, got {type(run).__name__}."
        )


def _check_recorded(run):
    if run.spike_times.size < run.counts.sum():
        raise ValueError(
            "the run's spikes must be recorded: simulate(..., record_spikes=True) or "
            "run_trial(..., spikes=True)."
        )
