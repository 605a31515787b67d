# %% [markdown]
# # Part 1 · A rate network in which every unit follows its own recording
#
# *Training recurrent networks to reproduce recorded neural activity, Part 1 of 3*

# %% [markdown] tags=["badges"]
# (badges)

# %% [markdown] tags=["slide"]
# # Recurrent networks that reproduce recorded neurons
#
# Session A · a rate network, and a network that spikes

# %% [markdown]
# **The question.** A mouse feels a flash of light, or nothing. It waits two seconds, then licks right or left.
# *Can one network produce what each recorded neuron of its motor cortex did meanwhile, by itself, after a brief cue?*

# %% tags=["setup"]
# (setup)

# %%
import time
import warnings
from dataclasses import replace

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np
from tqdm.auto import tqdm

import src_part1 as part1
from course import part1 as course
from src_part1 import plotting

plotting.use_course_style()
course.stop_quietly()
warnings.filterwarnings("ignore", ".*stand-in")  # a printed line says which recordings these are
started = time.perf_counter()


def elapsed():
    print(f"{time.perf_counter() - started:.0f} s since the first cell")


# %% [markdown]
# **Resume here.** If your kernel has died, run the cells up to here and go on with any section.

# %% tags=["resume"]
recordings = part1.load_recordings("auto")
print(recordings.provenance)

# %% [markdown] tags=["slide", "plot"]
# ## What the mouse does, and one question
#
# > Can one network produce what each recorded neuron did?

# %% alt="The task of the mice: if light activates neurons of the somatosensory cortex the mouse should lick right, without light left. A delay, in which the decision is held, separates stimulus and go cue; the recorded rates are those of the 2000 ms before the go cue."
course.draw_mouse_task(recordings)

# %% [markdown]
# - **New to this?** Go from Section 1 to 7, and leave out what is marked *bonus*.
# - **You know FORCE?** Begin with Section 6, then 7.
# - **You have data?** Run Section 7, then put your file's name in place of `"auto"`.
#
# **What you will learn**: why random networks are chaotic, and how *recursive least squares* (RLS) teaches each unit its own
# target. **What you need**: NumPy, linear regression, a first idea of differential equations.
#
# | section | minutes |
# | --- | --- |
# | opening and close | 8 |
# | 1 · Chaos in a random network | 8 + 5 |
# | 2 · Original FORCE | 6 + 2 |
# | 3 · Why train every unit? | 2 |
# | 4 · Recursive least squares | 9 + 5 |
# | 5 · Every unit follows its own sine | 3 + 2 |
# | 6 · One $P$ for all units | 2 + 11 |
# | 7 · The recorded population | 8 + 8 |
# | 8 · A distractor in the delay | bonus 5 |
#
# After a plus: *bonus*. The site's sheets list all symbols.

# %% [markdown]
# ## 1 · Chaos in a random network
#
# *Question: what does an untrained network do?*
#
# The rate $r_i$ of each of $N$ units relaxes within a time $\tau$ towards a function $\phi$ of its summed input:
#
# $$\tau\,\frac{dr_i}{dt} = -r_i + \phi\Big(\sum_j W_{ij}\, r_j + I_i\Big),
# \qquad W_{ij} \sim \mathcal N\big(0,\; g^2/N\big),\quad W_{ii} = 0 .$$
#
# $W_{ij}$ (`weights[i, j]`) is the connection from $j$ to $i$, $I_i$ an external input, and the *gain* $g$ sets the size of the weights.
# We run the same network twice, from almost the same start.

# %% [markdown] tags=["slide"]
# ## Chaos in a random network
#
# $$\tau\,\frac{dr_i}{dt} = -r_i + \tanh\Big(\sum_j W_{ij}\, r_j\Big),\qquad W_{ij} \sim \mathcal N\big(0,\; g^2/N\big)$$
#
# Each unit sums the rates of all others. The gain $g$ says how strong the weights are.
#
# We run the same network twice. The second start is moved by one part in ten thousand.

# %% [markdown] tags=["think"]
# **Think, then look.** At which of the gains 0.5, 1 and 1.5 will the two runs part?
#
# <details><summary>A. At all three</summary>
# No. With gains of 0.5 and 1 both runs fade to zero, and so does their difference.
# </details>
# <details><summary>B. At 1 and 1.5</summary>
# Not at 1: there activity fades slowly, without growing differences.
# </details>
# <details><summary>C. Only at 1.5</summary>
# Right. The difference of one part in ten thousand grows exponentially. For more than a second the runs look alike, and then they have
# nothing in common.
# </details>

# %% tags=["parameters"]
gains = (0.5, 1.0, 1.5)
chaos_units = course.sized(400, fast=100)
chaos_duration = course.sized(2000.0, fast=400.0)  # ms
chaos_seed = 0

# %% [markdown] tags=["slide", "plot"]
# ## In a large network: silence below a gain of one, chaos above

# %% alt="Three panels. At gain 0.5 all rates decay to zero in 50 ms; at 1 they fade slowly; at 1.5 they fluctuate for ever, and a second run from almost the same start departs from the first after about 1200 ms."
runs = {}
for g in course.numbers("gains", gains, at_least=0):
    rng = np.random.default_rng(chaos_seed)
    network_parameters = part1.RateNetworkParameters(
        n_units=chaos_units, tau=10.0, gain=g, transfer="tanh", dt=0.5
    )
    weights = part1.random_weights(network_parameters, rng)
    start = rng.uniform(-0.5, 0.5, chaos_units)
    nudged = start + 1e-4 * rng.standard_normal(chaos_units)
    runs[g] = [
        part1.simulate(
            weights, network_parameters, chaos_duration, initial_rates=r0, record_every=2.0
        )
        for r0 in (start, nudged)
    ]

fig, axes = plt.subplots(1, max(1, len(runs)), figsize=(13, 4), sharey=True, squeeze=False)
axes = axes[0]
for ax, (g, (first, second)) in zip(axes, runs.items()):
    plotting.plot_traces(first.time, first.rates[:4], spacing=1.5, ax=ax, colour="black")
    plotting.plot_traces(
        second.time, second.rates[:4], spacing=1.5, ax=ax,
        colour=plotting.COLOURS["orange"], linestyle="--",
    )
    ax.set_title(f"g = {g}")
fig.legend(
    axes[0].lines[::max(1, min(4, chaos_units))], ("first run", "start moved by 1e-4"),
    loc="outside lower center", ncols=2,
)
fig.suptitle("The same four units of a random network, run twice");

# %% [markdown]
# **What to notice.** For $g < 1$ activity dies; for $g > 1$ a large network never settles (Sompolinsky et al. 1988), and small
# differences grow exponentially. Such activity is rich, but it cannot be repeated unless something keeps the network on one path.
#
# **What to try.** `gains = (0.9, 1.1, 3.0)`; `chaos_units = 50`, with which you may get a limit cycle.
#
# ### Interactive demo
#
# The eigenvalues of $W$ fill a disc of radius $g$. Beyond the dashed line at 1 the recurrent input exceeds the
# leak, and small activity grows.

# %% [markdown] tags=["slide", "plot"]
# ## The eigenvalues decide
#
# They fill a disc of radius $g$. Directions to the right of the dashed line grow.

# %% tags=["demo"] alt="Left: six rates of a random network over one second at gain 1.5, irregular. Right: the eigenvalues of its weights, a disc of radius 1.5 that reaches beyond the dashed line at 1."
course.sliders(
    course.demo_gain,
    gain=widgets.FloatSlider(1.5, min=0.1, max=3.0, step=0.1, continuous_update=False),
    n_units=widgets.IntSlider(300, 10, 600, 10, continuous_update=False),
    seed=widgets.fixed(0),
)
elapsed()

