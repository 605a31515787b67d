# %% [markdown]
# # Part 3 · A balanced spiking network that carries motor-cortex activity
#
# *Training recurrent networks to reproduce recorded neural activity, Part 3 of 3*

# %% [markdown] tags=["badges"]
# (badges)

# %% [markdown]
# **What you will learn**
#
# 1. how a network of excitatory (E) and inhibitory (I) neurons balances itself, and how well theory
#    predicts its rates;
# 2. how recorded rates become targets for the *input* of model neurons;
# 3. how a few plastic synapses teach the network the recorded activity, and what limits this;
# 4. what the **untrained** neurons do while the trained ones carry the task
#    (Kim, Finkelstein, Chow, Svoboda & Darshan 2023).
#
# **What you need**: [Part 1](part1_rate_rnn.ipynb) (RLS) and [Part 2](part2_spiking_rnn.ipynb)
# (LIF neurons, Siegert's formula).
#
# | section | minutes |
# | --- | --- |
# | 1 · The balanced state | 12 |
# | 2 · From recorded rates to target inputs | 8 |
# | 3 · Plastic synapses | 6 |
# | 4 · Learning | 12 |
# | 5 · What limits learning? | 8 |
# | 6 · What the untrained neurons do | 8 |
# | 7 · Perturbations | 4 |
#
# About two minutes of this the computer works. Each section runs on its own after the cells up to
# "Resume here".
#
# | symbol | in the code | unit | value here |
# | --- | --- | --- | --- |
# | $N_E, N_I$ | `n_exc`, `n_inh` | – | 2500, 2500 |
# | $K$ | `in_degree` | – | 500 E and 500 I inputs |
# | $J_{ab}$ | `j_ee`, `j_ei`, `j_ie`, `j_ii` | voltage | synapse of $b$ onto $a$ |
# | $\mu_a$ | `mu_exc`, `mu_inh` | voltage | constant input, times $\sqrt K$ |
# | $\tau_m$, $\tau_s$ | `tau_m`, `tau_syn` | ms | 10, 3 |
# | $\tau_p$ | `tau_plastic` | ms | 150 |
# | $u^{\rm bal}_i(t)$ | `balanced` | voltage | input through the static synapses |
# | $u^{\rm pla}_i(t)$ | `plastic` | voltage | input through the plastic synapses |
# | $\sigma$ | `sigma` | voltage | strength of the noise, measured |
# | $f_i(t)$ | `targets` | voltage | from the recordings |
# | $L$ | `n_plastic_exc`, `n_plastic_inh` | – | 20 + 20 plastic synapses |
# | $n$ | `n_trials` | – | test trials of each condition |
#
# Voltages have no unit: 0 is the reset, 1 the threshold.

# %% tags=["setup"]
# (setup)

# %%
import time

import ipywidgets as widgets
import matplotlib.pyplot as plt
import numpy as np

import src_part3 as part3
from src_part3 import course, plotting
from src_part3.course import sized

plotting.use_course_style()
started = time.perf_counter()


def elapsed():
    print(f"{time.perf_counter() - started:.0f} s since the first cell")


# %% [markdown]
# **Resume here.** A network that was trained before comes with the course. Load it and go to any
# section, be it because you are late or because your kernel died.

# %% tags=["resume"]
shipped_task, shipped_weights = part3.load_network()
task, weights = shipped_task, shipped_weights
kind = "SYNTHETIC stand-in"
print(f"{task.n_trained} trained neurons, {task.network.parameters.n_neurons} in all;")
print(f"targets: {task.provenance}")

# %% [markdown]
# ## 1 · The balanced state
#
# *Question: cortical neurons get thousands of inputs. Why do they not fire like clocks?*
#
# Every neuron obeys $\tau_m \dot v = -v + \mu + u$ and has, on average, $K$ excitatory and $K$
# inhibitory inputs, each of strength $J/\sqrt K$. The sums of either kind are of order $\sqrt K$: far
# above threshold, far below it. If the network finds rates at which both cancel to leading order,
#
# $$ \mu_a + J_{aE}\, r_E + J_{aI}\, r_I = 0 ,\qquad a = E, I, $$
#
# what remains is of order one: a mean below threshold and fluctuations that now and then cross
# it (van Vreeswijk & Sompolinsky 1996; Brunel 2000). Nothing is tuned. The rates find the balance
# themselves.

# %% tags=["parameters"]
out_degree = 1000
network_seed = 0
duration = 3000.0  # ms

# %% alt="Left: excitatory input of one neuron far above threshold, inhibitory input far below it, and their sum fluctuating around the threshold. Right: raster of 100 E and 100 I neurons, irregular and without visible synchrony."
network_parameters = part3.BalancedNetworkParameters(out_degree=out_degree)
network = part3.build_network(network_parameters, np.random.default_rng(network_seed))
untrained = part3.run_trial(
    network, part3.TrialParameters(duration=duration, cue_amplitude=0.0),
    np.random.default_rng(network_seed + 1), spikes=True, probes=(0,),
)
external = network_parameters.external_input
fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4.6))
plotting.plot_input_balance(untrained, external[0], ax=left)
plotting.plot_ei_raster(untrained, network_parameters.n_exc, window=(500.0, 1500.0), ax=right)
left.set_title("the inputs of one neuron cancel")
right.set_title("100 E and 100 I neurons: no clock, no chorus");

