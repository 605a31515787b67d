"""What the self-checks of all exercises share: run an attempt, say what is wrong, never raise.

A check is a function ``judge(attempt)`` that returns what the attempt gave, or raises `Wrong`
with one sentence about what is wrong, and a function ``draw(result)`` that draws the expected
plot and the attempt's result, if there is one, on top.
"""

from __future__ import annotations

import contextlib
import inspect
import io
import numbers

import matplotlib.pyplot as plt
import numpy as np

from course.stopping import failed_definition
from src_part1.plotting import COLOURS


class Wrong(Exception):
    """An attempt that runs but does not give what it should; ``result`` is drawn all the same."""

    def __init__(self, sentence, result=None):
        super().__init__(sentence)
        self.result = result


def check_attempt(attempt, judge, draw, *, praise):
    """Judge an attempt, which is None for a number still to be chosen, and draw what is expected.

    Prints the verdict, and a few lines of what the attempt printed; an exception of the attempt
    becomes a sentence.
    """
    result, verdict, printed = None, "… not written yet", io.StringIO()
    failed = failed_definition()
    if failed:
        verdict = f"✗ not judged: {failed}"
    elif attempt is not None:
        try:
            with np.errstate(all="ignore"), contextlib.redirect_stdout(printed):
                result = judge(attempt)
        except NotImplementedError as error:
            verdict += f". Hint: {error}" if str(error) else ""
        except Wrong as wrong:
            result, verdict = wrong.result, f"✗ {wrong}"
        except Exception as error:
            verdict = f"✗ your code stopped with {type(error).__name__}: {error}"
        else:
            verdict = f"✓ {praise}"
    lines = printed.getvalue().splitlines()
    for line in lines[:3]:
        print(f"  your code printed: {line}")
    if len(lines) > 3:
        print(f"  ... and {len(lines) - 3} more lines")
    print(verdict)
    draw(result)


def check_step(function, reference, mistakes, *, state, samples, results, draw, praise,
               see=lambda steps: steps[0], tell=None, rtol=1e-6, atol=1e-8, first=None, hint=""):
    """Judge a function that makes one step, and draw what is expected beside what it gives.

    ``reference`` is a right answer, and ``mistakes`` are pairs of a wrong one and the sentence that
    names it. Each is called as ``function(*state, *sample)`` for one sample after the other.
    ``results`` names what it returns, of which the first are the next state. ``see`` makes what is
    compared of the results of all steps, a list for each name; ``draw`` gets the first result at
    all steps, expected and found (or None). A mistake is recognised by its ``first`` steps, before
    it may overflow. ``tell`` says what is wrong if no mistake fits, and ``hint`` what may be if
    NumPy raises a ValueError.
    """
    expected = _follow(reference, state, samples)
    names = list(inspect.signature(reference).parameters)

    def judge(attempt):
        try:
            found = _follow(attempt, state, samples, names, results, expected)
        except ValueError as error:
            if not hint:
                raise
            raise Wrong(f"{hint} (NumPy: {str(error).split(', with gufunc')[0]})") from error
        finite = [all(np.isfinite(x).all() for x in step) for step in zip(*found, strict=True)]
        shown = found if all(finite) else None
        if shown and np.allclose(see(found), see(expected), rtol=rtol, atol=atol):
            return found
        n = min(sum(finite), first or len(samples))
        for mistake, sentence in mistakes if n else ():
            early = _follow(mistake, state, samples[:n])
            if np.allclose(see([steps[:n] for steps in found]), see(early), rtol=1e-6, atol=1e-9):
                raise Wrong(sentence, shown)
        if not n:
            raise Wrong(f"{results[0]}: NaN or infinity. Was something divided by zero?")
        if not shown:
            raise Wrong(f"after {sum(finite)} steps {results[0]}: too large for a computer. "
                        "Something in your step makes it grow and grow.")
        if tell:
            raise Wrong(tell(expected, found), found)
        close = [np.allclose(f, e, rtol=rtol, atol=atol)
                 for f, e in zip(found[0], expected[0], strict=True)]
        k = close.index(False) if not all(close) else len(close) - 1
        worst = np.abs(found[0][k] - expected[0][k]).max()
        raise Wrong(f"{results[0]}: step {k + 1} is the first with a difference, of {worst:.2g}.",
                    found)

    check_attempt(function, judge, praise=praise, draw=lambda found: draw(
        np.array(expected[0]), None if found is None else np.array(found[0])
    ))


def _follow(step, state, samples, names=None, results=None, like=None):
    """Results of all steps, a list for each of them; those of an attempt are checked."""
    steps = []
    with np.errstate(all="ignore"):
        for sample in samples:
            before = *state, *sample
            given = [np.copy(x) if isinstance(x, np.ndarray) else x for x in before]
            found = step(*given)
            if results:
                found = _expected(found, results, [each[0] for each in like])
                expect_unchanged(before, given, names)
            steps.append(found if isinstance(found, tuple) else (found,))
            if results and not all(np.isfinite(x).all() for x in steps[-1]):
                break
            state = steps[-1][: len(state)]
    return [list(each) for each in zip(*steps, strict=True)]