# %% [markdown] tags=["slide"]
# ## Exercise 1: the critical gain
#
# > What is the smallest gain, to one decimal place, at which activity persists?
#
# Three minutes, with the slider or with the eigenvalues.

# %% [markdown]
# ### Exercise 1 (★☆☆): the critical gain
#
# What is the smallest gain, to one decimal place, at which the activity of a large network persists? Use the
# slider, or argue from the eigenvalues.
#
# <details><summary>Hint</summary>
# Look at the eigenvalue that lies farthest to the right.
# </details>

# %% tags=["exercise"]
# BEGIN SOLUTION
my_gain = 1.0
# STUB: my_gain = None  # your number
# END SOLUTION

# %% alt="Size of the rates over one second for gains 0.5 and 1.5 on a logarithmic axis: it falls to nothing at 0.5 and stays at 1.5; the curve of the chosen gain is drawn on top."
course.check_gain(my_gain)

# %% [markdown] tags=["solution"]
# **Solution.** 1.0: small activity obeys $\tau \dot r = (W - 1)\, r$, and in the limit of many units the
# rightmost eigenvalue of $W$ has the real part $g$. In a finite network the outermost eigenvalues scatter
# around the circle: with some draws of the weights activity lasts at 1.0, with others only from 1.1 upwards.
# Both answers count as right.

# %% [markdown]
# ### Exercise 2 (★★☆): the network in one line · bonus
#
# Write one Euler step of the equation above, with $\phi = \tanh$ and no input.
#
# <details><summary>Hint</summary>
# Solve the equation for dr/dt; the new rates are the old ones plus dt times that. <code>weights @
# rates</code> sums over j.
# </details>

# %% tags=["exercise"]
def my_rate_step(rates, weights, tau, dt):
    # BEGIN SOLUTION
    return rates + dt / tau * (-rates + np.tanh(weights @ rates))
    # STUB: raise NotImplementedError("rates + dt / tau * (leak and recurrent input)")
    # END SOLUTION


# %% alt="Rates of three units over 200 ms: the library's as thick grey lines, those of the function dashed on top."
course.check_rate_step(my_rate_step)

# %% [markdown]
# ## 2 · Original FORCE: one readout, fed back
#
# *Question: can a chaotic network be made to produce a signal of our choice?*
#
# Sussillo & Abbott (2009) add a readout $z$ and feed it back into every unit:
#
# $$\tau \frac{dx}{dt} = -x + J \tanh(x) + w_{\rm fb}\, z, \qquad z = w_{\rm out}\cdot \tanh(x).$$
#
# Only the readout weights $w_{\rm out}$ learn, so fast, every 2 ms, that $z$ is close to its target $f$ almost from the start. So the network
# *receives* nearly the right feedback while the weights settle. Then they are frozen, and the network runs alone.

# %% [markdown] tags=["slide"]
# ## FORCE: one readout, fed back
#
# $$\tau \frac{dx}{dt} = -x + J \tanh(x) + w_{\rm fb}\, z, \qquad z = w_{\rm out}\cdot \tanh(x)$$
#
# - Only $w_{\rm out}$ learns.
# - It is corrected so often that $z$ is close to the target almost from the start.
# - Therefore the network *receives* nearly the right feedback while it learns.

# %% tags=["parameters"]
force_units = course.sized(1000, fast=150)
force_gain = 1.5
force_learn_every = 2.0  # ms
force_seed = 1
period = 1200.0  # ms
periods_of_training = course.sized(10, fast=2)

# %% [markdown] tags=["slide", "plot"]
# ## A loop through the readout

# %% alt="Schematic of FORCE: a network of 1000 units with fixed weights J drives the readout z through weights that learn. The output z goes back into the network through fixed feedback weights and is compared with the target f; the error goes to RLS, which corrects the readout weights every 2 ms."
force_parameters = part1.ForceParameters(
    n_units=force_units, tau=10.0, gain=force_gain, learn_every=force_learn_every
)
course.numbers("period", period, above=0)
course.numbers("periods_of_training", periods_of_training, at_least=1)
steps = np.arange(1, round((periods_of_training + 5) * period / force_parameters.dt) + 1)
sines = part1.sum_of_sines(steps * force_parameters.dt, period=period)
n_training = round(periods_of_training * period / force_parameters.dt)

untrained = part1.force_network(force_parameters, np.random.default_rng(force_seed))
before = part1.run_force(untrained, 2 * period)
course.draw_force_loop(force_parameters)

# %% [markdown] tags=["think"]
# **Think, then look.** The readout starts at zero. After how many periods of learning will it lie on the target?
#
# <details><summary>A. After about ten</summary>
# No. That is how long the weights take to come to rest; the output is right long before.
# </details>
# <details><summary>B. After one: it has to see the whole target first</summary>
# No. It is corrected at each moment, and need not know what comes next.
# </details>
# <details><summary>C. After much less than one</summary>
# Right. A few updates, 2 ms apart, are enough. What falls from period to period is how much the weights still have to change to keep the
# output there.
# </details>

# %% [markdown]
# You may stop the training (■): what was learned so far is kept.

# %% [markdown] tags=["slide", "plot"]
# ## The output is right at once; the weights take time to come to rest

# %% alt="Left: in the last two periods of learning the output lies on the sum of four sines. Right: the change of the readout weights at each update, on a logarithmic axis, falls from period to period."
learning = None  # stays so if the training fails
target = sines[:n_training]
with course.WatchForce(target, dt=force_parameters.dt, window=2 * period) as watch:
    learning = part1.train_force(before.network, target, after_update=watch)

# %%
alone = part1.run_force(learning.network, 5 * period)
n_learned = learning.output.size
error = part1.normalised_error(alone.output, sines[n_learned : n_learned + alone.output.size])
print(f"normalised error of the free run over 5 periods: {error:.3f} (0 perfect, 1 useless)")

# %% [markdown] tags=["slide", "plot"]
# ## With frozen weights the network goes on alone

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Three stretches of the readout: zero before learning; on top of the sum of four sines while it learns; still on the target when the weights are frozen. Below them the rates of three units, irregular before learning and periodic after."
fig, axes = plt.subplots(2, 3, figsize=(13, 6), sharex="col", sharey="row")
shown = round(2 * period / force_parameters.dt)
stages = (
    ("before learning", before, None, slice(0, shown)),
    ("first two periods of learning", learning, sines[:n_learned], slice(0, shown)),
    ("weights frozen, periods 4 and 5", alone, sines[n_learned : n_learned + alone.output.size],
     slice(-shown, None)),
)
for column, (title, run, target, window) in zip(axes.T, stages):
    if target is not None:
        column[0].plot(run.time[window], target[window], "k", lw=3.5, label="target")
    column[0].plot(run.time[window], run.output[window], color=plotting.OUTPUT, label="readout z")
    column[0].set_title(title)
    plotting.plot_traces(run.time[window], run.rates[:3, window], spacing=2.2, ax=column[1])
axes[0, 0].set_ylabel("output")
fig.legend(*axes[0, 1].get_legend_handles_labels(), loc="outside lower center", ncols=2)
fig.suptitle("The readout (top) and the rates of three units (bottom)")
elapsed()

