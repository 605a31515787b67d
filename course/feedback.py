"""What the self-checks of all exercises share: run an attempt, say what is wrong, never raise.

A check is a function ``judge(attempt)`` that returns what the attempt gave, or raises `Wrong`
with one sentence about what is wrong, and a function ``draw(result)`` that draws the expected
plot from the library's own kernel and the attempt's result, if there is one, on top.
"""

from __future__ import annotations

import numpy as np


class Wrong(Exception):
    """An attempt that runs but does not give what it should.

    Parameters
    ----------
    sentence : str
        What is wrong, for the attendee.
    result : object, optional
        What the attempt gave, to be drawn beside what was expected.
    """

    def __init__(self, sentence, result=None):
        super().__init__(sentence)
        self.result = result


def check_attempt(attempt, judge, draw, *, praise):
    """Judge an attempt at an exercise, print the verdict and draw the expected plot.

    Parameters
    ----------
    attempt : object
        A function or a value of the attendee; None for a value that is still to be chosen.
    judge : callable
        Gets the attempt and returns its result; raises `Wrong` if it is not right.
    draw : callable
        Gets the result, or None where there is none, and draws the expected plot.
    praise : str
        What to print after the check mark.

    Notes
    -----
    Prints one line and never raises: an exception of the attempt becomes a sentence.
    """
    result = None
    if attempt is None:
        print("… not written yet")
    else:
        try:
            with np.errstate(all="ignore"):
                result = judge(attempt)
        except NotImplementedError as error:
            print(f"… not written yet. Hint: {error}" if str(error) else "… not written yet")
        except Wrong as wrong:
            result = wrong.result
            print(f"✗ {wrong}")
        except Exception as error:
            print(f"✗ your code stopped with {type(error).__name__}: {error}")
        else:
            print(f"✓ {praise}")
    draw(result)


def expect_number(value, name):
    """Return a value as float.

    Parameters
    ----------
    value : object
        What an attempt gave.
    name : str
        How to call it in the sentence.

    Returns
    -------
    float
        The number.

    Raises
    ------
    Wrong
        If it is not a finite real number.
    """
    return float(expect_array(value, (), name))


def expect_array(value, shape, name):
    """Return a value as float64 array of a known shape.

    Parameters
    ----------
    value : object
        What an attempt gave.
    shape : tuple of int
        The shape it must have.
    name : str
        How to call it in the sentence.

    Returns
    -------
    ndarray
        The array.

    Raises
    ------
    Wrong
        If it is None, does not hold real numbers, has another shape, or is not finite.
    """
    if value is None:
        raise Wrong(f"{name} is None: is there a return in your function?")
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise Wrong(f"{name} must be real numbers, got {type(value).__name__}.") from None
    if array.shape != tuple(shape):
        raise Wrong(f"{name} must have shape {tuple(shape)}, got {array.shape}.")
    if not np.isfinite(array).all():
        raise Wrong(f"{name} holds NaN or infinity: was something divided by zero?")
    return array


def expect_unchanged(before, after, names):
    """Check that an attempt left its arguments alone.

    Parameters
    ----------
    before, after : sequence of ndarray
        Arguments before and after the call.
    names : sequence of str
        How to call them.

    Raises
    ------
    Wrong
        If one differs.
    """
    for old, new, name in zip(before, after, names, strict=True):
        if not np.array_equal(old, new):
            raise Wrong(
                f"your function changed its argument {name} in place: work on a copy, so that "
                "the cell can be run twice."
            )