# %% alt="Left: distributions of the rates of E and I neurons, broad, with means near 6.6 and 12 Hz. Right: correlations of pairs of neurons, a narrow peak around zero, as wide as chance."
rates = part3.firing_rates(untrained)
n_exc = network_parameters.n_exc
theory = part3.mean_field(network_parameters)
leading = part3.leading_order_rates(network_parameters)
correlations = part3.pairwise_correlations(
    untrained.bin_counts, rng=np.random.default_rng(network_seed + 2)
)
fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4.2))
plotting.plot_rate_distribution(rates, n_exc, ax=left)
plotting.plot_correlations(correlations, len(untrained.bin_counts), ax=right)
left.set_title("rates are broad: a few neurons fire most")
right.set_title("pairs are nearly independent")
right.legend(loc="upper left", fontsize=11)
cv = part3.interval_cv(untrained)
print("            E       I")
print(f"simulated  {rates[:n_exc].mean():5.2f}  {rates[n_exc:].mean():6.2f} Hz")
print(f"mean field {theory.rates[0]:5.2f}  {theory.rates[1]:6.2f} Hz")
print(f"K → ∞      {leading[0]:5.2f}  {leading[1]:6.2f} Hz")
print(f"CV         {np.nanmedian(cv[:n_exc]):5.2f}  {np.nanmedian(cv[n_exc:]):6.2f}")

# %% [markdown]
# **What to notice.** Two currents, each far from the threshold, and a difference that hovers
# near it: the spikes come from the fluctuations. They are irregular (a CV of 1 is a Poisson process)
# and hardly correlated between neurons, although pairs share a fifth of their inputs. The
# leading-order equations have no free parameter and come within 15%; a mean-field theory that keeps
# the fluctuations comes within a few percent.
#
# How does the network approach the limit of large $K$? And how do its rates answer to more input?

# %% tags=["parameters"]
out_degrees = sized((100, 250, 500, 1000), fast=(100, 500))
extra_inputs = sized((-0.5, 0.0, 0.5, 1.0), fast=(-0.5, 0.5))  # voltage, to the E neurons
sweep_seed = 10

# %% alt="Left: rates of E and I neurons against K; simulated points lie on the mean-field lines, and both approach the dashed leading-order values as K grows. Right: rates against additional input to E neurons; points lie on straight lines, parallel to the dashed lines of the balance equations."
in_degree_sweep = part3.sweep_in_degree(
    part3.BalancedNetworkParameters(), out_degrees, np.random.default_rng(sweep_seed), n_trials=1
)
input_sweep = part3.sweep_external_input(
    part3.BalancedNetworkParameters(), extra_inputs, np.random.default_rng(sweep_seed), n_trials=1
)
fig, (left, right) = plt.subplots(1, 2, figsize=(14, 4.4))
plotting.plot_rate_sweep(in_degree_sweep, logarithmic=True, ax=left)
plotting.plot_rate_sweep(input_sweep, xlabel="additional input to E neurons (voltage)", ax=right)
left.get_legend().remove()
left.set_title("more inputs: towards the balance equations")
right.set_title("more drive: a straight line")
elapsed()

# %% [markdown]
# **What to notice.** Each neuron is a strongly nonlinear device, and yet the rates of the network
# follow its input along a straight line, with the slope that the balance equations say. To leading
# order a balanced network inverts a matrix.
#
# ### Try other values
#
# `j_ei` is the strength of inhibition onto E neurons; excitation between them has 0.15. Where does
# the cancellation break down?

# %% alt="The two inputs of one neuron and their sum, and a raster, for the values of K, external input and inhibition that the cell names."
course.demo_balance(out_degree=1000, external=0.0, j_ei=-0.75);

# %% tags=["demo"]
slider = {"continuous_update": False, "readout_format": ".2f"}
widgets.interact(
    course.demo_balance,
    out_degree=widgets.IntSlider(1000, 100, 1500, 100, continuous_update=False),
    external=widgets.FloatSlider(0.0, min=-1.0, max=3.0, step=0.25, **slider),
    j_ei=widgets.FloatSlider(-0.75, min=-1.5, max=-0.2, step=0.05, **slider),
    seed=widgets.fixed(0),
);

# %% [markdown]
# ### Exercise 1 (★☆☆): leave the balanced state
#
# Brunel (2000) sorted networks by how they fire: *asynchronous irregular* (AI) where
# inhibition dominates, as above, and *regular* where excitation wins and each neuron is driven
# over its threshold like a clock. Find an inhibition `my_j_ei` between −0.75 and −0.19 with which E
# neurons fire regularly: a CV below 0.5.
#
# <details><summary>Hint</summary>
# With weaker inhibition the rates must rise until inhibition catches up. A neuron that fires much
# faster than once in its membrane time constant averages over its input.
# </details>

# %% tags=["exercise"]
# BEGIN SOLUTION
my_j_ei = -0.22
# STUB: my_j_ei = None  # your number
# END SOLUTION

# %% alt="The raster of the network with the chosen inhibition beside the regular one that is looked for."
course.check_regime(my_j_ei)

# %% [markdown] tags=["solution"]
# **Solution.** Near −0.2 the balance equations ask for 100 Hz and more. The mean input then lies
# above the threshold, each neuron goes from reset to threshold as if the noise were not there, and the
# CV falls to 0.4. Below −0.15 nothing balances the excitation any more. Brunel's plane has one
# more axis, synchrony: with delays and less diverse in-degrees the population oscillates.

# %% [markdown]
# ### Exercise 2 (★★☆): predict the rates
#
# Write a function that solves the two balance equations for the rates (in Hz). It gets the
# 2 × 2 matrix `total` (rows: onto E, onto I; columns: from E, from I) of all synapses of
# each kind together, in voltage times ms, and the two external inputs.
#
# <details><summary>Hint</summary>
# <code>np.linalg.solve</code>. The sum of external and recurrent input is zero, so mind the sign;
# and a rate in spikes per ms is a thousand times smaller than in Hz.
# </details>