# %% [markdown]
# **What to notice.** The readout reaches the target within a few updates, long before the network can run
# alone. After learning, the units that were chaotic are periodic: the feedback has suppressed the chaos.
#
# **What to try.** `part1.square_wave` or `part1.noisy_sine` as a target; `force_gain = 0.8`: activity dies before learning
# begins, and a silent network cannot learn.
#
# ### A chaotic target · bonus
#
# A chaotic target is a harder test. The Lorenz system cannot be predicted for long, so even a good
# network will leave the target's path. But it should stay on the same *attractor*, with the same two lobes
# and the same rhythm.

# %% tags=["parameters"]
lorenz_units = course.sized(500, fast=150)
lorenz_training = course.sized(12_000.0, fast=1000.0)  # ms
lorenz_test = course.sized(8_000.0, fast=800.0)  # ms
lorenz_seed = 1

# %%
dt = force_parameters.dt
steps = np.arange(1, round((lorenz_training + lorenz_test) / dt) + 1)
lorenz = part1.lorenz(steps * dt, time_unit=400.0)
n_training = round(lorenz_training / dt)
lorenz_network = part1.force_network(
    replace(force_parameters, n_units=lorenz_units), np.random.default_rng(lorenz_seed)
)
lorenz_learning = part1.train_force(lorenz_network, lorenz[:n_training])

# %% alt="Left: target and free-running readout, together for about the first second and then switching lobes at different times. Right: both drawn against their own past form the two lobes of the Lorenz attractor."
n_learned = lorenz_learning.output.size
lorenz_alone = part1.run_force(lorenz_learning.network, lorenz_test)

fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4.2), width_ratios=[2, 1])
after = lorenz[n_learned : n_learned + lorenz_alone.output.size]
left.plot(lorenz_alone.time, after, "k", lw=3, label="Lorenz system")
left.plot(lorenz_alone.time, lorenz_alone.output, color=plotting.OUTPUT, label="network, alone")
left.set(xlabel="time since the weights were frozen (ms)", ylabel="x / 10",
         title="after the weights were frozen")
fig.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=2)
lag = round(60 / dt)
for signal, colour, width in ((lorenz[:n_training], "0.75", 1.0),
                              (lorenz_alone.output, plotting.OUTPUT, 1.5)):
    right.plot(signal[:-lag], signal[lag:], color=colour, lw=width)
right.set(xlabel="z(t)", ylabel="z(t + 60 ms)", title="each against its own past")
elapsed()

# %% [markdown]
# ## 3 · Why train every unit?
#
# FORCE prescribes one readout. With recordings each unit has a **recorded** neuron to follow, and there is no readout. So we train each
# unit's own recurrent input (`currents`) on a target $f_i$:
#
# $$u_i(t) = \sum_{j} W_{ij}\, r_j(t) \;\longrightarrow\; f_i(t)\qquad\text{for every unit } i .$$
#
# These are $N$ regressions with the same regressors $r(t)$. One batch fit solves them as long as the network is held on its targets. When it
# *drives itself*, errors come back as inputs; if they grow, the trial fails. Learning *while the network runs* meets these
# errors and helps to make the closed loop stable (Section 7).

# %% [markdown] tags=["slide"]
# ## Now every unit has a target
#
# $$u_i(t) = \sum_{j} W_{ij}\, r_j(t) \;\longrightarrow\; f_i(t)\qquad\text{for every unit } i$$
#
# - $N$ regressions at once, all with the same regressors $r(t)$.
# - A batch fit is possible, but it never meets the errors that it causes.
# - Learning while the network runs helps to make the *closed loop* stable.

# %% [markdown] tags=["slide"]
# ## Ridge regression, one sample at a time
#
# $$\sum_{s \le t} \big(w \cdot r_s - f_s\big)^2 + \lambda\, |w - w_0|^2 \;\longrightarrow\; \min$$
#
# With every sample:
#
# $$k = P\, r,\qquad c = \frac{1}{1 + r \cdot k},\qquad e = w \cdot r - f$$
#
# $$P \leftarrow P - c\, k k^\top,\qquad w \leftarrow w - c\, e\, k$$

# %% [markdown] tags=["slide"]
# ## Exercise 3: write it yourself
#
# > Turn the last line of the last slide into code: the new $w$ and the new $P$.
#
# Five minutes, in pairs. The check says what is wrong.

# %% [markdown]
# ## 4 · Recursive least squares
#
# *Question: how do we update a regression when one more sample arrives?*
#
# For one unit with weights $w$, after samples $1 \dots t$ we want the minimum of
#
# $$\sum_{s \le t} \big(w \cdot r_s - f_s\big)^2 + \lambda\, |w - w_0|^2 .$$
#
# This is ridge regression with the prior $\lambda$ (`ridge`) and the matrix $P_t = \big(\sum_{s\le t} r_s r_s^\top + \lambda I\big)^{-1}$, which
# begins as $P_0 = I/\lambda$. Each sample adds one outer product inside the inverse:
#
# $$k = P\, r,\qquad c = \frac{1}{1 + r \cdot k},\qquad
# P \leftarrow P - c\, k k^\top,\qquad w \leftarrow w - c\, e\, k,\qquad e = w \cdot r - f .$$
#
# <details><summary>Where does the formula for P come from?</summary>
# Sherman and Morrison, in two lines: (A + r r')(P - c k k') with A = P<sup>-1</sup> and k = P r is
# 1 + r k' - c r k' - c (r&middot;k) r k' = 1 + r k' (1 - c (1 + r&middot;k)).
# This is the unit matrix if c = 1 / (1 + r&middot;k).
# </details>
#
# <details><summary>Where does the formula for w come from?</summary>
# The minimum obeys P<sub>t</sub><sup>-1</sup> w<sub>t</sub> = Σ r f + λ w<sub>0</sub>. One more sample adds r f on
# the right: P<sub>t</sub><sup>-1</sup> w<sub>t</sub> = P<sub>t-1</sub><sup>-1</sup> w<sub>t-1</sub> + r f. With
# P<sub>t-1</sub><sup>-1</sup> = P<sub>t</sub><sup>-1</sup> - r r' this becomes
# w<sub>t</sub> = w<sub>t-1</sub> - P<sub>t</sub> r e, where e is the error of the old weights, and
# P<sub>t</sub> r = c k.
# </details>
#
# ### Exercise 3 (★★☆): write it yourself
#
# The function gets $w$, $P$, the rates $r$ and the target $f$ of one sample. Return the new $w$ and the new $P$.
#
# <details><summary>Hint</summary>
# <code>np.outer(k, k)</code> is the matrix k k'. Compute the error with the old weights. Return new
# arrays: <code>P -= ...</code> would change the caller's P.
# </details>

# %% tags=["exercise"]
def my_rls_update(w, P, r, target):
    k = P @ r
    c = 1 / (1 + r @ k)
    # BEGIN SOLUTION
    error = w @ r - target
    return w - c * error * k, P - c * np.outer(k, k)
    # STUB: raise NotImplementedError("the error first; return the new (w, P)")
    # END SOLUTION


# %% alt="Twelve weights after 60 samples: circles for the ridge solution, dots inside them for the library, crosses for the function."
course.check_rls_update(my_rls_update)

# %% [markdown]
# For given regressors RLS *is* ridge regression, one sample at a time. In a running network the rates depend on past weights: there it is
# ridge regression on the rates that these produced.
#
# ### RLS in two dimensions
#
# The ellipse of $P$ holds the weights that the samples so far leave open. The step goes along $P r$: far where the ellipse is long.

# %% [markdown] tags=["slide", "plot"]
# ## P says in which directions there is something left to learn

