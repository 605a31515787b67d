"""The immutable record of a population's trial-averaged firing rates."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from src_part1.common.files import replace_file
from src_part1.common.one_line import one_line
from src_part1.common.smoothing import window_mean
from src_part1.common.validation import (
    check_array,
    check_choice,
    check_integer,
    check_real,
    check_rng,
    check_selection,
)
from src_part1.recordings.labels import entries, label_text

SOURCES = ("alm", "synthetic", "user")


@dataclass(frozen=True, eq=False)
class Recordings:
    """Trial-averaged firing rates of a population, an immutable record.

    Parameters
    ----------
    rates : (n_conditions, n_neurons, n_time) ndarray
        Firing rates in Hz, finite and not negative. Kept as a read-only float64 copy.
    time : (n_time,) ndarray
        Centre of each bin in ms to the go cue (or another event), increasing in equal steps, the
        `bin_width`. Read-only copy.
    conditions : tuple of str
        Name of each condition; blanks around names do not count.
    source : {"alm", "synthetic", "user"}
        Where the rates come from.
    provenance : str
        The same in a plain sentence that a notebook can print.
    smoothing : float, optional
        Half-width in ms of the moving mean that was applied to the rates; 0 if they were not
        smoothed. A simulation that is compared with the rates is smoothed in the same way.

    Examples
    --------
    >>> recordings = Recordings(
    ...     rates=[[[4.0, 8.0], [2.0, 2.0]]], time=[0.0, 20.0], conditions=["go"],
    ...     source="user", provenance="Two neurons, written by hand.",
    ... )
    >>> recordings.n_conditions, recordings.n_neurons, recordings.n_time
    (1, 2, 2)
    >>> recordings.select([1]).rates
    array([[[2., 2.]]])
    """

    rates: np.ndarray  # Hz
    time: np.ndarray  # ms to the go cue
    conditions: tuple[str, ...]
    source: str
    provenance: str
    smoothing: float = 0.0  # ms on either side

    __repr__ = one_line

    def __post_init__(self):
        shape = ("conditions", "neurons", "time points")
        rates = check_array("Recordings.rates", self.rates, shape).copy()
        if (rates < 0).any():
            where = tuple(np.argwhere(rates < 0)[0].tolist())
            raise ValueError(
                f"Recordings.rates must be at least 0 (Hz), but the entry at {where} is "
                f"{rates[where]:g}. Calcium signals (dF/F, z-scores) are no rates: the page on "
                "one's own recordings says what can be done."
            )
        time = check_array("Recordings.time", self.time, (rates.shape[2],)).copy()
        _check_time(time)
        conditions = _check_conditions(self.conditions, rates.shape[0])
        check_choice("Recordings.source", self.source, SOURCES)
        if not isinstance(self.provenance, str) or not self.provenance.strip():
            raise ValueError(
                "Recordings.provenance must be a sentence that says where the rates come from, "
                f"got {self.provenance!r}."
            )
        smoothing = check_real("Recordings.smoothing", self.smoothing, unit="ms", at_least=0)
        rates.setflags(write=False)
        time.setflags(write=False)
        object.__setattr__(self, "rates", rates)
        object.__setattr__(self, "time", time)
        object.__setattr__(self, "conditions", conditions)
        object.__setattr__(self, "smoothing", smoothing)

    @property
    def n_conditions(self):
        """Number of conditions."""
        return self.rates.shape[0]

    @property
    def n_neurons(self):
        """Number of neurons."""
        return self.rates.shape[1]

    @property
    def n_time(self):
        """Number of time points."""
        return self.rates.shape[2]

    @property
    def bin_width(self):
        """Step of `time` in ms."""
        return float(self.time[-1] - self.time[0]) / (self.n_time - 1)

    @property
    def smoothing_bins(self):
        """Half-width of the moving mean in bins, rounded."""
        return round(self.smoothing / self.bin_width)

    def select(self, neurons, *, rng=None):
        """Return a record with some of the neurons, in their old order.

        A whole number selects that many neurons that represent the population: they are ranked
        by mean rate, the ranks are cut into as many equal groups, and the middle neuron of each
        group is taken (with ``rng``, a numpy.random.Generator, a random one). An array holds the
        neurons' indices, or is a mask.
        """
        if np.ndim(neurons) == 0:
            count = check_integer("select.neurons", neurons, at_least=1, at_most=self.n_neurons)
            index = self._representative(count, rng)
            how = "at random" if rng is not None else "evenly"
            note = f"{count} of {self.n_neurons} neurons, taken {how} along their mean rates."
        else:
            if rng is not None:
                raise ValueError("select.rng needs a number of neurons, got indices.")
            index = check_selection("select.neurons", neurons, self.n_neurons)
            note = f"{index.size} of {self.n_neurons} neurons, chosen by index."
        return dataclasses.replace(
            self, rates=self.rates[:, index], provenance=f"{self.provenance} {note}"
        )

    def _representative(self, count, rng):
        by_rate = np.argsort(self.rates.mean(axis=(0, 2)), kind="stable")
        edges = np.arange(count + 1) * self.n_neurons // count
        if rng is None:
            ranks = (edges[:-1] + edges[1:] - 1) // 2
        else:
            ranks = check_rng("select.rng", rng).integers(edges[:-1], edges[1:])
        return np.sort(by_rate[ranks])

    def select_conditions(self, conditions):
        """Return a record with the conditions that are named, in this order."""
        names = tuple(map(label_text, entries("select_conditions.conditions", conditions)))
        unknown = [name for name in names if name not in self.conditions]
        if unknown or not names or len(set(names)) != len(names):
            raise ValueError(
                f"select_conditions.conditions must be different names out of {self.conditions}, "
                f"got {names}."
            )
        index = [self.conditions.index(name) for name in names]
        left_out = [name for name in self.conditions if name not in names]
        note = f" Without the conditions {', '.join(left_out)}." if left_out else ""
        return dataclasses.replace(
            self, rates=self.rates[index], conditions=names, provenance=self.provenance + note
        )

    def drop_silent(self, *, below=0.1):
        """Return a record without neurons whose mean rate is below this (Hz) in every condition.

        The same record if there is no such neuron.
        """
        below = check_real("drop_silent.below", below, unit="Hz", above=0)
        highest = self.rates.mean(axis=2).max(axis=0)
        silent = np.flatnonzero(highest < below)
        if silent.size == 0:
            return self
        if silent.size == self.n_neurons:
            raise ValueError(
                f"drop_silent.below: all {self.n_neurons} neurons are below {below:g} Hz in every "
                f"condition; the most active one has {highest.max():.3g} Hz."
            )
        shown = ", ".join(map(str, silent[:10]))
        shown += f" and {silent.size - 10} more" if silent.size > 10 else ""
        note = (
            f" Without {silent.size} of {self.n_neurons} neurons, silent (below {below:g} Hz) in "
            f"every condition: {shown}."
        )
        return dataclasses.replace(
            self, rates=np.delete(self.rates, silent, axis=1), provenance=self.provenance + note
        )

    def rates_at(self, time, width):
        """Average the rates over windows, which may be wider than the bins and lie anywhere.

        Within a bin the rate counts as constant; what of a window lies outside of the record does
        not count. ``time`` holds the windows' centres and ``width`` their width (ms), not below
        the `bin_width`. Returns mean rates (Hz), (n_conditions, n_neurons, n_windows).
        """
        width = check_real("rates_at.width", width, unit="ms", above=0)
        if width < self.bin_width * (1 - 1e-9):
            raise ValueError(
                f"rates_at.width must be at least the bin width of {self.bin_width:g} ms, got "
                f"{width:g}: a record cannot be made finer than it is."
            )
        time = check_array("rates_at.time", time, ("windows",))
        first = self.time[0] - self.bin_width / 2.0
        return window_mean(self.rates, (time - first) / self.bin_width, width / self.bin_width)

    def averaged_rates(self, width):
        """Return the rates at the record's own times, averaged where its bins are finer.

        A target that is sampled every ``width`` ms must not depend on which bins the samples
        happen to fall in. These are `rates` if the bins are at least as wide.
        """
        width = check_real("averaged_rates.width", width, unit="ms", above=0)
        if width <= self.bin_width * (1 + 1e-9):
            return self.rates
        return self.rates_at(self.time, width)

    def rebin(self, bin_width):
        """Return the record on a coarser grid, whose bins (ms) are averages of the present ones.

        The new width need not be a multiple of the old one. The first new bin begins where the
        first old one does; `provenance` says how much time is left over at the end.
        """
        bin_width = check_real("rebin.bin_width", bin_width, unit="ms", above=0)
        duration = self.n_time * self.bin_width
        n_bins = int(duration / bin_width + 1e-9)
        if n_bins < 2:
            raise ValueError(
                f"rebin.bin_width must leave at least two bins of the {duration:g} ms, got "
                f"{bin_width:g}."
            )
        first = self.time[0] - self.bin_width / 2.0
        time = first + bin_width * (np.arange(n_bins) + 0.5)
        left = duration - n_bins * bin_width
        note = f" Averaged over bins of {bin_width:g} ms (before: {self.bin_width:g} ms)"
        note += f"; the last {left:g} ms are left over." if left > 1e-6 * bin_width else "."
        return dataclasses.replace(
            self, rates=self.rates_at(time, bin_width), time=time,
            provenance=self.provenance + note,
        )

    def describe(self):
        """Return one sentence with the size, the time axis and the source."""
        kind = {"alm": "recorded", "synthetic": "synthetic", "user": "user's own"}[self.source]
        plural = "s" if self.n_conditions > 1 else ""
        smoothed = f"smoothed over {self.smoothing:g} ms on either side"
        return (
            f"{self.n_neurons} {kind} neurons in {self.n_conditions} condition{plural} "
            f"({', '.join(self.conditions)}), {self.n_time} time points from {self.time[0]:g} to "
            f"{self.time[-1]:g} ms in steps of {self.bin_width:g} ms, "
            f"{smoothed if self.smoothing else 'not smoothed'}, mean rate {self.rates.mean():.1f} "
            "Hz."
        )

    def save(self, path):
        """Write the record to a ``.npz`` file, which `load_recordings` reads back; return its path.

        An existing file is replaced, as a whole or not at all.
        """
        path = Path(path)
        if path.suffix != ".npz":
            raise ValueError(f"save.path must end in .npz, got {str(path)!r}.")
        content = {
            "rates": self.rates, "time": self.time,
            "conditions": np.array(self.conditions, dtype=np.str_),
            "source": np.array(self.source), "provenance": np.array(self.provenance),
            "smoothing": np.array(self.smoothing),
        }
        replace_file(path, lambda file: np.savez_compressed(file, **content))
        return path


def _check_time(time):
    if time.size < 2:
        raise ValueError("Recordings.time must have at least two points, got one.")
    steps = np.diff(time)
    if steps.min() <= 0 or not np.allclose(steps, steps.mean(), rtol=1e-6, atol=0.0):
        raise ValueError(
            "Recordings.time must increase in equal steps (ms), but its steps range from "
            f"{steps.min():g} to {steps.max():g}."
        )


def _check_conditions(conditions, n_conditions):
    names = entries("Recordings.conditions", conditions)
    if not all(isinstance(name, str) and name.strip() for name in names):
        raise TypeError(f"Recordings.conditions must be names, got {names!r}.")
    names = tuple(map(label_text, names))
    if len(names) != n_conditions or len(set(names)) != len(names):
        raise ValueError(
            f"Recordings.conditions must be {n_conditions} different names, one for each "
            f"condition of the rates, got {names!r}."
        )
    return names