# %% tags=["exercise"]
def my_balanced_rates(total, external):
    # BEGIN SOLUTION
    return -1000.0 * np.linalg.solve(total, external)
    # STUB: raise NotImplementedError("solve total @ rates = -external, then go to Hz")
    # END SOLUTION


# %% alt="Bars of the rates that the balance equations predict for five networks, and those of the function beside them."
course.check_balanced_rates(my_balanced_rates)

# %% [markdown]
# ## 2 · From recorded rates to target inputs
#
# *Question: what input makes a model neuron fire like a recorded one?*
#
# Around its mean, the input of a neuron fluctuates almost like white noise of strength $\sigma$, which
# we measure on the untrained network. Siegert's formula of Part 2 gives the rate for each mean
# input; we invert it, bin by bin. Each recorded neuron takes the place of that free
# E neuron whose untrained rate is nearest to its own.

# %% tags=["parameters"]
source = "auto"
n_recorded = 500
n_plastic = 20  # L: from E neurons, and as many from I neurons
clock = "per_condition"
n_feedforward = 300
task_seed = 0

# %%
recordings = part3.load_recordings(source)
if n_recorded < recordings.n_neurons:
    recordings = recordings.select(n_recorded, rng=np.random.default_rng(task_seed))
kind = "SYNTHETIC stand-in" if recordings.source == "synthetic" else "recorded"
print(recordings.provenance)
task = part3.make_task(
    recordings, seed=task_seed,
    network_parameters=part3.BalancedNetworkParameters(
        n_plastic_exc=n_plastic, n_plastic_inh=n_plastic
    ),
    feedforward_parameters=part3.FeedforwardParameters(clock=clock, n_inputs=n_feedforward),
)
print(f"{task.n_trained} of {task.network.parameters.n_exc} E neurons get a target; "
      f"sigma = {task.sigma:.3f}")

# %% alt="Left: the mean rate of each model neuron against that of the recorded neuron whose place it takes; the points lie along the diagonal. Right: the curve from rate to mean input, nearly all below the threshold."
measured = part3.run_trial(
    task.network.without_plastic(),
    part3.TrialParameters(duration=10_000.0, stim_on=0.0, stim_off=0.0),
    np.random.default_rng(task_seed),
)
fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4.4))
plotting.plot_matching(
    task.recorded_rates.mean(axis=(0, 2)), part3.firing_rates(measured), task.network.trained,
    ax=left,
)
plotting.plot_rate_to_input(task.recorded_rates, task.targets, ax=right)
left.set_title("each neuron finds a partner with its own rate")
right.set_title("Siegert's formula, inverted");

# %% alt="Left: rates of four neurons in both conditions. Right: the target inputs they become; low rates are stretched, high ones compressed."
strongest = np.argsort(task.recorded_rates.std(axis=2).mean(axis=0))[::-1]
shown = strongest[(task.n_trained * np.array([0.03, 0.1, 0.3, 0.6])).astype(int)]
fig, axes = plt.subplots(1, 2, figsize=(13, 4.4))
styles = plotting.condition_styles(task.n_conditions)
for ax, values, name in (
    (axes[0], task.recorded_rates, "rate (Hz)"), (axes[1], task.targets, "target input (voltage)")
):
    for i, colour in zip(shown, plt.rcParams["axes.prop_cycle"].by_key()["color"]):
        for of_condition, style in zip(values, styles):
            ax.plot(task.times, of_condition[i], **style | {"color": colour})
    ax.set(xlabel="time in the trial (ms)", ylabel=name)
axes[0].set_title(f"four neurons ({kind})")
axes[1].set_title("the inputs that they become")
handles = [plt.Line2D([], [], **style | {"color": "black"}) for style in styles]
axes[1].legend(handles, task.conditions)
elapsed()

# %% [markdown]
# **What to notice.** Nearly all targets lie below the threshold: the model neurons fire by fluctuations.
# The modulation of the targets is small, a few hundredths, against fluctuations of 0.15 in a
# single trial. Remember this number in Section 4.
#
# ### Exercise 3 (★★☆): invert a curve
#
# Write the inversion yourself: tabulate `part3.siegert_rate(mu, sigma)` (Hz) for many mean inputs `mu`
# and read the table backwards.
#
# <details><summary>Hint</summary>
# <code>np.interp(x, xp, fp)</code> wants a rising <code>xp</code>, and the rate rises with the mean
# input. How far must the table reach? A rate of 0.2 Hz needs a mean far below the threshold.
# </details>

# %% tags=["exercise"]
def my_target_input(rates, sigma):
    # BEGIN SOLUTION
    mu = np.linspace(-2.0, 2.0, 2001)
    return np.interp(rates, part3.siegert_rate(mu, sigma), mu)
    # STUB: raise NotImplementedError("tabulate part3.siegert_rate, then np.interp backwards")
    # END SOLUTION


# %% alt="Mean input against rate: the library's inversion as a thick line and that of the function on top."
course.check_target_input(my_target_input)

# %% [markdown]
# ## 3 · Plastic synapses
#
# *Question: which synapses may change, and what do they have to learn from?*
#
# The $5\,000\,000$ synapses of the balanced network stay as they are. On top, each trained
# neuron gets
#
# - $L$ = 20 plastic synapses from other trained neurons and 20 from I neurons, and
# - synapses from 300 Poisson neurons whose rates wander slowly, the same way in each trial of a
#   condition. They stand for the rest of the brain and tell the network the time.
#
# All act through slow synapses, $\tau_p = 150$ ms.