# %% tags=["demo"] alt="Two panels, for a weak and a stronger prior. In each the ellipse of P before and after the second sample, the line of weights that fit this sample, and the step from the old weights, along P r, to this line or towards it. The true weights are a star."
course.sliders(
    course.demo_rls_ellipse,
    n_samples=widgets.IntSlider(2, 0, 12, continuous_update=False),
    noise=widgets.FloatSlider(0.1, min=0.0, max=1.0, step=0.1, continuous_update=False),
    ridges=widgets.fixed((0.1, 1.0)),
    seed=widgets.fixed(2),
)

# %% [markdown]
# ### Which λ? · bonus
#
# A toy problem with 30 regressors, for three values of $\lambda$. (`course.textbook_rls_update` is the solution of the exercise.)

# %% [markdown] tags=["think"]
# **Think, then look.** With which $\lambda$ does the error reach the noise first? And what does the largest eigenvalue of $P$ do meanwhile?
#
# <details><summary>Answer</summary>
# With the smallest, 0.1; with 100 the error hardly falls in 120 samples. The largest eigenvalue of P stays at 1/&lambda;
# for the first 30 samples, because until then there is a direction that no sample has shown. Then it falls.
# </details>

# %% tags=["parameters"]
n_regressors = 30
n_samples = 120
noise = 0.3
ridges = (0.1, 3.0, 100.0)
toy_seed = 3

# %%
course.numbers("n_samples", n_samples, whole=True, at_least=1)
course.numbers("noise", noise, at_least=0)
rng = np.random.default_rng(toy_seed)
true_w = rng.standard_normal(n_regressors)
samples = rng.standard_normal((n_samples, n_regressors))
toy_targets = samples @ true_w + noise * rng.standard_normal(n_samples)

history = {}
for ridge in course.numbers("ridges", ridges, above=0):
    w, P = np.zeros(n_regressors), np.eye(n_regressors) / ridge
    errors, distances, sizes = [], [], []
    for r, target in zip(samples, toy_targets):
        errors.append(abs(w @ r - target))
        w, P = course.textbook_rls_update(w, P, r, target)
        distances.append(np.linalg.norm(w - true_w))
        sizes.append(np.linalg.eigvalsh(P))
    batch = np.linalg.solve(
        samples.T @ samples + ridge * np.eye(n_regressors), samples.T @ toy_targets
    )
    history[ridge] = np.array(errors), np.array(distances), np.array(sizes)
    print(f"lambda = {ridge:g}: largest difference from the batch ridge solution "
          f"{np.abs(w - batch).max():.1e}")

# %% alt="Left: the error before each update falls to the noise after about 60 samples for small lambda and slowly for lambda 100. Middle: distance to the true weights. Right: the eigenvalues of P start at one over lambda and fall one by one, as the directions are seen."
fig, axes = plt.subplots(1, 3, figsize=(13, 4))
sample_number = np.arange(1, n_samples + 1)
for (ridge, (errors, distances, sizes)), style in zip(
    history.items(), plotting.condition_styles(len(history))
):
    label = rf"$\lambda$ = {ridge:g}"
    width = min(10, n_samples)
    smooth = np.convolve(errors, np.ones(width) / width, mode="valid")
    axes[0].plot(sample_number[width - 1 :], smooth, label=label, **style)
    axes[1].plot(sample_number, distances, **style)
    axes[2].semilogy(sample_number, sizes[:, -1], **style | {"lw": 3})
    axes[2].semilogy(sample_number, sizes[:, 0], **style | {"lw": 1})
if noise:
    axes[0].axhline(noise * np.sqrt(2 / np.pi), color="0.5", ls="--", lw=1)
axes[0].set(title="error before the update", xlabel="sample", ylabel="mean |e| of 10 samples")
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
axes[1].set(title="distance to the true weights", xlabel="sample", ylabel="distance")
axes[2].set(title="eigenvalues of P (thick: largest)", xlabel="sample", ylabel="eigenvalue")
for ax in axes[:2]:
    ax.set_ylim(bottom=0)
fig.suptitle(f"RLS with {n_regressors} weights, for different priors");

# %% [markdown]
# **What to notice.**
#
# - RLS differs from the batch ridge solution only by rounding.
# - $P$ is a learning rate with a memory: large in directions not seen so far, small in those already
#   learned. With $\lambda = 100$ it starts small, and so do the updates.
# - The grey line is the mean error that the noise alone would cause with the true weights.
#
# **Why not always the smallest $\lambda$?** With `ridges = (1e-4,)` look at the distance around sample 30: with as many samples as weights an
# almost unregularised fit follows the noise. And where a network runs with its weights, the first updates must not be too large.
#
# **What to try.** `noise = 0`; `n_samples = 25`, fewer than there are regressors: what does the largest eigenvalue of $P$ do?
#
# ### Interactive demo · bonus

# %% tags=["demo"] alt="Left: error before each of 120 updates, falling to the noise. Right: distance to the true weights, falling by a factor of twenty."
course.sliders(
    course.demo_ridge,
    ridge=widgets.FloatLogSlider(3.0, min=-4, max=3, step=0.5, continuous_update=False),
    noise=widgets.FloatSlider(0.3, min=0.0, max=2.0, step=0.1, continuous_update=False),
    n_samples=widgets.IntSlider(120, 5, 300, 5, continuous_update=False),
    n_regressors=widgets.fixed(30),
    seed=widgets.fixed(3),
)
elapsed()

# %% [markdown]
# ## 5 · Every unit follows its own sine
#
# *Question: can each unit of a network learn a target of its own?*
#
# $N = 100$ units with $\phi(u) = \max(0, u)$ are silent until a cue, a random constant input of 10 ms, activates them. From then on the recurrent
# input of unit $i$ should be $f_i(t) = A \sin\big(2\pi (t - t_i)/T\big) + 1$, with a random shift $t_i$. Each *loop* is one such trial.

# %% tags=["parameters"]
sine_units = 100
sine_tau = 5.0  # ms
sine_amplitude = 1.0
sine_period = 100.0  # ms
sine_learn_every = 5.0  # ms
cue_strength = 4.0
sine_ridge = 0.5
sine_loops = course.sized(50, fast=4)
sine_seed = 0

# %% [markdown] tags=["slide", "plot"]
# ## A different sine for every unit

# %% alt="Schematic: a cue of 10 ms starts a network of 100 units. The inputs of units 1, 2 and 100 are each compared with a target of their own, sines with different phases; the errors of all units go to RLS, which corrects all weights of the network every 5 ms. There is no readout."
network_parameters = part1.RateNetworkParameters(
    n_units=sine_units, tau=sine_tau, gain=1.0, transfer="relu", dt=0.1
)
timing = part1.TrialTiming(
    stim_on=100.0, stim_off=110.0, learn_on=110.0, learn_off=610.0, learn_every=sine_learn_every
)
rng = np.random.default_rng(sine_seed)
sine_targets = part1.sine_targets(
    sine_units, timing.update_times, rng, amplitude=sine_amplitude, period=sine_period
)
course.numbers("cue_strength", cue_strength, above=0)
sine_cue = rng.uniform(0.0, cue_strength, sine_units)
sine_task = part1.RateTask(network_parameters, timing, sine_targets[None], sine_cue[None])
sine_weights = part1.random_weights(network_parameters, rng)
course.draw_every_unit(sine_task)

# %% [markdown]
# To go on after a stop (■), run `sine_training = part1.train(sine_task, sine_training.weights, rls=sine_training.rls, n_loops=10)`.

# %%
sine_training = None  # stays so if the training fails
sine_training = part1.train(sine_task, sine_weights, ridge=sine_ridge, n_loops=sine_loops)

