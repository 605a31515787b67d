"""Break each kernel in one place and show that a test notices.

    python -m tools.mutation_check                       # all breaks, about ten minutes
    python -m tools.mutation_check --only "refractory"   # those with this word in their name

The tracked files are copied to a temporary folder. There the tests have to pass first; then one
text after the other is replaced, the tests of that kernel run again, and they have to fail.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_RLS1 = "tests/part1/test_rls.py"
_RATE = "tests/part1/test_simulator.py"
_LIF = "tests/part2/test_simulator.py"
_BALANCED = "tests/part3/test_simulator.py"
_RLS3 = "tests/part3/test_rls.py"
_CONNECTIVITY = "tests/part3/test_connectivity.py"


@dataclass(frozen=True)
class Break:
    """One text of one file, replaced by another; ``tests`` have to fail then."""

    name: str
    path: str
    old: str
    new: str
    tests: str


def _breaks(path, tests, *rows):
    return [Break(name, path, old, new, tests) for name, old, new in rows]


BREAKS = [
    *_breaks(
        "src_part1/simulator.py", _RATE,
        ("rate: sign of the leak", "(drive - rates[i])", "(drive + rates[i])"),
        ("rate: input left out", "currents[i] + external[i]", "currents[i]"),
        ("rate: rectification", "elif drive < 0.0:", "elif drive > 0.0:"),
        ("rate: threads miss a row",
         "_recurrent_rows(weights, rates, b * block, min(n, (b + 1) * block), currents)",
         "_recurrent_rows(weights, rates, b * block, min(n - 1, (b + 1) * block), currents)"),
    ),
    *_breaks(
        "src_part1/force.py", "tests/part1/test_force.py",
        ("FORCE: feedback left out", "total = output * feedback[i]", "total = 0.0 * feedback[i]"),
        ("FORCE: synapse off by one", "range(indptr[i], indptr[i + 1])",
         "range(indptr[i] + 1, indptr[i + 1])"),
    ),
    *_breaks(
        "src_part1/rls.py", _RLS1,
        ("readout RLS: sign", "weights[i] -= scale * error", "weights[i] += scale * error"),
        ("readout RLS: index", "P_row[j] -= root_k_i * (root * k[j])",
         "P_row[j] -= root_k_i * (root * k[i])"),
        ("shared RLS: the correction for the missing autapse",
         "along_P = errors[i] * scale", "along_P = 0.5 * errors[i] * scale"),
        ("shared RLS: autapse", "w_row[i] = 0.0", "w_row[i] *= 1.0"),
        ("shared RLS: forgetting",
         "1.0 / (forgetting + quadratic), forgetting, 0, n",
         "1.0 / (1.0 + quadratic), forgetting, 0, n"),
        ("shared RLS: last row",
         "_gain_rows(P, rates, 0, n, k)", "_gain_rows(P, rates, 0, n - 1, k)"),
    ),
    *_breaks(
        "src_part2/kernels.py", _LIF,
        ("LIF: strict threshold", "if v[i] > v_th:", "if v[i] > v_th + 1e-3:"),
        ("LIF: reset", "v[i] = v_reset", "v[i] -= v_th - v_reset"),
        ("LIF: pre and post", "u[i] += row[i] * per_tau_syn", "u[i] += row[j] * per_tau_syn"),
        ("LIF: filter of the rates", "r[i] *= decay_syn", "r[i] *= decay_syn * decay_syn"),
        ("LIF: noise repeats", "_normals(key, step * n, kicks)", "_normals(key, n, kicks)"),
        ("LIF: spike one step late", "spike_steps[n_recorded] = step",
         "spike_steps[n_recorded] = step + 1"),
    ),
    *_breaks(
        "src_part3/simulator.py", _BALANCED,
        ("balanced: receiver", "lane[k] += (row[k] >> shift) & ones",
         "lane[k] += (row[k] >> shift + ones) & ones"),
        ("balanced: receiver of a list", "counts[receivers[k]] += np.uint8(1)",
         "counts[receivers[k - 1]] += np.uint8(k > 0)"),
        ("balanced: I taken for E", "_deliver_list(targets[j], n_from_exc if j < n_exc",
         "_deliver_list(targets[j], n_from_exc if j <= n_exc"),
        ("balanced: full counter", "_FULL = 255", "_FULL = 256"),
        ("balanced: plastic input", "(((bias[i] + u_new) + u_plastic[i]) - v[i])",
         "(((bias[i] + u_new) - u_plastic[i]) - v[i])"),
        ("balanced: plastic synapse", "u_plastic[out_post[m]] += weights[out_slot[m]] * gain",
         "u_plastic[out_post[m]] += weights[out_slot[m] - 1] * gain"),
        ("balanced: filtered spikes", "r_plastic[i] *= decay_plastic", "r_plastic[i] *= decay"),
        ("balanced: feed-forward spike late", "ff_steps[next_ff] <= t", "ff_steps[next_ff] < t"),
        ("balanced: silenced neuron", "if fired[j] and active[j]:", "if fired[j]:"),
        ("balanced: last neurons", "min(8 * q + 8, n)", "min(8 * q + 7, n)"),
    ),
    *_breaks(
        "src_part3/connectivity.py", _CONNECTIVITY,
        ("connectivity: autapses", "pool[j] = size - 1", "pool[j] = j"),
        ("connectivity: draws not undone", "pool[picks[s]] = picks[s]", "pool[picks[s]] = s"),
        ("connectivity: bit", "np.uint8(1 << (target // width))",
         "np.uint8(1 << (target // (width + 1)))"),
        ("connectivity: slot", "out_post = trained[out_slot // max(pre_index.shape[1], 1)]",
         "out_post = trained[out_slot % trained.size]"),
    ),
    *_breaks(
        "src_part3/rls_kernels.py", _RLS3,
        ("RLS: gain of the shared inputs", "b[t] = one / (forgetting + total)",
         "b[t] = one / (forgetting - total)"),
        ("RLS: D", "(D[i, j] - root_d[i] * root_d[j]) * inverse",
         "(D[i, j] - root_d[i] * root_d[i]) * inverse"),
        ("RLS: residual", "eps = values[t, rows[i]] - product[i, u]",
         "eps = values[t, i] - product[i, u]"),
        ("RLS: earlier times of a chunk", "eps -= factor[i, earlier] * overlap[t, earlier]",
         "eps += factor[i, earlier] * overlap[t, earlier]"),
        ("RLS: overlap", "d[t - t % CHUNK + u, j] * shared[t, j]",
         "d[t - t % CHUNK, j] * shared[t, j]"),
        ("RLS: product of four times", "a21 += g2[c] * x1[c]", "a21 += g2[c] * x2[c]"),
        ("RLS: product of the last times", "total += row[c] * x_u[c]", "total += row[c] * x[0, c]"),
        ("RLS: sum of four times", "(f30 * x0[c] + f31 * x1[c])", "(f30 * x0[c] - f31 * x1[c])"),
        ("RLS: sum of the last times", "row[c] += factor * x_u[c]", "row[c] -= factor * x_u[c]"),
        ("RLS: weight of a time", "factor, of_time = scale[t], residual[t]",
         "factor, of_time = scale[0], residual[t]"),
        ("RLS: what the weights tell already", "y[t, lane] -= x[t, m, lane] * w[m, lane]",
         "y[t, lane] -= x[t, m, lane] * w[0, lane]"),
        ("RLS: sum of eight times", "(a6[lane] * b6[c, lane] + a7[lane] * b7[c, lane])",
         "(a6[lane] * b6[c, lane] + a7[lane] * b6[c, lane])"),
        ("RLS: gradient", "gradient[m, lane] += x[t, m, lane] * y[t, lane]",
         "gradient[m, lane] += x[t, m, lane] * y[0, lane]"),
        ("RLS: forgetting of S", "S[at, lane] *= decay", "S[at, lane] *= 1"),
        ("RLS: factor, last products", "F[row + k, lane] * F[other + k, lane]",
         "F[row + k, lane] * F[row + k, lane]"),
        ("RLS: factor, four products", "a[2, lane] * b[2, lane] + a[3, lane] * b[3, lane]",
         "a[2, lane] * b[2, lane] + a[3, lane] * b[2, lane]"),
        ("RLS: substitution", "F[last + c, lane] -= F[row + c, lane] * solution[r, lane]",
         "F[last + c, lane] += F[row + c, lane] * solution[r, lane]"),
        ("RLS: last block", "min(weights.shape[0], (block + 1) * BLOCK)",
         "min(weights.shape[0] - 1, (block + 1) * BLOCK)"),
        ("RLS: sign of the projection", "factor = sign * weights[i, m]",
         "factor = -sign * weights[i, m]"),
    ),
]


def copy_tree(folder):
    """Copy all tracked files.

    Parameters
    ----------
    folder : path-like
        Where to; it is made.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in filter(None, listed.stdout.split("\0")):
        target = Path(folder) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)