def _expected(found, results, like):
    if len(results) == 1:
        found = (found,)
    elif not isinstance(found, (tuple, list)) or len(found) != len(results):
        raise Wrong(f"the function must return two things: {' and '.join(results)}.")
    else:
        kinds = [(np.shape(x), np.asarray(x).dtype == bool) for x in found]
        wanted = [(x.shape, x.dtype == bool) for x in like]
        if kinds != wanted and kinds == wanted[::-1]:
            raise Wrong(f"the results are swapped: {results[0]} must come first.")
    return tuple(expect_array(x, wanted.shape, name, finite=False)
                 for x, wanted, name in zip(found, like, results, strict=True))


def rls_step(*, sign=1.0, one=1.0, with_c=True, keep=False, late=False, grow=1.0, with_r=False,
             transposed=False):
    """Textbook RLS of one readout w (n,) or several (m, n), right or with usual mistakes."""
    def update(w, P, r, target):
        k = P @ r
        c = 1 / (one + r @ k) if with_c else 1.0
        new_P = P if keep else P - grow * c * np.outer(k, r if with_r else k)
        change = np.multiply.outer(w @ r - target, c * (new_P @ r if late else k))
        return w - sign * (change.T if transposed else change), new_P
    return update


def compare(found, expected, mistakes, sentence, *, rtol=1e-6, atol=1e-8):
    """Return what was found if it is right; `Wrong` with the sentence of the mistake that it is.

    ``mistakes`` are pairs of a wrong value and its sentence; ``sentence`` is for all others.
    """
    if np.allclose(found, expected, rtol=rtol, atol=atol):
        return found
    for wrong, why in mistakes:
        if np.allclose(found, wrong, rtol=rtol, atol=atol):
            raise Wrong(why, found)
    raise Wrong(sentence, found)


def expect_number(value, name):
    """Return a finite real number as float; `Wrong` if it is something else."""
    number = value.item() if hasattr(value, "item") and np.ndim(value) == 0 else value
    if number is not None and (isinstance(number, bool) or not isinstance(number, numbers.Real)):
        raise Wrong(f"{name} must be one number, with a decimal point: 1.5, not 1,5. "
                    f"Got {value!r}.")
    return float(expect_array(number, (), name))


def expect_array(value, shape, name, *, finite=True):
    """Return a float64 array of a known shape; `Wrong` if it is none, or not finite."""
    if value is None:
        raise Wrong(f"{name} is None: is there a return in your function?")
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise Wrong(f"{name} must be real numbers, got {type(value).__name__}.") from None
    if array.shape != tuple(shape):
        raise Wrong(f"{name} must have shape {tuple(shape)}, got {array.shape}.")
    if finite and not np.isfinite(array).all():
        raise Wrong(f"{name} holds NaN or infinity: was something divided by zero?")
    return array


def expect_unchanged(before, after, names):
    """Check that an attempt left its arguments alone."""
    for old, new, name in zip(before, after, names, strict=True):
        if not np.array_equal(old, new):
            raise Wrong(
                f"your function changed its argument {name} in place: work on a copy, so that "
                "the cell can be run twice."
            )


def draw_lines(x, expected, found, *, pick=..., label="expected", **axes):
    """Draw an expected curve in grey and the attempt's, if there is one, dashed; return the axes.

    Each may be several lines, (n, n_lines). What is far outside of the expected range is cut off.
    ``pick`` says which entries of both are drawn.
    """
    _, ax = plt.subplots(figsize=(8, 4))
    expected = expected[pick]
    span = np.ptp(expected) or 1.0
    limits = np.min(expected) - 2 * span, np.max(expected) + 2 * span
    ax.plot(x, expected, color="0.7", lw=5)[0].set_label(label)
    if found is not None:
        lines = ax.plot(x, np.clip(found[pick], *limits), "--", color=COLOURS["vermilion"])
        lines[0].set_label("yours")
    ax.set(**axes)
    return ax


def draw_points(expected, found, *, pick=..., label="library", **axes):
    """Draw expected numbers as circles and the attempt's as crosses; return the axes."""
    _, ax = plt.subplots(figsize=(8, 4))
    expected = np.ravel(expected[pick])
    ax.plot(expected, "o", ms=13, mfc="none", mew=2.5, color="0.5", label=label)
    if found is not None:
        span = np.ptp(expected) or 1.0
        found = np.clip(found[pick], expected.min() - 2 * span, expected.max() + 2 * span)
        ax.plot(np.ravel(found), "x", ms=9, mew=3, color=COLOURS["vermilion"], label="yours")
    ax.set(**axes)
    return ax