# %% [markdown] tags=["slide", "plot"]
# ## One cue, a hundred sines
#
# The weights are frozen, and the only input is a cue of 10 ms.

# %% alt="Left: recurrent input of six units before learning, flat after the cue. Middle: after learning, input and target coincide for 500 ms. Right: the learning curve rises from 0.92 to nearly 1 within 20 loops."
fig, axes = plt.subplots(1, 3, figsize=(14, 5), width_ratios=[2, 2, 1.3])
outputs = {}
stages = {"before learning": sine_weights, "weights frozen after learning": sine_training.weights}
for ax, (title, weights) in zip(axes, stages.items()):
    outputs[title] = part1.run_frozen_outputs(sine_task, weights)
    plotting.plot_targets_and_outputs(
        timing.update_times, sine_targets[:6], outputs[title][:6], ax=ax
    )
    ax.set_title(title, pad=30)
plotting.plot_learning_curve(sine_training.train_correlation, ax=axes[2])
sine_outputs = outputs["weights frozen after learning"]
by_loop = sine_training.train_correlation[:, 0]
if by_loop.size:
    print(f"mean correlation: loop 1 {by_loop[0]:.3f}, loop {by_loop.size} {by_loop[-1]:.5f}")
print(f"test {part1.correlation(sine_outputs, sine_targets).mean():.5f}, "
      f"R² {part1.r2(sine_outputs, sine_targets).mean():.4f}")
elapsed()

# %% [markdown]
# **What to notice.** The correlation is high in the first loop: as in FORCE, the rule corrects faster than the network can leave its targets. In the
# test nothing is corrected, and 100 different sines follow from a single cue.
#
# **What to try.** `sine_learn_every = 20.0` (does the *test* get worse or better?); `sine_period = 20.0`, four time constants long.
#
# ### What did learning change? · bonus

# %% alt="Left: the change of the weights shows vertical stripes. Middle: its singular values, three stand out. Right: eigenvalues of W before, in a disc of radius 1, and after, with one at 1 and a pair at 1 plus or minus 0.31 i."
delta = sine_training.weights - sine_weights
fig, axes = plt.subplots(1, 3, figsize=(14, 4.4))
plotting.plot_weights(delta, ax=axes[0], title=r"change of the weights $\Delta W$")
singular = np.linalg.svd(delta, compute_uv=False)[:20]
axes[1].semilogy(np.arange(1, singular.size + 1), singular, "o-")
axes[1].set(xlabel="number", ylabel="singular value", title=r"singular values of $\Delta W$",
            xticks=[1, 5, 10, 15, 20])
plotting.plot_eigenvalues(
    sine_weights, ax=axes[2], radius=network_parameters.gain, color="0.6", label="before"
)
plotting.plot_eigenvalues(sine_training.weights, ax=axes[2], color=plotting.OUTPUT, label="after")
axes[2].set_title("eigenvalues of W")
axes[2].legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2)
size = np.linalg.norm(delta) / np.linalg.norm(sine_weights)
print(f"size of the change: |ΔW| / |W| = {size:.2f}")
elapsed()

# %% [markdown]
# The targets span three dimensions (a sine, a cosine and a constant), and three singular values
# stand out: most of the change reads these three from the present rates and turns them into the wanted
# input. This explains the stripes: column $j$ says how unit $j$ is *read*, and all units read it nearly alike.
#
# Look at the eigenvalues on the dashed line: one at $1$ and a pair at $1 \pm 0.31\,i$. Where all rates
# are positive the network is linear, and an eigenvalue $\rho$ of $W$ gives a solution
# $e^{(\rho - 1)\,t/\tau}$. For $\rho = 1$ it is constant; for $\rho = 1 \pm i\,2\pi\tau/T$ it is a sine of
# period $T$, and $2\pi \cdot 5/100 = 0.31$. Learning has built the constant and the oscillator.

# %% [markdown]
# ## 6 · One $P$ for all units
#
# *Question: every unit has its own regression. Why is this not $N$ times the work?*
#
# Unit $i$ has no synapse onto itself, so its regressors are $r$ without $r_i$. The textbook keeps a matrix of $(N-1)^2$ numbers for *each*
# unit. But these are inverses of parts of the same correlation matrix, and a formula for blocks turns the full $P$ into the inverse *without
# row and column $i$*:
#
# $$\text{gain}_{ij} = q_j - \frac{P_{ji}\, q_i}{P_{ii}},\qquad q = P r = c\,k\ \text{ (with the new } P\text{)},\qquad
# w_{ij} \leftarrow w_{ij} - e_i\, \text{gain}_{ij} .$$
#
# The entry $\text{gain}_{ij}$ says how far the weight from $j$ to $i$ moves for an error of one. One $P$ and about $N^2$ operations serve all
# units: for $N = 300$ this changes 90 thousand numbers at each update, the textbook 27 million. It is **not an approximation**.
#
# <details><summary>Where does this formula come from?</summary>
# The columns of P solve C P = 1, where C is the correlation matrix plus the prior. Subtract from each column l the
# multiple of column i that makes its entry i vanish: Q<sub>jl</sub> = P<sub>jl</sub> - P<sub>ji</sub> P<sub>il</sub> /
# P<sub>ii</sub>. In all rows but i, C Q is still the unit matrix, and since row i of Q is zero, row and column i of C no
# longer play a part: Q is the inverse of C without them. Column i of Q is zero, too, so that Q r does not contain
# r<sub>i</sub>, and gain<sub>ij</sub> = Σ<sub>l</sub> Q<sub>jl</sub> r<sub>l</sub> = q<sub>j</sub> - P<sub>ji</sub>
# q<sub>i</sub> / P<sub>ii</sub>.
# </details>

# %% [markdown] tags=["slide"]
# ## One $P$ for all units
#
# Unit $i$ must not use its own rate, so its regressors are $r$ without $r_i$:
#
# $$\text{gain}_{ij} = q_j - \frac{P_{ji}\, q_i}{P_{ii}},\qquad q = P\, r,\qquad w_{ij} \leftarrow w_{ij} - e_i\, \text{gain}_{ij}$$
#
# | numbers at each update | one $P$ for each unit | one for all |
# | --- | --- | --- |
# | $N = 300$ | 27 million | 90 thousand |

# %% [markdown]
# ### No approximation · bonus

# %% tags=["parameters"]
n_check = 30
n_check_updates = 100
check_seed = 5

# %% alt="Scatter of the weights learned with one shared matrix against those learned with thirty separate matrices: all 870 points lie on the diagonal."
rng = np.random.default_rng(check_seed)
check_rates = rng.random((n_check_updates, n_check))
check_targets = rng.random((n_check_updates, n_check))
shared_w = part1.random_weights(part1.RateNetworkParameters(n_check), rng)
textbook_w = shared_w.copy()

shared = part1.AllToAllRLS(n_check, ridge=0.5)
own_P = [np.eye(n_check - 1) / 0.5 for _ in range(n_check)]
others = [np.delete(np.arange(n_check), i) for i in range(n_check)]
for r, target in zip(check_rates, check_targets):
    shared.update(shared_w, r, shared_w @ r - target)
    for i in range(n_check):
        textbook_w[i, others[i]], own_P[i] = course.textbook_rls_update(
            textbook_w[i, others[i]], own_P[i], r[others[i]], target[i]
        )

off_diagonal = ~np.eye(n_check, dtype=bool)
fig, ax = plt.subplots(figsize=(5, 4.5))
ax.plot(textbook_w[off_diagonal], shared_w[off_diagonal], ".", color=plotting.COLOURS["blue"])
ax.axline((0, 0), slope=1, color="0.5", lw=1)
ax.set(xlabel="weight, one P for each unit", ylabel="weight, one P for all",
       title=f"largest difference {np.abs(textbook_w - shared_w).max():.0e}")