# %% alt="Rates of four of the 300 Poisson neurons in each condition, wandering around 5 Hz."
ax = plotting.plot_feedforward(task.feedforward_rates)
ax.set_title("four Poisson neurons: each condition has rates of its own");

# %% [markdown]
# How much can such synapses learn? The next cell runs a few trials and fits, by ridge
# regression and without running the network again, the weights of 60 neurons to one half of the
# trials. The other half is the test.

# %% tags=["parameters"]
n_sampled_trials = sized(4, fast=1)
sampling_seed = 5

# %% alt="Histogram of the correlation of fitted input and plastic target in test trials for 20 + 20 plastic synapses with Poisson inputs, most of it above 0.5."
samples = course.sample_regressors(
    shipped_task, shipped_weights, np.random.default_rng(sampling_seed), n_trials=n_sampled_trials
)
course.demo_plastic_synapses(samples, n_plastic=20, with_feedforward=True);

# %% tags=["demo"]
widgets.interact(
    course.demo_plastic_synapses,
    samples=widgets.fixed(samples),
    n_plastic=widgets.IntSlider(20, 1, 300, continuous_update=False),
    with_feedforward=True,
    ridge=widgets.fixed(1e-3),
    n_neurons=widgets.fixed(60),
)
elapsed()

# %% [markdown]
# **What to try.** Without the Poisson inputs, go from 5 to 300 plastic synapses. With them, do the same: when
# does more become less? (The weights fit the noise of the first half.)
#
# ## 4 · Learning
#
# *Question: what exactly is the regression?*
#
# The total input shall equal the target: $u^{\rm pla}_i + u^{\rm bal}_i \to f_i$. The static part
# $u^{\rm bal}$ is not ours to change, so the *plastic target* of the regression is $f_i - u^{\rm bal}_i$, and
# RLS finds the plastic weights whose input $u^{\rm pla}_i = w_i \cdot r$ comes nearest to it.
#
# Two lessons stand behind the defaults:
#
# - **The plastic target is mostly noise.** The balanced input fluctuates several times more than the
#   target changes. It is different in each trial, so it can be averaged away: over a moving
#   window of 160 ms, over four trials in each loop, and over the loops so far.
# - **What one condition learns must not spoil the other.** The Poisson weights are separate for each
#   condition. Regarded as separate regressors, of which one half is silent in each trial, exact
#   RLS serves both conditions at once. An identity makes it affordable: what the Poisson neurons can tell
#   is first *partialled out* of all rates and all plastic targets, with one matrix for the whole network; what is left
#   is a small regression for each neuron, on its own plastic inputs alone.
#
# ### Exercise 4 (★★★): two conditions, one regression
#
# Write the update of one neuron yourself, in three steps. The regressor `x` holds the filtered
# spikes of the plastic synapses, then those of the Poisson neurons **once for each condition**, zero for
# all conditions but the present one. Then comes RLS as in Part 1:
#
# $$ k = \frac{P x}{1 + x^\top P x}, \qquad w \leftarrow w - k\,(w^\top x - y), \qquad
#    P \leftarrow P - k\, (P x)^\top . $$
#
# <details><summary>Hint</summary>
# <code>x = np.zeros(w.size)</code>, then fill slices: the recurrent part, then
# <code>shared.size</code> places beginning at
# <code>recurrent.size + condition * shared.size</code>. Return new arrays and leave the arguments as
# they are.
# </details>

# %% tags=["exercise"]
def my_rls_update(w, P, recurrent, shared, condition, target):
    # BEGIN SOLUTION
    x = np.zeros(w.size)
    x[: recurrent.size] = recurrent
    start = recurrent.size + condition * shared.size
    x[start : start + shared.size] = shared
    projected = P @ x
    gain = projected / (1.0 + x @ projected)
    return w - gain * (w @ x - target), P - np.outer(gain, projected)
    # STUB: raise NotImplementedError("build x, then k, then the new w and P; return (w, P)")
    # END SOLUTION


# %% alt="Weights of one neuron after 80 updates in two conditions: the library's as open circles, those of the function as crosses inside them."
course.check_rls_update(my_rls_update)

# %% [markdown]
# ### Training, live
#
# The bar shows the median correlation of target and input, averaged over the last loops. Stop it (■) whenever
# you like and run the second cell again: it goes on from where it was.

# %% tags=["parameters"]
total_loops = sized(40, fast=2)
n_test_trials = sized(50, fast=4)
learn_every = 40.0  # ms
training_seed = 1
test_seed = 2

# %%
training = part3.Training(
    task, part3.TrainingParameters(learn_every=learn_every), seed=training_seed
)

# %%
training.run(total_loops)
print(f"{training.n_done} loops done")
elapsed()

# %%
live_test = part3.evaluate(
    task, training.weights, np.random.default_rng(test_seed), n_trials=n_test_trials
)
before = part3.evaluate(
    task, part3.Training(task).weights, np.random.default_rng(test_seed), n_trials=4
)
print(f"medians over {task.n_trained} neurons, {live_test.n_trials} test trials, weights frozen")
rows = (
    ("mean input and target", live_test.correlation),
    ("  corrected for trial noise", live_test.corrected_correlation),
    ("single trial", live_test.single_trial_correlation),
    ("simulated and recorded PSTH", live_test.psth_correlation),
    ("R² of mean input", live_test.r2),
    ("(before learning: input)", before.correlation),
)
for name, values in rows:
    by_condition = "   ".join(
        f"{c} {np.nanmedian(v):5.2f}" for c, v in zip(task.conditions, values)
    )
    print(f"{name:30s} {by_condition}")

