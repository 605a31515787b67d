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
_BALANCED = "tests/part3/test_trials.py"
_RLS3 = "tests/part3/test_rls.py"
_NETWORK = "tests/part3/test_network.py"


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
        "src_part1/kernels.py", _RATE,
        ("rate: sign of the leak", "(wanted - rates[i])", "(wanted + rates[i])"),
        ("rate: input left out", "currents[i] + external_input[i]", "currents[i]"),
        ("rate: rectification", "elif wanted < 0.0:", "elif wanted > 0.0:"),
        ("rate: threads miss a row", "_multiply_rows(weights, rates, b * _ROWS, min(n, ",
         "_multiply_rows(weights, rates, b * _ROWS, min(n - 1, "),
    ),
    *_breaks(
        "src_part1/kernels.py", _RLS1,
        ("readout RLS: sign", "weights[i] -= c * error", "weights[i] += c * error"),
        ("readout RLS: index", "P_row[j] -= root_k_i * (root * k[j])",
         "P_row[j] -= root_k_i * (root * k[i])"),
        ("all-to-all RLS: the correction for the missing autapse", "along_P = errors[i] * c",
         "along_P = 0.5 * errors[i] * c"),
        ("all-to-all RLS: autapse", "w_row[i] = 0.0", "w_row[i] *= 1.0"),
        ("all-to-all RLS: last row", "_multiply_rows(P, rates, 0, n, k)",
         "_multiply_rows(P, rates, 0, n - 1, k)"),
    ),
    *_breaks(
        "src_part1/rls.py", _RLS1,
        ("low-rank RLS: P", "P -= B.T @ B", "P -= 0.5 * B.T @ B"),
        ("low-rank RLS: V P", "VP -= VB @ B", "VP -= 0.5 * VB @ B"),
        ("low-rank RLS: gain", "@ inverse_L.T) @ B", "@ inverse_L) @ B"),
        ("low-rank RLS: the correction for the missing autapse", "weights += along_P[:, None] * VP",
         "weights += 0.5 * along_P[:, None] * VP"),
        ("low-rank RLS: projection with autapses", "_row_products(D, V), _row",
         "0.0 * _row_products(D, V), _row"),
    ),
    *_breaks(
        "src_part1/training.py", "tests/part1/test_training.py",
        ("rate, side by side: sign of the leak", "+ inputs) - rates)", "+ inputs) + rates)"),
    ),
    *_breaks(
        "src_part1/training_loop.py", "tests/part1/test_training.py",
        ("averaged weights", "(weights - averaged) / n_averaged", "(weights - averaged) / 2"),
    ),
    *_breaks(
        "src_part1/force.py", "tests/part1/test_force.py",
        ("FORCE: feedback left out", "total = output * weights.feedback[i]",
         "total = 0.0 * weights.feedback[i]"),
        ("FORCE: synapse off by one", "range(weights.indptr[i], weights.indptr[i + 1])",
         "range(weights.indptr[i] + 1, weights.indptr[i + 1])"),
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
        "src_part3/kernels.py", _BALANCED,
        ("balanced: receiver", "lane[k] += (row[k] >> shift) & ones",
         "lane[k] += (row[k] >> shift + ones) & ones"),
        ("balanced: receiver of a list", "counts[receivers[k]] += np.uint8(1)",
         "counts[receivers[k - 1]] += np.uint8(k > 0)"),
        ("balanced: I taken for E", "scratch.from_exc if j < n_exc else scratch.from_inh)",
         "scratch.from_exc if j <= n_exc else scratch.from_inh)"),
        ("balanced: full counter", "_FULL = 255", "_FULL = 256"),
        ("balanced: decay after a full counter", "decay = constants.one",
         "decay = constants.decay_syn"),
        ("balanced: plastic input", "(((external[i] + u_new) + u_plastic[i]) - v[i])",
         "(((external[i] + u_new) - u_plastic[i]) - v[i])"),
        ("balanced: plastic synapse", "plastic.weights[m] * jump",
         "plastic.weights[m - 1] * jump"),
        ("balanced: filtered spikes", "state.r_plastic[i] *= decay",
         "state.r_plastic[i] *= decay * decay"),
        ("balanced: feed-forward spike late", "outside.spike_steps[next_spike] <= step",
         "outside.spike_steps[next_spike] < step"),
        ("balanced: silenced neuron", "scratch.fired[j] & active[j]", "scratch.fired[j]"),
        ("balanced: passed over", "some |= scratch.fired_words[q]",
         "some = scratch.fired_words[q]"),
        ("balanced: last neurons", "min(8 * q + 8, n)", "min(8 * q + 7, n)"),
        ("balanced: input of the bin before", "outside.bin_input[b, i]",
         "outside.bin_input[max(b - 1, 0), i]"),
        ("balanced: cue left out in bins", "outside.bin_input[b, i]) + outside.cue[i]",
         "outside.bin_input[b, i]) + 0.0 * outside.cue[i]"),
        ("balanced: sums of all bins", "recording.sum_plastic[:] = 0",
         "recording.sum_plastic[0] = 0"),
        ("balanced: end of a bin", "if (step + 1) % recording.bin_steps == 0:",
         "if step % recording.bin_steps == 0:"),
    ),
    *_breaks(
        "src_part3/trials.py", _BALANCED,
        ("balanced: weights in another order", "reshape(-1)[plastic.out_slot]", "reshape(-1)"),
    ),
    *_breaks(
        "src_part3/network.py", _NETWORK,
        ("network: autapses", "pool[j] = size - 1", "pool[j] = j"),
        ("network: draws not undone", "pool[picks[s]] = picks[s]", "pool[picks[s]] = s"),
        ("network: bit", "np.uint8(1 << (target // width))",
         "np.uint8(1 << (target // (width + 1)))"),
        ("network: slot", "out_post = trained[out_slot // max(pre_index.shape[1], 1)]",
         "out_post = trained[out_slot % trained.size]"),
    ),
    *_breaks(
        "src_part3/transfer.py", "tests/part3/test_transfer.py",
        ("transfer: noise left out", "p.tau_plastic, rng) * noise", "p.tau_plastic, rng) * 0.0"),
        ("transfer: E taken for I", "int(j >= p.n_exc)", "int(j < p.n_exc)"),
        ("transfer: added input left out", "x = mean_input + added",
         "x = mean_input + 0.0 * added"),
        ("transfer: fluctuation left out", "[z * power for power", "[0.0 * z * power for power"),
        ("transfer: beyond the range", "curve, grid) + beyond", "curve, grid) - beyond"),
        ("transfer: noise forgets too quickly", "row += decay * before",
         "row += decay**2 * before"),
        ("transfer: neuron taken twice", "free[matched[neuron]] = np.inf",
         "free[matched[neuron]] += 0.0"),
        ("transfer: noise of the original", "np.sqrt(1.3 * p.tau_syn)", "np.sqrt(p.tau_syn)"),
    ),
    *_breaks(
        "src_part3/rls.py", _RLS3,
        ("sparse RLS: forgetting of S", "self.S *= forgetting", "self.S *= 1.0"),
        ("sparse RLS: forgetting of b", "self.b *= forgetting", "self.b *= 1.0"),
        ("sparse RLS: prior", "S_i[r, r] += ridge", "S_i[r, 0] += ridge"),
        ("sparse RLS: prior of shared sources", "+ ridge * np.eye(", "+ ridge * ridge * np.eye("),
        ("sparse RLS: partialling out", "S_i -= K[own]", "S_i += K[own]"),
        ("sparse RLS: partialling out of targets", "self.b[:n] - S_os @ shared", "self.b[:n]"),
        ("sparse RLS: what own sources do already", "shared_weights[i] -= weights[i]",
         "shared_weights[i] += weights[i]"),
        ("sparse RLS: targets of another neuron", "b[own[r], i]", "b[own[r], 0]"),
        ("sparse RLS: sources of another neuron", "S[own[r], own[c]]", "S[own[r], index[0, c]]"),
        ("sparse RLS: substitution forwards", "w[r] -= L[r, c] * w[c]", "w[r] -= L[c, r] * w[c]"),
        ("sparse RLS: substitution backwards", "w[c] -= L[r, c] * w[r]", "w[c] -= L[c, r] * w[r]"),
        ("sparse RLS: failure hidden", "np.full_like(A, np.nan)",
         "np.eye(len(A), dtype=A.dtype)"),
    ),
    *_breaks(
        "benchmarks/original.py", "tests/part3/test_original.py",
        ("original: gain", "c = 1 / (1 + a + eps_i @ k)", "c = 1 / (1 + eps_i @ k)"),
        ("original: Q", "Q[i] -= c * np.outer(k, k)", "Q[i] -= 0.5 * c * np.outer(k, k)"),
        ("original: what own inputs do already", "(w[i] @ eps_i) / (1 + a) - c * error",
         "-c * error"),
        ("original: G", "np.outer(eps / (1 + a), d)", "np.outer(eps, d)"),
        ("original: D", "np.outer(d / (1 + a), d)", "np.outer(d, d)"),
        ("original: weights of the other condition", "rls.v = feedforward[weight_set]",
         "rls.v = feedforward[0]"),
    ),
    *_breaks(
        "src_part3/training.py", "tests/part3/test_training.py",
        ("training: sign of the controller", "self.wanted += np.array(errors)",
         "self.wanted -= np.array(errors)"),
        ("training: no build-up before the cue", "before = -np.expm1", "before = -0.0 * np.expm1"),
        ("training: teacher without noise", "task.plastic_noise * noise", "0.0 * noise"),
        ("training: conditions do not count alike", "variance.mean() / variance",
         "variance / variance"),
        ("training: noise is no prior", "share * p.noise_weight * weight", "share * 0.0 * weight"),
        ("training: own output left out in the closed loop", "[self._output(mean[self._after]) +",
         "[0.0 * self._output(mean[self._after]) +"),
        ("training: memory", "share = 1 / p.memory", "share = 1.0"),
        ("training: rows before the cue", "[np.sqrt(0.5) * before]", "[before]"),
        ("training: clock of the other condition", "clock[:, first : first + n_inputs]",
         "clock[:, :n_inputs]"),
        ("training: weights of the other condition's clock", "clock[s * network.n_inputs :]",
         "clock[0 * s :]"),
        ("training: runaway rates pass", "if not rate <= p.max_rate:", "if rate < 0:"),
    ),
    *_breaks(
        "src_part3/evaluation.py", "tests/part3/test_evaluation.py",
        ("evaluation: noise stays in R2", "plain + noise_share", "plain"),
        ("evaluation: noise of a single trial", "/ (n_trials - 1)).clip(0)", ").clip(0)"),
        ("evaluation: signal power", "power = (n_trials * mean.var(axis=2) - within)",
         "power = (n_trials * mean.var(axis=2) - 0.0 * within)"),
        ("evaluation: one ratio for all groups", "/ recorded[g].mean()", "/ recorded.mean()"),
        ("evaluation: slope the other way", "/ (recorded**2).sum(", "/ (simulated**2).sum("),
        ("evaluation: best side", "float(self.side_decoded.mean())",
         "float(self.side_decoded.max())"),
        ("evaluation: R2 of PSTHs the other way", "r2(trained_rates, task.recorded_rates)",
         "r2(task.recorded_rates, trained_rates)"),
    ),
    *_breaks(
        "src_part3/balance.py", "tests/part3/test_balance.py",
        ("balance: the border of excitation", "abs(p.j_ee * p.j_ii) + 1e-12", "0.0"),
    ),
    *_breaks(
        "src_part3/perturbations.py", "tests/part3/test_perturbations.py",
        ("lesions: other random numbers", "own = np.random.default_rng(seed)",
         "own = np.random.default_rng([seed, len(evaluations)])"),
        ("lesions: couplings stay", "weight_scale=lesion.coupling_scale *", "weight_scale=1.0 *"),
    ),
    *_breaks(
        "src_part3/perturbations.py", "tests/part3/test_perturbations.py",
        ("distractors: own cue", "task.cues[(condition + 1) % task.n_conditions]",
         "task.cues[condition]"),
        ("distractors: strength left out", "= strength * other", "= other"),
        ("distractors: ends before the cue", "total_input[task.first_bin :][-last:]",
         "total_input[-last:]"),
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