ax.set_aspect("equal")
elapsed()

# %% [markdown]
# `.venv/bin/python -m benchmarks part1-rls` measures the difference on your machine.
#
# ### Exercise 4 (★★★): the gain without a unit's own rate · bonus
#
# Write a function that returns the gains of unit `i`. `P` is given as it is *after* its update, so that
# $q = P\, r$ and $\text{gain}_j = q_j - P_{ji}\, q_i / P_{ii}$. The result is the same as if unit $i$ had
# never been among the regressors.
#
# <details><summary>Hint</summary>
# Compute all j at once: <code>P[:, i]</code> is a whole column. What is the gain of unit i onto itself?
# </details>

# %% tags=["exercise"]
def my_gain_without_self(P, r, i):
    # BEGIN SOLUTION
    q = P @ r
    return q - P[:, i] * q[i] / P[i, i]
    # STUB: raise NotImplementedError("q = P r, then subtract the share of unit i")
    # END SOLUTION


# %% alt="The 64 gains of eight units: circles from one matrix for each unit, crosses from the function inside them."
course.check_gain_without_self(my_gain_without_self)

# %% [markdown]
# ## 7 · The recorded population
#
# *Question: can a network reproduce what hundreds of cortical neurons did in two conditions?*
#
# The recordings come from the anterior lateral motor cortex of mice (Finkelstein et al. 2021). Each
# rate is a mean over trials, in 101 bins of 20 ms, smoothed by a moving mean over 15 bins. If they
# cannot be loaded, a *stand-in*, a made-up population with similar statistics, takes their place; the printed line says so.

# %% tags=["parameters"]
source = "auto"
n_neurons = course.sized(1824, fast=60)  # all that were recorded; the stand-in has 500
population_seed = 0

# %%
recordings = part1.load_recordings(source)
if n_neurons < recordings.n_neurons:
    recordings = recordings.select(n_neurons, rng=np.random.default_rng(population_seed))
print(recordings.provenance)
kind = "SYNTHETIC stand-in" if recordings.source == "synthetic" else "recorded"

# %% [markdown]
# Now the rate $r_i$ itself should follow the recorded rate $\hat r_i$. With $\phi(u) = \max(0, u)$ the network's equation gives the input:
#
# $$f_i(t) = \hat r_i(t) + \tau\, \frac{d\hat r_i}{dt} .$$
#
# (Where this is negative the recorded rate falls faster than the unit can follow.) Each condition has its own random cue of 50 ms. Rates
# are measured in units of each neuron's own standard deviation, so that weakly modulated neurons count as much as others.
#
# ### Exercise 5 (★★☆): from rates to inputs · bonus
#
# Write this equation as a function. `rates` has the shape (neurons, times); `tau` and `dt` are in ms.
#
# <details><summary>Hint</summary>
# <code>np.gradient(rates, dt, axis=1)</code> differentiates along time.
# </details>

# %% tags=["exercise"]
def my_target_currents(rates, tau, dt):
    # BEGIN SOLUTION
    return rates + tau * np.gradient(rates, dt, axis=1)
    # STUB: raise NotImplementedError("rates + tau * their derivative in time")
    # END SOLUTION


# %% alt="A sinusoidal rate as a dotted line, and the input that causes it, ahead in time: expected in grey, that of the function as a dashed line."
course.check_target_currents(my_target_currents)

# %% [markdown]
# **All neurons in seconds.** Let $V$ hold the hundred strongest *patterns* of the rates (directions in the space of units). All units
# read only $z = V^\top r$, a hundred numbers, and learn the weights $D$ of these: $u = D z$, so $W = D V^\top$. Now $P$ is $100 \times 100$.
#
# <details><summary>Which function does what?</summary>
# <code>forced_start</code> finds V and makes the batch fit of Section 3; from there <code>train</code> goes on with the network running.
# The rule is <code>AllToAllRLS</code> with a <code>basis</code>. The weights are averaged over the last ten loops. After the cue the target stays at the first
# recorded rate for 60 ms, then it follows the recording.
# </details>

# %% tags=["parameters"]
population_ridge = 100.0
population_rank = course.sized(100, fast=20)
population_loops = course.sized(40, fast=3)
unit_tau = 20.0  # ms
learn_every = 20.0  # ms

# %%
population_training = network_rates = None  # stay so if the training fails
rng = np.random.default_rng(population_seed)
recorded_task = part1.make_task(recordings, rng, tau=unit_tau, learn_every=learn_every)
population_weights = recorded_task.initial_weights
batch_weights, rls = part1.forced_start(
    recorded_task.task, population_weights, ridge=population_ridge, rank=population_rank
)
population_training = part1.train(
    recorded_task.task, batch_weights, rls=rls, n_loops=population_loops,
    average_last=min(10, population_loops),
)
network_rates = part1.run_population(recorded_task, population_training.weights)
by_neuron = part1.correlation(network_rates, recordings.rates)
for name, values in zip(recordings.conditions, by_neuron):
    print(f"{name}: mean correlation of network and recording {np.nanmean(values):.3f}, "
          f"median {np.nanmedian(values):.3f}  (frozen weights, only the cue)")
elapsed()

# %% [markdown] tags=["slide", "plot"]
# ## A cue of 50 ms selects two seconds of activity

# %% tags=["readme-part1_recordings"] alt="Top: rates of the population in both conditions, sorted by the time of the peak in the first; bottom: those of the freely running network. They look alike."
order = np.argsort(recordings.rates[0].argmax(axis=1))
fig, axes = plt.subplots(2, recordings.n_conditions, figsize=(12, 8), sharex=True, squeeze=False)
for column, name, rates, net in zip(
    axes.T, recordings.conditions, recordings.rates, network_rates
):
    plotting.plot_population(recordings.time, rates, order=order, ax=column[0],
                             title=f"{name}: {kind}")
    plotting.plot_population(recordings.time, net, order=order, ax=column[1],
                             title=f"{name}: network, running freely")
fig.suptitle("Above the population, below the network, running freely after a cue");

# %% [markdown] tags=["slide", "plot"]
# ## Neuron by neuron

# %% tags=["readme-part1_neurons"] alt="Rates of eight neurons in Hz, recorded as thick pale lines and the network as thin lines, both conditions; the selective neurons separate with time, and the network follows."
fig, axes = plt.subplots(2, 4, figsize=(14, 6), sharex=True)
typical = np.argsort(np.nanmean(by_neuron, axis=0))
shown = typical[np.linspace(0.05 * len(typical), len(typical) - 1, axes.size).astype(int)]
for ax, i in zip(axes.flat, shown):
    plotting.plot_neuron(
        recordings.time, recordings.rates[:, i], network_rates[:, i],
        names=recordings.conditions, kind=kind, ax=ax,
    )
    ax.set_title(f"neuron {i}, r = {np.nanmean(by_neuron[:, i]):.2f}")
fig.supxlabel("time (ms)")
fig.supylabel("rate (Hz)")
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4);

# %% [markdown]
# ### Why online?
#
# The training began with `batch_weights`, the best fit to rates that are held on their targets.

# %% [markdown] tags=["slide"]
# ## Why online?
#
# - Every target is known, so all weights can be fitted **in one batch**, with the rates held on the targets.
# - FORCE starts from this fit and goes on with the network *running*.

