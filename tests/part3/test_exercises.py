"""Right answers pass, and each usual mistake is called by its name."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from course.part3 import exercises
from src_part2.siegert import siegert_rate
from src_part3 import SparseRLS


def inversion(low, high, n):
    def invert(rates, sigma):
        mu = np.linspace(low, high, n)
        return np.interp(rates, siegert_rate(mu, sigma), mu)

    return invert


def plain_concatenation(w, P, recurrent, shared, condition, label):
    x = np.concatenate([recurrent, shared])
    return w - P @ x * (w @ x - label), P


def rls(one_slot=False, both=False, p_sign=1.0, sign=1.0, one=1.0, in_place=False, without_c=False):
    def update(w, P, recurrent, shared, condition, label):
        x = np.zeros(w.size)
        x[: recurrent.size] = recurrent
        start = recurrent.size + (0 if one_slot else condition * shared.size)
        x[start : start + shared.size] = shared
        if both:
            x[recurrent.size :] = np.tile(shared, 2)
        projected = P @ x
        k = projected / (1 if without_c else one + x @ projected)
        step = sign * k * (w @ x - label)
        if in_place:
            w -= step
        return w if in_place else w - step, P - p_sign * np.outer(k, projected)

    return update


def test_what_the_check_compares_with_is_the_librarys():
    rng = np.random.default_rng(0)
    sparse, state = SparseRLS([[0, 1]], 6, 0.5, n_shared=4), (np.zeros(6), np.eye(6) / 0.5)
    for k in range(9):
        own, shared, target = rng.random(2), rng.random(2), rng.normal()
        state = exercises.rls_update()(*state, own, shared, k % 2, target)
        row = np.zeros(6)
        row[:2], row[2 + 2 * (k % 2) :][:2] = own, shared
        sparse.update(row[None], [[target]])
    np.testing.assert_allclose(np.concatenate(sparse.solve(), axis=1)[0], state[0], rtol=1e-4)


def corrected(power=0.5, spearman_brown=True, multiply=False):
    def correct(even, odd, target):
        r = np.corrcoef((even + odd) / 2, target)[0, 1]
        rho = np.corrcoef(even, odd)[0, 1]
        reliability = (2 * rho / (1 + rho) if spearman_brown else rho) ** power
        return r * reliability if multiply else r / reliability

    return correct


def noise_prior(X, D, y, kappa, ridge):
    rows = D.reshape(-1, D.shape[2]) * np.sqrt(kappa / (len(D) - 1))
    S = X.T @ X + rows.T @ rows + ridge * np.eye(X.shape[1])
    return np.linalg.solve(S, X.T @ y)


def test_the_noise_prior_is_what_its_formula_says():
    rng = np.random.default_rng(1)
    X, D, y = rng.normal(size=(9, 3)), rng.normal(size=(4, 9, 3)), rng.normal(size=9)
    D -= D.mean(axis=0)
    w = noise_prior(X, D, y, 0.3, 0.5)

    def cost(w):
        return ((X @ w - y) ** 2).sum() + 0.3 * (D @ w).var(axis=0, ddof=1).sum() + 0.5 * w @ w

    for step in 1e-3 * np.concatenate([np.eye(3), -np.eye(3)]):
        assert cost(w + step) > cost(w)


# What attendees write for each check, and what it says.
VERDICTS = {
    exercises.check_regime: [
        (-0.22, "✓ the network fires regularly"), (-0.6, "still irregular"),
        (-2.0, "must lie between -0.75 and -0.19, got -2"),
        (None, "… not written yet"), ("−0.22", "my_j_ei must be one number"),
    ],
    exercises.check_balanced_rates: [
        (lambda total, external: -1000 * np.linalg.solve(total, external), "✓ these rates"),
        (lambda total, external: 1000 * np.linalg.solve(total, external), "the sign is wrong"),
        (lambda total, external: -np.linalg.solve(total, external), "spikes per ms"),
        (lambda total, external: -1000 * np.linalg.solve(total.T, external), "transposed"),
        (lambda total, external: -1000 * np.linalg.solve(total, external)[::-1], "swapped"),
        (lambda total, external: [1.0, 2.0], "should be 7.5 and 13.5 Hz, got 1.0 and 2.0"),
        (lambda total, external: None, "is there a return"),
        (lambda total, external: np.linalg.solve(total, [1.0]), "stopped with"),
    ],
    exercises.check_target_input: [
        (inversion(-2, 2, 2001), "✓ every rate"), (inversion(-2, 2, 30), "too coarse"),
        (inversion(0.4, 2, 2001), "must begin further below"),
        (inversion(0.5, 2, 50), "must begin further below"),  # and is coarse
        (inversion(-2, 0.9, 2001), "must reach further up"),
        (lambda rates, sigma: siegert_rate(rates, sigma), "needs a mean input of"),
        (lambda rates, sigma: -rates, "yours falls"),
        (lambda rates, sigma: rates[:3], r"must have shape (60,), got (3,)"),
    ],
    exercises.check_rls_update: [
        (rls(), "✓ the same weights"), (None, "… not written yet"),
        (rls(one_slot=True), "same places of r"), (rls(both=True), "must be zero"),
        (plain_concatenation, "✗ r must have a place for each of the 14 weights"),
        (rls(p_sign=0.0), "P never changed"), (rls(p_sign=-1.0), "P grew"),
        (rls(sign=-1.0), "wrong sign"),
        (rls(one=0.0), "the 1 in c = 1 / (1 + r . k) is missing"),
        (rls(without_c=True), "c = 1 / (1 + r . k) was left out"),
        (rls(in_place=True), "changed its argument w in place"),
        (lambda *arguments: arguments[0], "must return two things"),
    ],
    exercises.check_corrected_correlation: [
        (corrected(), "✓ noise no longer"), (corrected(power=0.0), "plain correlation"),
        (corrected(power=1.0), "square root is missing"),
        (corrected(spearman_brown=False), "half of the trials"),
        (corrected(multiply=True), "do not multiply"),
        (lambda even, odd, target: 1.0, "with the strongest noise"),
        (lambda even, odd, target: "r", "must be one number"),
    ],
    exercises.check_noise_prior: [
        (noise_prior, "✓ the fit is a little worse, and much less noise"),
        (lambda X, D, y, k, r: noise_prior(X, 0 * D, y, k, r), "the noise is left out"),
        (lambda X, D, y, k, r: noise_prior(X, D, y, k, 0.0), "lambda is left out"),
        (lambda X, D, y, k, r: noise_prior(X, 0 * D, y, k, 0.0), "both the noise and lambda"),
        (lambda X, D, y, k, r: noise_prior(X, D, y, k * (len(D) - 1), r), "are not scaled"),
        (lambda X, D, y, k, r: noise_prior(X, D, y, k * (len(D) - 1) / len(D), r), "by n - 1"),
        (lambda X, D, y, k, r: noise_prior(X, D, y, k / len(X), r), "averaged over time"),
        (lambda X, D, y, k, r: noise_prior(X, D, y, k**2, r), "kappa acts twice"),
        (lambda X, D, y, k, r: noise_prior(X, D, y, 1.0, r), "kappa is missing"),
        (lambda X, D, y, k, r: np.linalg.solve(X @ X.T + r * np.eye(len(X)), y), "transposed"),
        (lambda X, D, y, k, r: np.linalg.solve(X.T @ X + D.T @ D, X.T @ y), "✗ S must have a row"),
        (lambda X, D, y, k, r: None, "is there a return"),
        (lambda X, D, y, k, r: np.zeros(X.shape[1]), "the largest difference"),
    ],
}


@pytest.mark.parametrize(("check", "attempt", "line"), [
    (check, *row) for check, rows in VERDICTS.items() for row in rows
])
def test_right_answers_pass_and_each_mistake_is_named(check, attempt, line, capsys):
    check(attempt)
    assert plt.get_fignums()  # the expected plot is drawn in any case
    assert line in capsys.readouterr().out.splitlines()[-1]
