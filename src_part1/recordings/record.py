"""The immutable record of a population's trial-averaged firing rates."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from src_part1.common.files import replace_file
from src_part1.common.validation import check_array, check_choice, check_integer, check_rng

SOURCES = ("alm", "synthetic", "user")


@dataclass(frozen=True, eq=False)
class Recordings:
    """Trial-averaged firing rates of a population, an immutable record.

    Parameters
    ----------
    rates : (n_conditions, n_neurons, n_time) ndarray
        Firing rates in Hz, finite and not negative. Kept as a read-only float64 copy.
    time : (n_time,) ndarray
        Time of each rate in ms to the go cue, increasing in equal steps. Read-only copy.
    conditions : tuple of str
        Name of each condition.
    source : {"alm", "synthetic", "user"}
        Where the rates come from.
    provenance : str
        The same in a plain sentence that a notebook can print.

    Raises
    ------
    TypeError, ValueError
        If an array has the wrong shape or dtype, a rate is negative or not finite, time does
        not increase in equal steps, or a name is missing, empty or used twice.
    """

    rates: np.ndarray  # Hz
    time: np.ndarray  # ms to the go cue
    conditions: tuple[str, ...]
    source: str
    provenance: str

    def __post_init__(self):
        shape = ("conditions", "neurons", "time points")
        rates = check_array("Recordings.rates", self.rates, shape, at_least=0.0).copy()
        time = check_array("Recordings.time", self.time, (rates.shape[2],)).copy()
        _check_time(time)
        conditions = _check_conditions(self.conditions, rates.shape[0])
        check_choice("Recordings.source", self.source, SOURCES)
        if not isinstance(self.provenance, str) or not self.provenance.strip():
            raise ValueError(
                "Recordings.provenance must be a sentence that says where the rates come from, "
                f"got {self.provenance!r}."
            )
        rates.setflags(write=False)
        time.setflags(write=False)
        object.__setattr__(self, "rates", rates)
        object.__setattr__(self, "time", time)
        object.__setattr__(self, "conditions", conditions)

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

    def select(self, neurons, *, rng=None):
        """Return a record with some of the neurons, in their old order.

        Parameters
        ----------
        neurons : int or array_like
            A whole number takes that many neurons that represent the population: the neurons
            are ranked by mean rate and the ranks cut into as many equal groups, each of which
            gives its middle neuron. An array gives the neurons' indices, or is a mask.
        rng : numpy.random.Generator, optional
            Each group then gives a random neuron. Only together with a number.

        Returns
        -------
        Recordings
            The selected neurons; `provenance` says how they were selected.

        Raises
        ------
        TypeError, ValueError
            If the number or an index does not fit the population, or an index comes twice.
        """
        if np.ndim(neurons) == 0:
            count = check_integer("select.neurons", neurons, at_least=1, at_most=self.n_neurons)
            index = self._representative(count, rng)
            how = "at random" if rng is not None else "evenly"
            note = f"{count} of {self.n_neurons} neurons, taken {how} along their mean rates."
        else:
            if rng is not None:
                raise ValueError("select.rng serves only a number of neurons, not given indices.")
            index = _check_index(neurons, self.n_neurons)
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

    def describe(self):
        """Return one sentence with the size, the time axis and the source."""
        kind = {"alm": "recorded", "synthetic": "synthetic", "user": "user's own"}[self.source]
        names = ", ".join(self.conditions)
        return (
            f"{self.n_neurons} {kind} neurons in {self.n_conditions} "
            f"condition{'s' if self.n_conditions > 1 else ''} ({names}), {self.n_time} time "
            f"points from {self.time[0]:g} to {self.time[-1]:g} ms in steps of "
            f"{self.bin_width:g} ms, mean rate {self.rates.mean():.1f} Hz."
        )

    def save(self, path):
        """Write the record to a ``.npz`` file that `load_recordings` reads back unchanged.

        Parameters
        ----------
        path : str or os.PathLike
            The file, whose name ends in ``.npz``. An existing file is replaced.

        Returns
        -------
        pathlib.Path
            The file written.

        Raises
        ------
        ValueError
            If the name does not end in ``.npz``.
        OSError
            If it cannot be written; an earlier file is untouched then.
        """
        path = Path(path)
        if path.suffix != ".npz":
            raise ValueError(f"save.path must end in .npz, got {str(path)!r}.")
        content = {
            "rates": self.rates, "time": self.time,
            "conditions": np.array(self.conditions, dtype=np.str_),
            "source": np.array(self.source), "provenance": np.array(self.provenance),
        }
        replace_file(path, lambda file: np.savez_compressed(file, **content))
        return path


def _check_time(time):
    if time.size < 2:
        raise ValueError("Recordings.time must have at least two points, got one.")
    steps = np.diff(time)
    if not (steps > 0).all():
        where = int(np.argmax(steps <= 0))
        raise ValueError(
            "Recordings.time must increase (ms), but the entries "
            f"{where} and {where + 1} are {time[where]:g} and {time[where + 1]:g}."
        )
    if not np.allclose(steps, steps.mean(), rtol=1e-6, atol=0.0):
        raise ValueError(
            "Recordings.time must go in equal steps (ms), but its steps range from "
            f"{steps.min():g} to {steps.max():g}."
        )


def _check_conditions(conditions, n_conditions):
    names = (conditions,) if isinstance(conditions, str) else tuple(conditions)
    if not all(isinstance(name, str) and name.strip() for name in names):
        raise TypeError(f"Recordings.conditions must be names, got {names!r}.")
    if len(names) != n_conditions or len(set(names)) != len(names):
        raise ValueError(
            f"Recordings.conditions must be {n_conditions} different names, one for each "
            f"condition of the rates, got {names!r}."
        )
    return tuple(str(name) for name in names)


def _check_index(neurons, n_neurons):
    index = np.asarray(neurons)
    if index.dtype == bool:
        if index.shape != (n_neurons,):
            raise ValueError(
                f"select.neurons as a mask must have shape ({n_neurons},), got {index.shape}."
            )
        index = np.flatnonzero(index)
    if index.ndim != 1 or index.size == 0 or index.dtype.kind not in "iu":
        raise TypeError(
            "select.neurons must be a number or a non-empty 1-D array of whole numbers, got "
            f"shape {index.shape} and dtype {index.dtype}."
        )
    if index.min() < 0 or index.max() >= n_neurons:
        raise ValueError(
            f"select.neurons must lie between 0 and {n_neurons - 1}, "
            f"got {index.min()} to {index.max()}."
        )
    if np.unique(index).size != index.size:
        raise ValueError("select.neurons must name each neuron once.")
    return np.sort(index)