def failing_test(folder, tests):
    """Run tests in a copy.

    Parameters
    ----------
    folder : path-like
        The copy.
    tests : str
        A test file.

    Returns
    -------
    str or None
        Name of the first test that fails; None if all pass.

    Raises
    ------
    RuntimeError
        If pytest could not run the tests.
    """
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", tests],
        cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(folder)},
    )
    if done.returncode == 0:
        return None
    found = re.search(r"^FAILED \S+::(\w+)", done.stdout, re.MULTILINE)
    if done.returncode != 1 or found is None:
        raise RuntimeError(f"pytest could not run {tests}:\n{done.stdout}{done.stderr}")
    return found[1]


def main(argv=None):
    """Check all breaks and print which test notices each.

    Parameters
    ----------
    argv : list of str, optional
        Arguments; those of the process by default.

    Returns
    -------
    int
        0 if a test fails for each break, else 1.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tools.mutation_check", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", default="", help="word in the names of the breaks")
    only = parser.parse_args(argv).only
    chosen = [b for b in BREAKS if only in b.name]
    survived = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        copy_tree(folder)
        for tests in sorted({b.tests for b in chosen}):
            if failing := failing_test(folder, tests):
                raise SystemExit(f"{tests} fails without a break: {failing}")
        for b in chosen:
            path, start = folder / b.path, time.perf_counter()
            text = path.read_text(encoding="utf-8")
            if text.count(b.old) != 1:
                raise SystemExit(f"{b.name}: {b.path} must hold {b.old!r} exactly once.")
            path.write_text(text.replace(b.old, b.new), encoding="utf-8")
            failing = failing_test(folder, b.tests)
            path.write_text(text, encoding="utf-8")
            survived += failing is None
            print(f"| {b.name} | {failing or 'NO TEST FAILS'} | "
                  f"{time.perf_counter() - start:.0f} s |", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} breaks were noticed.")
    return int(survived > 0)


if __name__ == "__main__":
    sys.exit(main())