# %% [markdown] tags=["think"]
# **Think, then look.** What does this batch fit do when the network drives itself? Does another $\lambda$ help?
#
# <details><summary>A. It stays on the path: it knows all the rates</summary>
# No. It knows them only <i>on</i> the prescribed path. Each error is fed back and moves the network off that path, to states that the fit
# has never seen.
# </details>
# <details><summary>B. It starts close to the path and drifts away, at each λ</summary>
# Right: the lines below the plot say how far. FORCE, from the same start, learns from the states that errors lead to. The batch brings
# you near; learning in the closed loop keeps you there. Part 3 does the same with spikes.
# </details>
# <details><summary>C. It drifts away at this λ, but a better one mends that</summary>
# Try it: change <code>other_ridges</code>. For the 1824 recorded neurons seven values were compared; the best one, 300, gives median correlations of
# 0.89 and 0.74, FORCE 0.99 and 0.98 (the page Benchmarks).
# </details>

# %% tags=["parameters"]
other_ridges = (10.0, 1000.0)

# %%
def run_freely(weights):
    try:
        return part1.run_population(recorded_task, weights)
    except FloatingPointError:  # the network may also explode
        return np.full_like(recordings.rates, np.nan)


batch_name = f"batch fit, λ = {population_ridge:g}"
free_runs = {batch_name: run_freely(batch_weights)}
for ridge in course.numbers("other_ridges", other_ridges, above=0):
    weights, _ = part1.forced_start(
        recorded_task.task, population_weights, ridge=ridge, rank=population_rank
    )
    free_runs[f"batch fit, λ = {ridge:g}"] = run_freely(weights)
free_runs["FORCE"] = network_rates
quality = {name: part1.correlation(rates, recordings.rates) for name, rates in free_runs.items()}
for name, values in quality.items():
    medians = ", ".join(f"{c} {np.nanmedian(v):.2f}" for c, v in zip(recordings.conditions, values))
    print(f"{name}: median correlation in the free run: {medians}")

# %% [markdown] tags=["slide", "plot"]
# ## Batch fit and FORCE, from the same start

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Two planes of the first two principal components and a histogram. Left: the recorded paths of both conditions and those of the batch fit, which begin close to them and drift away. Middle: the same after FORCE, on the recorded paths. Right: correlations of all neurons; most of FORCE are above 0.95, those of the batch fit are spread from below 0 to 1."
scale = recorded_task.hz_per_rate[:, None]
fig, axes = plt.subplots(1, 3, figsize=(14, 4.8))
for ax, name in zip(axes, (batch_name, "FORCE")):
    plotting.plot_paths(
        recordings.rates / scale, free_runs[name] / scale, names=recordings.conditions, kind=kind,
        ax=ax,
    )
    ax.set_title(f"{name} (● start)")
axes[1].sharex(axes[0])
axes[1].sharey(axes[0])
plotting.plot_histogram({name: quality[name].ravel() for name in (batch_name, "FORCE")}, ax=axes[2])
axes[2].set_title("quality, all conditions")
axes[2].legend(loc="upper center", bbox_to_anchor=(0.5, -0.18))
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=4)
elapsed()

# %% [markdown]
# **What to notice.** Two seconds are a hundred time constants of a unit: the memory is in the recurrent weights. The batch fit starts
# close to the path and drifts away; FORCE, from the same start, stays on it.
#
# **Is this biology?** The network shows which connections *could* produce this activity, not how a mouse learned them. No animal has a
# target for each neuron at each moment, and a synapse cannot know $P$, the correlations of all its neighbours. Part 3 says more.

# %% [markdown] tags=["slide"]
# ## Is this biology?
#
# - It shows which connections **could** produce the activity, not how an animal learned them.
# - No animal has a target for each neuron at each moment.
# - No synapse knows $P$, the correlations of all its neighbours.

# %% [markdown]
# ### What changed in the weights? · bonus

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Left: histogram of the weights; the random ones are spread widely, the batch fit and the trained ones narrowly. Middle: singular values of the batch fit and of the trained weights, which are a little larger throughout. Right: eigenvalues; many of the trained ones crowd along the line at real part one, few of the batch fit's do."
basis = population_training.rls.basis
fig, axes = plt.subplots(1, 3, figsize=(14, 4.4))
edges = np.linspace(-4, 4, 81) * population_weights.std()
looks = {
    "random": (population_weights, "0.6"),
    "batch fit": (batch_weights, plotting.COLOURS["blue"]),
    "after FORCE": (population_training.weights, plotting.OUTPUT),
}
for label, (weights, colour) in looks.items():
    axes[0].hist(weights.ravel(), edges, histtype="step", lw=2, color=colour, label=label)
    if label == "random":
        continue
    # W V and V' W V have the singular values and the eigenvalues of W that are not 0.
    singular = np.linalg.svd(weights @ basis, compute_uv=False)
    axes[1].semilogy(np.arange(1, singular.size + 1), singular, ".", color=colour, label=label)
    small = basis.T @ weights @ basis
    plotting.plot_eigenvalues(small, ax=axes[2], color=colour, label=label)
    print(f"{label}: {(np.linalg.eigvals(small).real > 0.9).sum()} of {len(small)} eigenvalues "
          "have a real part above 0.9")
axes[0].set(xlabel="weight", ylabel="connections", title="distribution of the weights")
axes[0].legend(loc="upper right", fontsize=11)
axes[1].set(xlabel="number", ylabel="singular value", title="singular values of W")
axes[2].set_title("eigenvalues of W")
axes[2].legend(loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=2)
elapsed()

# %% [markdown]
# An eigenvalue near the dashed line at $1$ belongs to a direction in which activity lasts: the leak
# $-r$ and the recurrent excitation cancel there. The printed lines count such directions. More of them after FORCE would fit a memory that lasts
# two seconds, but counts in one network do not show what the memory needs: how could you test it?
#
# **What to try.**
#
# - `n_neurons = 100`: fewer units have fewer weights for the same number of time points.
#   What happens to the worst neurons?
# - `population_rank = 20`: what is lost first, the slow changes or the fine detail?
# - `population_loops = 5`: good while learning, lost in the free run. Why?
# - `learn_every = 100.0`: the targets are still smooth, but the network is corrected too seldom to stay on them.
# - `population_ridge = 1e5`: the prior holds the weights near their start.

# %% [markdown]
# ## 8 · A distractor in the delay · bonus
#
# *Question: what happens to the remembered side if the cue of the other side is given during the delay?*
#
# Finkelstein et al. (2021) asked this of mice. A second, short stimulus early in the delay often made them switch
# sides; a late one rarely did. Their explanation is a **ramp**, an input that grows through the delay and is the
# same on both sides. It moves the two attractors apart, so that the same push no longer reaches the border between
# them. When they held the ramp of their model at its early value, late distractors had the effect of early ones.
#
# We train small networks with and without such a ramp. The ramp is an external input $a_i\,\kappa(t)$, where $\kappa$
# grows from 0 to 1, and we subtract it from the targets of the recurrent input. A network could ignore the ramp and
# keep the time by itself. Therefore it also learns trials in which the ramp stops, and the population with it.
# All networks learn with noise. Then the weights are frozen, and the cue of the other condition is given for 50 ms at one of six times.
#
# **Predict first.** Will a late distractor have a larger effect at the end than an early one, because less time is left to repair it, or a
# smaller one? What changes with the ramp, and what if it is clamped?

# %% tags=["parameters"]
distractor_neurons = course.sized(200, fast=20)
distractor_loops = course.sized(15, fast=2)
distractor_seeds = course.sized((0, 1), fast=(0,))  # networks of each kind
distractor_strength = 1.5  # times the cue
distractor_noise = 0.1
held_shares = (0.2, 0.4, 0.6, 0.8)  # of the delay, after which the ramp stops in some trials
clamped_share = 0.4