# %% alt="Left: learning curve of both conditions, rising and flattening. Right: histogram of the correlation of mean input and target of each neuron."
fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4.2))
styles = plotting.condition_styles(task.n_conditions)
plotting.plot_learning_curve(
    np.array(training.curve), names=task.conditions, ylabel="median correlation", ax=left
)
left.set(title="learning curve (input averaged over the last loops)")
for name, values, style in zip(task.conditions, live_test.correlation, styles):
    right.hist(values, np.linspace(-1, 1, 41), histtype="step", lw=2.5, **style,
               label=f"{name}: median {np.nanmedian(values):.2f}")
right.set(xlabel=f"correlation of mean input and target ({live_test.n_trials} trials)",
          ylabel="neurons", title="quality of each neuron")
right.legend(loc="upper left");

# %% alt="Mean input and target of four neurons in both conditions above, recorded and simulated rates of the same neurons below; they agree, with small wiggles from spike noise."
quality = np.nanmean(live_test.correlation, axis=0)
shown = np.argsort(quality)[np.linspace(0.25 * len(quality), len(quality) - 1, 4).astype(int)]
fig, axes = plt.subplots(2, 4, figsize=(14, 6), sharex=True)
simulated = live_test.rates[:, task.network.trained]
for column, i in zip(axes.T, shown):
    for c, style in enumerate(styles):
        colour = style["color"]
        column[0].plot(task.times, task.targets[c, i], color=colour, lw=5, alpha=0.35)
        column[0].plot(task.times, live_test.mean_input[c, i], lw=1.8, **style)
        column[1].plot(task.times, task.recorded_rates[c, i], color=colour, lw=5, alpha=0.35,
                       label=f"{task.conditions[c]}, {kind}")
        column[1].plot(task.times, simulated[c, i], lw=1.8, **style,
                       label=f"{task.conditions[c]}, network")
    column[0].set_title(f"neuron {i}, r = {quality[i]:.2f}")
