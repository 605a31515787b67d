"""Ridge regression of many neurons on common time courses, solved again for every new target."""

from __future__ import annotations

import numpy as np

from src_part1.common.validation import check_array, check_index, check_integer, check_real

_BLOCK = 64  # neurons that are solved together, to save memory


class CourseRegression:
    r"""Weights that let each neuron's few regressors follow a target, with noise as the prior.

    Neuron i reads some of the sources, with regressors X_i [time, own]. Its weights minimise

    .. math:: \|X_i w_i - y_i\|^2 + \lambda \sum_j D_j w_{ij}^2,

    where D_j is the trial-to-trial variance of source j. The second term is :math:`\lambda` times
    the variance that the weights would carry from the noise of the sources into the neuron's input.
    The solution is that of exact RLS with the prior :math:`\lambda D`.

    All sources follow a few common time courses. Therefore time is first reduced to the strongest
    ``n_courses`` of them (left singular vectors of X over the noise), and the dual form
    :math:`w_i = D^{-1} X_i' (X_i D^{-1} X_i' + \lambda)^{-1} y_i` has matrices of this size
    only. They are inverted once and serve all targets.

    Parameters
    ----------
    index : array_like of int, shape (n_neurons, n_own)
        Sources that each neuron reads.
    regressors : array_like, shape (n_time, n_sources)
        Mean activity of all sources.
    variance : array_like, shape (n_sources,)
        D, positive.
    prior : float
        :math:`\lambda`.
    n_courses : int, optional
        Number of time courses, all by default.

    Raises
    ------
    TypeError, ValueError
        If an argument has a wrong type, shape or value.
    """

    def __init__(self, index, regressors, variance, *, prior, n_courses=None):
        regressors = check_array("regressors", regressors, (None, None))
        n_time, n_sources = regressors.shape
        variance = check_array("variance", variance, (n_sources,))
        if not variance.min() > 0:
            raise ValueError(f"variance must be positive, got {variance.min()}.")
        check_real("prior", prior, above=0)
        n_courses = n_time if n_courses is None else n_courses
        n_courses = min(check_integer("n_courses", n_courses, at_least=1), n_time)
        self.index = np.asarray(index)
        check_index("index", self.index.ravel(), n_sources)
        used = np.unique(self.index)
        noise = np.sqrt(variance)
        courses = np.linalg.svd(regressors[:, used] / noise[used], full_matrices=False)[0]
        self._courses = courses[:, :n_courses]
        self._regressors = self._courses.T @ regressors
        self._by_variance = self._regressors / variance
        n_courses = self._courses.shape[1]
        self._inverse = np.empty((len(self.index), n_courses, n_courses))
        for some in self._blocks():
            own, scaled = self._own(some)
            gram = scaled @ own.swapaxes(1, 2) + prior * np.eye(n_courses)
            self._inverse[some] = np.linalg.inv(gram)

    def solve(self, targets):
        """Return the weights of all neurons, and what they make of the targets.

        Parameters
        ----------
        targets : array_like, shape (n_time, n_neurons)
            What each neuron's input should be.

        Returns
        -------
        weights : ndarray, shape (n_neurons, n_own)
            The weights.
        fitted : ndarray, shape (n_time, n_neurons)
            Their input, in the time courses that were kept.
        """
        targets = check_array("targets", targets, (len(self._courses), len(self.index)))
        weights = np.empty(self.index.shape)
        reduced = self._courses.T @ targets
        fitted = np.empty_like(reduced)
        for some in self._blocks():
            own, scaled = self._own(some)
            dual = self._inverse[some] @ reduced.T[some, :, None]
            new = scaled.swapaxes(1, 2) @ dual
            weights[some] = new[..., 0]
            fitted.T[some] = (own @ new)[..., 0]
        return weights, self._courses @ fitted

    def _blocks(self):
        return [slice(i, i + _BLOCK) for i in range(0, len(self.index), _BLOCK)]

    def _own(self, some):
        """Regressors of some neurons [neuron, course, own], and the same over their variance."""
        index = self.index[some]
        return tuple(
            np.ascontiguousarray(of_sources[:, index].swapaxes(0, 1))
            for of_sources in (self._regressors, self._by_variance)
        )