# %%
def distractor_networks(seed):
    """Train one network without and one with a ramp; return times and what distractors do."""
    rng = np.random.default_rng(seed)
    n = min(distractor_neurons, recordings.n_neurons)
    plain = part1.make_task(recordings.select(n, rng=rng), rng)
    ramped = part1.with_ramp(plain, rng)
    first, delay = plain.bin_times[0], np.ptp(plain.bin_times)
    shares = course.numbers("held_shares", held_shares, above=0, below=1)
    held = part1.with_held_ramps(ramped, first + np.array(shares) * delay)
    no_ramp, with_ramp = (
        part1.train(task, plain.initial_weights, ridge=10.0, n_loops=loops,
                    noise=distractor_noise, rng=rng, progress=False).weights
        for task, loops in ((plain.task, 2 * distractor_loops), (held, distractor_loops))
    )
    times = np.round(first + np.linspace(0.1, 0.9, 6) * delay, -1)
    clamped = ramped.task.hold_inputs(first + clamped_share * delay)
    return times - plain.bin_times[-1], {
        name: part1.run_distractors(task, weights, times, rng, strength=distractor_strength,
                                    noise=distractor_noise, n_trials=6)
        for name, task, weights in (
            ("no ramp", plain.task, no_ramp), ("ramp", ramped.task, with_ramp),
            ("ramp clamped", clamped, with_ramp),
        )
    }


course.numbers("clamped_share", clamped_share, at_least=0, at_most=1)
seeds = course.numbers("distractor_seeds", distractor_seeds, whole=True, at_least=0)
runs = [distractor_networks(seed) for seed in tqdm(seeds, unit="network")]

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Left: the end error against the time of the distractor, without a ramp, with one, and with the ramp clamped. Right: the share of trials that ended beyond the middle, in the same way."
distractor_times = runs[0][0]
fig, axes = plt.subplots(1, 2, figsize=(13, 4.4), sharey=True)
for ax, measure, label in (
    (axes[0], "end_error", "end error (1 = the other end)"),
    (axes[1], "switched_share", "share of trials beyond the middle"),
):
    values = {name: [getattr(run[name], measure) for _, run in runs] for name in runs[0][1]}
    plotting.plot_distractors(distractor_times, values, ylabel=label, ax=ax)
fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
apart = {name: np.mean([run[name].distance for _, run in runs]) for name in runs[0][1]}
print("distance between the two ends:", ", ".join(f"{n} {d:.1f}" for n, d in apart.items()))
beside = {name: np.mean([run[name].off_axis for _, run in runs]) for name in runs[0][1]}
print("distance of the ends of the trials from the axis, in units of that distance:",
      ", ".join(f"{n} {d:.1f}" for n, d in beside.items()))
elapsed()

# %% [markdown]
# **What to notice.** With two networks of each kind these are first results. Read three things from the plot and the printed lines:
# does a late distractor have less effect than an early one, does the network *without* a ramp need one for that, and does clamping the ramp matter? The last
# line says how far from the axis between the two ends the trials end. Where that is more than 1, "beyond the middle" is no switch: the trial has gone
# elsewhere. For five networks of each kind with their errors, on 300 neurons, run
# `.venv/bin/python -m experiments part1-distractor`.
#
# **What to try.** `distractor_strength = 3.0`; `distractor_noise = 0.0` (both conditions are learned better but
# resist noise less); `clamped_share = 0.8`; `held_shares = (0.95,)`.

# %% [markdown]
# ## Your own recordings
#
# Rates as an array `(condition, neuron, time)` are enough:
#
# ```python
# recordings = part1.recordings_from_arrays(rates_hz, time_ms, ("left", "right"))
# ```
#
# Spike times become rates with `part1.psth_from_spikes`. `recordings.save("my.npz")` keeps them
# for `part1.load_recordings("my.npz")`.
#
# ## Summary
#
# **The answer.** Yes: with a target for each unit, one network produces what hundreds of neurons did, and a brief cue selects which of two
# trials it produces. It has to learn while it runs.
#
# - For given regressors RLS is ridge regression, one sample at a time; $P$ remembers which directions have been learned.
# - Every unit can be trained at once, and one matrix $P$ serves all of them exactly.
#
# **Next:** [Part 2](part2_spiking_rnn.ipynb) does the same with neurons that spike.

# %% [markdown] tags=["exit-ticket"]
# ## Exit ticket
#
# Five questions before you leave, each to be answered in a sentence.
#
# **1.** A random network of 1000 units with $\phi = \tanh$ has a gain of 0.8. What happens to its activity, and how do you know?
#
# <details><summary>Answer</summary>
# It dies out. The eigenvalues of W fill a disc of a radius near 0.8, so none lies to the right of 1: in each direction the leak
# is stronger than the recurrent input.
# </details>
#
# **2.** Why does it matter in FORCE that the output is right almost from the start?
#
# <details><summary>Answer</summary>
# The readout is fed back. With the right output the units receive the input that they will have when the weights are
# frozen, so the weights are fitted to the activity that will occur later.
# </details>
#
# **3.** What does $P$ remember, and what does $\lambda$ set?
#
# <details><summary>Answer</summary>
# P is the inverse of the regressors' correlation matrix plus &lambda; I. It is large in directions that no sample has
# shown yet and small in those that are learned. &lambda; is the strength of the prior, and sets the size of the first updates.
# </details>
#
# **4.** Why is one matrix $P$ enough for $N$ units?
#
# <details><summary>Answer</summary>
# All units learn from the same rates. The inverse without a unit's own rate follows from the full P by the
# block-inverse formula, without approximation.
# </details>
#
# **5.** While it learns, a network follows its targets with a correlation of 0.99. What does this tell you about its free run?
#
# <details><summary>Answer</summary>
# Little. While it learns, each error is corrected at once; when it runs freely, errors come back as inputs and may grow.
# Only a test with frozen weights shows it.
# </details>
#
# How was it? {{feedback}}

# %% [markdown]
# ## References
#
# - Sussillo D, Abbott LF (2009) Generating coherent patterns of activity from chaotic neural
#   networks. *Neuron* 63:544–557. [doi:10.1016/j.neuron.2009.07.018](https://doi.org/10.1016/j.neuron.2009.07.018)
# - Sompolinsky H, Crisanti A, Sommers HJ (1988) Chaos in random neural networks. *Phys Rev Lett*
#   61:259–262. [doi:10.1103/PhysRevLett.61.259](https://doi.org/10.1103/PhysRevLett.61.259)
# - Finkelstein A et al. (2021) Attractor dynamics gate cortical information flow during
#   decision-making. *Nat Neurosci* 24:843–850.
#   [doi:10.1038/s41593-021-00840-6](https://doi.org/10.1038/s41593-021-00840-6)
# - Kim CM, Finkelstein A, Chow CC, Svoboda K, Darshan R (2023) Distributing task-related neural
#   activity across a cortical network through task-independent connections. *Nat Commun* 14:2851.
#   [doi:10.1038/s41467-023-38529-y](https://doi.org/10.1038/s41467-023-38529-y)
# - Lorenz EN (1963) Deterministic nonperiodic flow. *J Atmos Sci* 20:130–141.
#   [doi:10.1175/1520-0469(1963)020<0130:DNF>2.0.CO;2](https://doi.org/10.1175/1520-0469(1963)020%3C0130:DNF%3E2.0.CO;2)