axes[0, 0].set_ylabel("input (voltage)")
axes[1, 0].set_ylabel("rate (Hz)")
fig.supxlabel("time in the trial (ms)")
fig.legend(*axes[1, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4);

# %% alt="Left: population rates of the recorded neurons as colours, sorted by the time of their peak, one panel for each condition. Right: those of the network, in the same order; they look alike."
order = np.argsort(task.recorded_rates[0].argmax(axis=1))
fig, axes = plt.subplots(2, task.n_conditions, figsize=(13, 6.5), sharex=True, sharey=True,
                         squeeze=False)
extent = (task.times[0], task.times[-1], task.n_trained, 0)
for row, values, name in zip(axes, (task.recorded_rates, simulated), (kind, "network")):
    for ax, of_condition, condition in zip(row, values, task.conditions):
        centred = of_condition[order] - of_condition[order].mean(axis=1, keepdims=True)
        image = ax.imshow(
            centred / (of_condition[order].std(axis=1, keepdims=True) + 1e-9), vmin=-2, vmax=2,
            aspect="auto", cmap="cividis", extent=extent, interpolation="nearest",
        )
        ax.set_title(f"{condition}, {name}")
    row[0].set_ylabel("trained neuron, sorted")
fig.colorbar(image, ax=axes, label="rate, z-scored")
fig.supxlabel("time in the trial (ms)")

# %% alt="Two rasters of one trial each: the trained neurons, sorted by the time of their recorded peak in the first condition; after the cue the spikes are a little denser along the diagonal in the first condition, and not in the second."
sorted_neurons = task.network.trained[order]
rank = np.full(task.network.parameters.n_neurons, -1)
rank[sorted_neurons] = np.arange(sorted_neurons.size)
fig, axes = plt.subplots(1, task.n_conditions, figsize=(13, 5), sharey=True, squeeze=False)
styles = plotting.condition_styles(task.n_conditions)
for c, ax in enumerate(axes.flat):
    trial = part3.run_trial(
        task.network, task.trial_parameters, np.random.default_rng(test_seed + 1),
        weights=training.weights[c], cue=task.cues[c],
        feedforward_rates=task.feedforward_rates, condition=c, spikes=True,
    )
    learned = rank[trial.spike_ids] >= 0
    ax.plot(trial.spike_times[learned], rank[trial.spike_ids[learned]], "k|", ms=1.5, alpha=0.5)
    ax.axvspan(task.trial_parameters.stim_on, task.trial_parameters.stim_off,
               color=styles[c]["color"], alpha=0.2)
    ax.set(xlabel="time in the trial (ms)", title=f"{task.conditions[c]}: one trial")
axes[0, 0].set_ylabel(f"trained neuron, sorted by its peak in {task.conditions[0]}")
elapsed()

# %% [markdown]
# **What to notice.** A *single* trial correlates weakly with its target, and no learning could change
# this: at 5 Hz a neuron's input in one trial is mostly noise. Averaged over trials, the target
# stands out. That is why every number here says over how many trials it was taken, and why the
# corrected correlation is given beside the plain one: it divides by what the best network could reach
# with so many trials.
#
# ### Exercise 5 (★★☆): how good could it be?
#
# A mean over $n$ trials is signal plus noise, and noise lowers any correlation. The *split-half* correlation
# $\rho$ of the means over even and over odd trials tells how much of a mean is signal. The mean over all
# trials has the reliability $2\rho / (1 + \rho)$ (Spearman & Brown). Divide the correlation $r$ of mean and
# target by the square root of it.
#
# <details><summary>Hint</summary>
# <code>np.corrcoef(a, b)[0, 1]</code> three times is all you need: twice you could do without.
# </details>

# %% tags=["exercise"]
def my_corrected_correlation(even_mean, odd_mean, target):
    # BEGIN SOLUTION
    r = np.corrcoef((even_mean + odd_mean) / 2, target)[0, 1]
    rho = np.corrcoef(even_mean, odd_mean)[0, 1]
    return r / np.sqrt(2 * rho / (1 + rho))
    # STUB: raise NotImplementedError("r of the mean and the target, rho of the halves, then divide")
    # END SOLUTION


# %% alt="Plain correlation falls with trial noise, the corrected one stays at the true value; the function's values on top."
course.check_corrected_correlation(my_corrected_correlation)

# %% [markdown]
# ## 5 · What limits learning?
#
# *Question: which of the choices of Section 4 matter?*
#
# We train a few loops from the same seeds and change one thing at a time: how the plastic target is averaged,
# and the prior.

# %% tags=["parameters"]
n_lesson_loops = sized(12, fast=1)
n_lesson_trials = sized(16, fast=2)
lesson_seed = 6

# %% alt="Bars of the median corrected correlation for five ways to learn: it rises from the plastic target as it comes over averages in time and over loops to four trials for each update, and falls with a strong prior."
raw = {
    "average_balanced_input": False, "common_modes": 0, "correction_rate": 0.0,
    "regressor_window": 1.0,
}
lessons = {
    "plastic target of one trial as it comes": {**raw, "smoothing": 0.0, "trials_per_loop": 1},
    "its mean over 160 ms": {**raw, "trials_per_loop": 1},
    "and over all loops": {"trials_per_loop": 1},
    "and over four trials a loop": {},
    "the same, prior 50 × stronger": {"ridge_recurrent": 1.0, "ridge_feedforward": 1.0},
}
fig, ax = plt.subplots(figsize=(11, 4.2))
height = 0.8 / task.n_conditions
for y, (name, changed) in enumerate(lessons.items()):
    lesson = part3.Training(task, part3.TrainingParameters(**changed), seed=lesson_seed)
    lesson.run(n_lesson_loops, progress=False)
    test = part3.evaluate(
        task, lesson.weights, np.random.default_rng(lesson_seed + 1), n_trials=n_lesson_trials
    )
    medians = np.nanmedian(test.corrected_correlation, axis=1)
    plain = np.nanmedian(test.correlation, axis=1)
    for c, style in enumerate(plotting.condition_styles(task.n_conditions)):
        ax.barh(y + height * (c - (task.n_conditions - 1) / 2), medians[c], 0.95 * height,
                color=style["color"], hatch="/" * 2 * c, edgecolor="white",
                label=task.conditions[c] if y == 0 else None)
    print(f"{name:40s} corrected {medians.round(2)}, uncorrected {plain.round(2)}")
ax.set(yticks=range(len(lessons)), yticklabels=list(lessons),
       xlabel=f"median corrected correlation ({n_lesson_trials} trials)",
       title=f"what a better plastic target brings in {n_lesson_loops} loops")
ax.invert_yaxis()
ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
elapsed()

# %% [markdown]
# The same question asked of the full job: 1824 neurons recorded in the motor cortex, 60 loops, 50 test trials of each
# condition, one thing changed at a time (`python -m benchmarks part3-lessons` makes this table).
#
# | one thing changed | corrected right, left | uncorrected right, left | single trial right, left |
# | --- | --- | --- | --- |
# | our defaults | 0.984, 0.959 | 0.86, 0.76 | 0.28, 0.20 |
# | plastic target of four trials as it comes | 0.968, 0.918 | 0.81, 0.68 | 0.23, 0.17 |
# | plastic target averaged over 160 ms only | 0.973, 0.946 | 0.84, 0.72 | 0.26, 0.18 |
# | plastic target averaged over 160 ms and all loops | 0.972, 0.953 | 0.85, 0.74 | 0.27, 0.19 |
# | regressors not averaged | 0.978, 0.951 | 0.86, 0.74 | 0.28, 0.20 |
# | regressors averaged over 20 loops | 0.980, 0.957 | 0.86, 0.76 | 0.28, 0.20 |
# | one trial per loop | 0.948, 0.894 | 0.83, 0.71 | 0.27, 0.19 |
# | nothing forgotten | 0.974, 0.954 | 0.84, 0.73 | 0.27, 0.19 |
# | forgotten after 5 loops | 0.981, 0.958 | 0.84, 0.73 | 0.25, 0.18 |
# | no common modes | 0.979, 0.952 | 0.86, 0.75 | 0.28, 0.20 |
# | no correction | 0.973, 0.967 | 0.85, 0.75 | 0.27, 0.20 |
# | learning every 20 ms | 0.978, 0.956 | 0.86, 0.75 | 0.28, 0.20 |
# | prior 50 times as strong | 0.932, 0.899 | 0.82, 0.69 | 0.27, 0.19 |
# | 132 + 132 plastic synapses | 0.986, 0.964 | 0.87, 0.76 | 0.28, 0.20 |
# | no feed-forward inputs | 0.894, 0.749 | 0.68, 0.48 | 0.17, 0.12 |
# | 132 + 132, no feed-forward | 0.909, 0.820 | 0.78, 0.49 | 0.24, 0.11 |
# | feed-forward at 20 Hz | 0.983, 0.968 | 0.87, 0.77 | 0.28, 0.20 |
#
# **What to notice.**
#
# - *Noise in the plastic target* is the bottleneck: of all that concerns this target, one trial a loop instead of four
#   costs most, then comes averaging in time, then averaging over loops.
# - *Somebody has to tell the time.* Without the Poisson inputs 20 + 20 synapses fail on the left condition; 132 + 132, as in
#   the paper, do better, and cost eight times the computing.
# - *A prior that is too strong* keeps the weights of the Poisson inputs small: their filtered spikes are
#   numbers like 0.005, so a prior of 1 is enormous.
# - What did **not** help beyond the noise of this comparison (about 0.01): twice as many updates, faster Poisson neurons,
#   averaging the regressors for longer, 132 + 132 synapses beside the Poisson inputs.
# - What remains is mostly trial noise of the *test*: uncorrected values stay below the corrected ones and rise with the
#   number of test trials.
#
# Where do the remaining errors sit? The shipped network, neuron by neuron:

# %% tags=["parameters"]
n_quality_trials = sized(50, fast=4)
quality_seed = 7

# %% alt="Left: correlation of mean input and target of each neuron against the standard deviation of its target; weakly modulated neurons are worst. Right: the same against the mean recorded rate, without a trend."
quality_test = part3.evaluate(
    shipped_task, shipped_weights, np.random.default_rng(quality_seed), n_trials=n_quality_trials
)
modulation = shipped_task.targets.std(axis=2)
mean_rates = shipped_task.recorded_rates.mean(axis=2)
fig, axes = plt.subplots(1, 2, figsize=(13, 4.4), sharey=True)
for c, style in enumerate(plotting.condition_styles(shipped_task.n_conditions)):
    for ax, values in zip(axes, (modulation, mean_rates)):
        ax.plot(values[c], quality_test.correlation[c], "o^sDvP*X"[c % 8], color=style["color"],
                ms=4, alpha=0.5, label=shipped_task.conditions[c])
axes[0].set(xlabel="standard deviation of the target (voltage)", xscale="log",
            ylabel=f"correlation ({n_quality_trials} trials)",
            title="weakly modulated neurons are hardest")
axes[1].set(xlabel="mean rate to be reproduced (Hz)", xscale="log",
            title="their rate hardly matters")
axes[1].legend(loc="lower right")
for name, values in (("modulation", modulation), ("mean rate", mean_rates)):
    ranks = [np.argsort(np.argsort(v.ravel())) for v in (values, quality_test.correlation)]
    print(f"rank correlation of quality and {name}: {np.corrcoef(*ranks)[0, 1]:.2f}")
elapsed()

# %% [markdown]
# **What to notice.** A target that hardly moves leaves little to correlate with, and what trial noise
# takes from it looks like bad learning. The corrected correlation of Section 4 tells the two apart. The
# mean rate of a neuron says next to nothing about its quality.
#
# ## 6 · What the untrained neurons do
#
# *Question: nobody taught the other E neurons and the I neurons anything. What do they do?*
#
# They get their input from trained and untrained neurons alike, through random connections. We ask
# two things of each group: how *selective* is it (rate before lick right minus rate before lick
# left), and how much of its activity lies in the time courses that dominate the trained neurons?

# %% tags=["parameters"]
use_live_network = False  # True for the one that you trained in Section 4
n_analysis_trials = sized(50, fast=4)
n_components = 5
last_bins = 25
analysis_seed = 3

# %%
if use_live_network:
    shown_task, shown_weights = training.task, training.weights
else:
    shown_task, shown_weights = shipped_task, shipped_weights
evaluation = part3.evaluate(
    shown_task, shown_weights, np.random.default_rng(analysis_seed), n_trials=n_analysis_trials
)
groups = dict(zip(("trained E", "untrained E", "untrained I"), part3.neuron_groups(shown_task)))
print({name: len(members) for name, members in groups.items()})

# %% alt="Left: distributions of selectivity of trained E, untrained E and untrained I neurons: the untrained ones are selective too, less strongly. Middle: variance explained by the first ten components of each group, steepest for the trained neurons. Right: share of each group's variance that lies in the first five time courses of the trained neurons, above the share of shifted activity."
rng = np.random.default_rng(analysis_seed)
preference = part3.selectivity(evaluation.rates, last_bins)
components = part3.principal_components(
    evaluation.rates, groups["trained E"], n_components
).components

fig, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4.6))
exposure = evaluation.n_trials * last_bins * shown_task.trial_parameters.bin_width / 1000.0  # s
noise = np.sqrt(evaluation.rates[:, :, -last_bins:].mean(axis=2).sum(axis=0) / exposure)
for x, ((name, members), style, marker) in enumerate(
    zip(groups.items(), plotting.condition_styles(len(groups)), "os^")
):
    left.hist(preference[members], np.linspace(-10, 10, 61), density=True, histtype="step",
              lw=2.5, **style, label=name)
    print(f"{name:11s} selectivity: sd {preference[members].std():.2f} Hz "
          f"(Poisson noise alone: {np.sqrt((noise[members] ** 2).mean()):.2f})")
    explained = part3.principal_components(evaluation.rates, members, 10).explained
    middle.plot(np.arange(1, 11), np.cumsum(explained), marker=marker, **style, label=name)
    shared = part3.cross_projection(evaluation.rates, members, components, rng, n_shifts=20)
    right.bar(x, shared.explained, color=style["color"])
    right.plot([x - 0.4, x + 0.4], [shared.shifted.mean()] * 2, "k--")
left.set(xlabel=f"{shown_task.conditions[0]} minus {shown_task.conditions[1]}, last 500 ms (Hz)",
         ylabel="density of neurons", title="selectivity")
middle.set(xlabel="components", ylabel="variance explained", ylim=(0, 1), title="dimensions")
middle.legend(loc="lower right")
right.set(xticks=range(3), xticklabels=list(groups), ylabel="share of the variance",
          title=f"in the trained {n_components} courses (dashed: shifted)")
elapsed()

# %% alt="Eight small panels: the rates in both conditions of the four most strongly modulated untrained E neurons above and untrained I neurons below; the conditions separate with time."
fig, axes = plt.subplots(2, 4, figsize=(14, 5.5), sharex=True)
for row, name in zip(axes, ("untrained E", "untrained I")):
    for ax, i in zip(row, part3.strongest_modulated(evaluation.rates, groups[name], 4)):
        for c, style in enumerate(plotting.condition_styles(shown_task.n_conditions)):
            ax.plot(shown_task.times, evaluation.rates[c, i], **style,
                    label=shown_task.conditions[c])
        ax.set_title(f"{name}, neuron {i}")
    row[0].set_ylabel("rate (Hz)")
fig.supxlabel("time in the trial (ms)")
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2);

# %% [markdown]
# **What to notice.** The untrained neurons are selective far beyond noise, and share more of the
# trained time courses than activity that is equally slow but shifted in time, though nothing was ever
# asked of them: random connections spread task-related activity over the whole network. This is
# the finding of Kim et al. (2023), and a warning, too: that a neuron is selective does not tell
# that it was trained to be.
#
# ## 7 · Perturbations
#
# *Question: what of all this does the network need?* We take parts away, without learning anew.

# %% tags=["parameters"]
silenced_fraction = 0.3
n_perturbed_trials = sized(10, fast=2)
perturbation_seed = 4

# %% alt="Bars of the median correlation of mean input and target: nearly unchanged with a tenth of the neurons silent, somewhat lower without recurrent learning, near zero without the Poisson input."
perturbations = {
    "intact": part3.Lesion(),
    "10% of the trained silent": part3.Lesion(silenced_fraction=0.1),
    f"{silenced_fraction:.0%} of the trained silent": part3.Lesion(
        silenced_fraction=silenced_fraction
    ),
    "recurrent learning undone": part3.Lesion(with_recurrent_learning=False),
    "no Poisson input": part3.Lesion(with_feedforward=False),
}
study = part3.study_lesions(
    shipped_task, shipped_weights, np.random.default_rng(perturbation_seed), perturbations,
    n_trials=n_perturbed_trials,
)
fig, ax = plt.subplots(figsize=(9, 3.8))
height = 0.8 / shipped_task.n_conditions
for y, perturbed in enumerate(study.evaluations.values()):
    for c, style in enumerate(plotting.condition_styles(shipped_task.n_conditions)):
        ax.barh(y + height * (c - (shipped_task.n_conditions - 1) / 2),
                np.nanmedian(perturbed.correlation[c]), 0.95 * height, color=style["color"],
                hatch="/" * 2 * c, edgecolor="white",
                label=shipped_task.conditions[c] if y == 0 else None)
ax.set(yticks=range(len(perturbations)), yticklabels=list(perturbations),
       xlabel=f"median correlation of input and target ({n_perturbed_trials} trials)",
       title="what remains")
ax.invert_yaxis()
ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
elapsed()

# %% [markdown]
# **What to notice.** The learned activity survives the loss of many neurons. Most of what tells the
# network where it is in the trial comes from the Poisson neurons; the recurrent plastic synapses
# refine it.
#
# ## Your own recordings, and what to try
#
# - `source = "my.npz"` in Section 2 takes your own rates; `part3.recordings_from_arrays(rates, time,
#   conditions)` makes them from arrays of (condition, neuron, time) in Hz, and Part 1 tells how to make
#   them from spike times.
# - The full job: the recordings of 1824 neurons (`source = "alm"`, `n_recorded = 1824`) and
#   `total_loops = 100` take about a minute on two cores.
# - `n_feedforward = 0` in Section 2: without anybody to tell the time. And with `n_plastic = 132`, as in
#   the paper?
# - `learn_every = 20.0`: twice as many updates. Do they bring twice as much?
#
# To keep a training for tomorrow use `part3.save_training("mine.npz", training)` and
# `training = part3.load_training("mine.npz")`: it goes on bit for bit.
#
# ## Summary
#
# - A balanced network finds its rates itself; they follow from equations without free parameters.
# - Siegert's formula turns recorded rates into inputs, and RLS turns inputs into weights.
# - Plastic targets full of trial noise are the bottleneck; averaging them is the remedy.
# - Activity that was taught to some neurons reaches all others through random connections.
#
# ## References
#
# - Brunel N (2000) Dynamics of sparsely connected networks of excitatory and inhibitory spiking
#   neurons. *J Comput Neurosci* 8:183–208.
#   [doi:10.1023/A:1008925309027](https://doi.org/10.1023/A:1008925309027)
# - Kim CM, Chow CC (2018) Learning recurrent dynamics in spiking networks. *eLife* 7:e37124.
#   [doi:10.7554/eLife.37124](https://doi.org/10.7554/eLife.37124)
# - Kim CM, Finkelstein A, Chow CC, Svoboda K, Darshan R (2023) Distributing task-related neural
#   activity across a cortical network through task-independent connections. *Nat Commun* 14:2851.
#   [doi:10.1038/s41467-023-38529-y](https://doi.org/10.1038/s41467-023-38529-y)
# - Schoppe O, Harper NS, Willmore BDB, King AJ, Schnupp JWH (2016) Measuring the performance of
#   neural models. *Front Comput Neurosci* 10:10.
#   [doi:10.3389/fncom.2016.00010](https://doi.org/10.3389/fncom.2016.00010)
# - van Vreeswijk C, Sompolinsky H (1996) Chaos in neuronal networks with balanced excitatory and
#   inhibitory activity. *Science* 274:1724–1726.
#   [doi:10.1126/science.274.5293.1724](https://doi.org/10.1126/science.274.5293.1724)
