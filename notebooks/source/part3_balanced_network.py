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
# (LIF neurons, Siegert's formula). **Time**: 40 minutes with the text, about one minute of
# computing.
#
# | symbol | in the code | unit | value here |
# | --- | --- | --- | --- |
# | $N_E, N_I$ | `n_exc`, `n_inh` | – | 2500, 2500 |
# | $K$ | `in_degree` | – | 500 E and 500 I inputs |
# | $\tau_m$, $\tau_s$ | `tau_m`, `tau_syn` | ms | 10, 3 |
# | $\tau_p$ | `tau_plastic` | ms | 150 |
# | $u^{\rm bal}$ | `balanced_input` | voltage | – |
# | $u^{\rm pla}$ | `plastic_input` | voltage | – |
# | $\sigma$ | `sigma` | voltage | measured |
# | $f_i(t)$ | `targets` | voltage | from the recordings |
# | $n$ | `n_trials` | – | test trials of each condition |
#
# Voltages have no unit: 0 is the reset, 1 the threshold.

# %% tags=["setup"]
# (setup)

# %%
import time

import matplotlib.pyplot as plt
import numpy as np

import src_part3 as part3
from src_part1.plotting import CONDITION_COLOURS, plot_learning_curve
from src_part3 import plotting

plotting.use_course_style()
started = time.perf_counter()


def elapsed():
    print(f"{time.perf_counter() - started:.0f} s since the first cell")


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

# %%
network_parameters = part3.NetworkParameters()
network_seed = 0
free_run = part3.TrialParameters(duration=3000.0, cue_amplitude=0.0)

# %% alt="Left: excitatory input of one neuron far above threshold, inhibitory input far below it, and their sum fluctuating around the threshold. Right: raster of 100 E and 100 I neurons, irregular and without visible synchrony."
network = part3.build_network(network_parameters, np.random.default_rng(network_seed))
untrained = part3.run_trial(
    network, free_run, np.random.default_rng(network_seed + 1), spikes=True, probes=(0,)
)
external = network_parameters.external_input
fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4.6))
plotting.plot_input_balance(untrained, external[0], ax=left)
plotting.plot_ei_raster(untrained, network_parameters.n_exc, window=(500.0, 1500.0), ax=right)
left.set_title("the inputs of one neuron cancel")
right.set_title("100 E and 100 I neurons: no clock, no chorus")
elapsed()

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
right.legend(loc="upper left", fontsize=10)
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
# How does the network approach the limit of large $K$? We change the out-degree and keep everything
# else.

# %%
out_degrees = (100, 250, 500, 1000)
scan_seed = 10

# %% alt="Rates of E and I neurons against K: simulated points lie on the mean-field line, and both approach the leading-order values as K grows."
scan = part3.scan_in_degree(
    network_parameters, out_degrees, np.random.default_rng(scan_seed), n_trials=1
)
ax = plotting.plot_rate_scan(scan, logarithmic=True)
ax.set_title("with more inputs the rates approach the balance equations")
elapsed()

# %% [markdown]
# **What to try.** `part3.scan_external_input(network_parameters, (-0.5, 0.0, 0.5, 1.0), rng)`: the rates
# follow the input along a straight line, though each single neuron is far from linear.
# `NetworkParameters(j_ei=-0.3)`: what happens when inhibition is too weak to balance?
#
# ## 2 · From recorded rates to target inputs
#
# *Question: what input makes a model neuron fire like a recorded one?*
#
# Around its mean, the input of a neuron fluctuates almost like white noise of strength $\sigma$, which
# we measure on the untrained network. Siegert's formula of Part 2 gives the rate for each mean
# input; we invert it, bin by bin. Each recorded neuron takes the place of that free
# E neuron whose untrained rate is nearest to its own.

# %%
source = "auto"
n_recorded = 500
task_seed = 0

# %%
recordings = part3.load_recordings(source)
if n_recorded < recordings.n_neurons:
    recordings = recordings.select(n_recorded, rng=np.random.default_rng(task_seed))
kind = "SYNTHETIC stand-in" if recordings.source == "synthetic" else "recorded"
print(recordings.provenance)
task = part3.make_task(recordings, seed=task_seed)
print(f"{task.n_trained} of {n_exc} E neurons get a target; sigma = {task.sigma:.3f}")

# %% alt="Left: the curve from rate to mean input, all below threshold. Middle: rates of four neurons. Right: the target inputs they become."
fig, axes = plt.subplots(1, 3, figsize=(14, 4.2))
plotting.plot_rate_to_input(task.recorded, task.targets, ax=axes[0])
shown = np.argsort(task.recorded.std(axis=2).mean(axis=0))[[-2, -40, -120, -250]]
for ax, values, name in (
    (axes[1], task.recorded, "rate (Hz)"), (axes[2], task.targets, "target input (voltage)")
):
    for i, colour in zip(shown, plt.rcParams["axes.prop_cycle"].by_key()["color"]):
        ax.plot(task.times, values[0, i], color=colour)
        ax.plot(task.times, values[1, i], color=colour, ls="--")
    ax.set(xlabel="time in the trial (ms)", ylabel=name)
axes[0].set_title("Siegert's formula, inverted")
axes[1].set_title(f"four neurons ({kind})")
axes[2].set_title(f"— {task.conditions[0]}, - - {task.conditions[1]}");

# %% [markdown]
# ## 3 · Plastic synapses
#
# The $5\,000\,000$ synapses of the balanced network stay as they are. On top, each trained
# neuron gets
#
# - 20 plastic synapses from other trained neurons and 20 from I neurons, and
# - synapses from 300 Poisson neurons whose rates wander slowly, the same way in each trial of a
#   condition. They stand for the rest of the brain and tell the network the time.
#
# All act through slow synapses, $\tau_p = 150$ ms.

# %% alt="Rates of four of the 300 Poisson neurons in each condition, wandering around 5 Hz."
ax = plotting.plot_feedforward(task.feedforward)
ax.set_title(f"four Poisson neurons (blue {task.conditions[0]}, red {task.conditions[1]})");

# %% [markdown]
# ## 4 · Learning
#
# *Question: what exactly is the regression?*
#
# The total input shall equal the target: $u^{\rm pla}_i + u^{\rm bal}_i \to f_i$. The static part
# $u^{\rm bal}$ is not ours to change, so the *label* of the regression is $f_i - u^{\rm bal}_i$, and RLS finds
# the plastic weights whose input $u^{\rm pla}_i = w_i \cdot r$ comes nearest to it.
#
# Two lessons stand behind the defaults:
#
# - **The label is mostly noise.** The balanced input fluctuates several times more than the
#   target changes. It is different in each trial, so it can be averaged away: over a moving
#   window of 160 ms and over all trials so far.
# - **What one condition learns must not spoil the other.** The Poisson weights are separate for each
#   condition. Regarded as separate regressors, of which one half is silent in each trial, exact
#   RLS serves both conditions at once, and identities like the one of Part 1 make it
#   affordable: the 300 shared inputs cost one matrix for all neurons.

# %%
training_parameters = part3.TrainingParameters()
n_loops = 60
training_seed = 1
n_test_trials = 50

# %%
training = part3.Training(task, training_parameters, seed=training_seed)
training.run(n_loops)
elapsed()

# %%
test_seed = 2
evaluation = part3.evaluate(
    task, training.weights, np.random.default_rng(test_seed), n_trials=n_test_trials
)
before = part3.evaluate(
    task, part3.Training(task, training_parameters).weights,
    np.random.default_rng(test_seed), n_trials=10,
)
print(f"medians over {task.n_trained} neurons, {evaluation.n_trials} test trials, weights frozen")
rows = (
    ("mean input and target", evaluation.correlation),
    ("  corrected for trial noise", evaluation.corrected_correlation),
    ("single trial", evaluation.single_trial_correlation),
    ("simulated and recorded PSTH", evaluation.psth_correlation),
    ("R² of mean input", evaluation.r2),
    ("(before learning: input)", before.correlation),
)
for name, values in rows:
    by_condition = "   ".join(
        f"{c} {np.nanmedian(v):5.2f}" for c, v in zip(task.conditions, values)
    )
    print(f"{name:30s} {by_condition}")
elapsed()

# %% alt="Left: learning curve of both conditions, rising and flattening. Right: histogram of the correlation of mean input and target of each neuron."
fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4.2))
plot_learning_curve(np.array(training.curve), names=task.conditions, ax=left)
left.set(ylabel="median correlation", title="learning curve (input averaged over the last loops)")
for name, values, colour in zip(task.conditions, evaluation.correlation, CONDITION_COLOURS):
    right.hist(values, np.linspace(-1, 1, 41), histtype="step", lw=2.5, color=colour,
               label=f"{name}: median {np.nanmedian(values):.2f}")
right.set(xlabel=f"correlation of mean input and target ({evaluation.n_trials} trials)",
          ylabel="neurons", title="quality of each neuron")
right.legend(loc="upper left");

# %% alt="Mean input and target of four neurons in both conditions above, recorded and simulated rates of the same neurons below; they agree, with small wiggles from spike noise."
quality = np.nanmean(evaluation.correlation, axis=0)
shown = np.argsort(quality)[np.linspace(0.25 * len(quality), len(quality) - 1, 4).astype(int)]
fig, axes = plt.subplots(2, 4, figsize=(14, 6), sharex=True)
simulated = evaluation.rates[:, task.network.trained]
for column, i in zip(axes.T, shown):
    for c, colour in zip(range(task.n_conditions), CONDITION_COLOURS):
        column[0].plot(task.times, task.targets[c, i], color=colour, lw=5, alpha=0.35)
        column[0].plot(task.times, evaluation.mean_input[c, i], color=colour, lw=1.8)
        column[1].plot(task.times, task.recorded[c, i], color=colour, lw=5, alpha=0.35,
                       label=f"{task.conditions[c]}, {kind}")
        column[1].plot(task.times, simulated[c, i], color=colour, lw=1.8,
                       label=f"{task.conditions[c]}, network")
    column[0].set_title(f"neuron {i}, r = {quality[i]:.2f}")
axes[0, 0].set_ylabel("input (voltage)")
axes[1, 0].set_ylabel("rate (Hz)")
fig.supxlabel("time in the trial (ms)")
fig.legend(*axes[1, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4);

# %% alt="Two rasters of one trial each: the trained neurons, sorted by the time of their recorded peak in the first condition; after the cue the spikes are a little denser along the diagonal in the first condition, and not in the second."
order = task.network.trained[np.argsort(task.recorded[0].argmax(axis=1))]
rank = np.full(network_parameters.n_neurons, -1)
rank[order] = np.arange(order.size)
fig, axes = plt.subplots(1, task.n_conditions, figsize=(13, 5), sharey=True, squeeze=False)
for c, ax in enumerate(axes.flat):
    trial = part3.run_trial(
        task.network, task.trial, np.random.default_rng(test_seed + 1),
        weights=training.weights[c], cue=task.cues[c], feedforward=task.feedforward,
        condition=c, spikes=True,
    )
    learned = rank[trial.spike_ids] >= 0
    ax.plot(trial.spike_times[learned], rank[trial.spike_ids[learned]], "k|", ms=1.5, alpha=0.5)
    ax.axvspan(task.trial.stim_on, task.trial.stim_off, color=CONDITION_COLOURS[c], alpha=0.2)
    ax.set(xlabel="time in the trial (ms)", title=f"{task.conditions[c]}: one trial")
axes[0, 0].set_ylabel(f"trained neuron, sorted by its peak in {task.conditions[0]}")
elapsed()

# %% [markdown]
# **What to notice.** A *single* trial correlates weakly with its target, and no learning could change
# this: at 5 Hz a neuron's input in one trial is mostly noise. Averaged over trials, the target
# stands out. That is why every figure here says over how many trials it was taken, and why the
# corrected correlation is given beside the plain one.
#
# ## 5 · What the untrained neurons do
#
# *Question: nobody taught the other E neurons and the I neurons anything. What do they do?*
#
# They get their input from trained and untrained neurons alike, through random connections. We ask
# two things of each group: how *selective* is it (rate before lick right minus rate before lick
# left), and how much of its activity lies in the time courses that dominate the trained neurons?

# %%
n_components = 5
last_bins = 25
analysis_seed = 3

# %% alt="Left: distributions of selectivity of trained E, untrained E and untrained I neurons: the untrained ones are selective too, less strongly. Middle: variance explained by the first ten components of each group, steepest for the trained neurons. Right: share of each group's variance that lies in the first five time courses of the trained neurons, above the share of shifted activity."
rng = np.random.default_rng(analysis_seed)
groups = dict(zip(("trained E", "untrained E", "untrained I"), part3.neuron_groups(task)))
preference = part3.selectivity(evaluation.rates, last_bins)
components = part3.principal_components(
    evaluation.rates, groups["trained E"], n_components
).components

fig, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4.6))
exposure = evaluation.n_trials * last_bins * task.trial.bin_width / 1000.0  # s
noise = np.sqrt(evaluation.rates[:, :, -last_bins:].mean(axis=2).sum(axis=0) / exposure)
for x, ((name, members), colour) in enumerate(zip(groups.items(), CONDITION_COLOURS)):
    left.hist(preference[members], np.linspace(-10, 10, 61), density=True, histtype="step",
              lw=2.5, color=colour, label=name)
    print(f"{name:11s} selectivity: sd {preference[members].std():.2f} Hz "
          f"(Poisson noise alone: {np.sqrt((noise[members] ** 2).mean()):.2f})")
    explained = part3.principal_components(evaluation.rates, members, 10).explained
    middle.plot(np.arange(1, 11), np.cumsum(explained), "o-", color=colour, label=name)
    shared = part3.cross_projection(evaluation.rates, members, components, rng, n_shuffles=20)
    right.bar(x, shared.explained, color=colour)
    right.plot([x - 0.4, x + 0.4], [shared.shuffled.mean()] * 2, "k--")
left.set(xlabel=f"{task.conditions[0]} minus {task.conditions[1]}, last 500 ms (Hz)",
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
        for c, colour in zip(range(task.n_conditions), CONDITION_COLOURS):
            ax.plot(task.times, evaluation.rates[c, i], color=colour, label=task.conditions[c])
        ax.set_title(f"{name}, neuron {i}")
    row[0].set_ylabel("rate (Hz)")
fig.supxlabel("time in the trial (ms)")
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=2)

# %% [markdown]
# ### Perturbations
#
# What of all this does the network need? We take parts away, without learning anew.

# %%
perturbations = {
    "intact": {},
    "10% of the trained silent": {"silenced_fraction": 0.1},
    "30% of the trained silent": {"silenced_fraction": 0.3},
    "recurrent learning undone": {"recurrent": False},
    "no Poisson input": {"feedforward": False},
}
n_perturbed_trials = 10
perturbation_seed = 4

# %% alt="Bars of the median correlation of mean input and target: nearly unchanged with a tenth of the neurons silent, somewhat lower without recurrent learning, near zero without the Poisson input."
fig, ax = plt.subplots(figsize=(9, 3.8))
for y, change in enumerate(perturbations.values()):
    perturbed = part3.perturb(
        task, training.weights, np.random.default_rng(perturbation_seed),
        n_trials=n_perturbed_trials, **change,
    )
    for c, colour in zip(range(task.n_conditions), CONDITION_COLOURS):
        ax.barh(y + 0.4 * c - 0.2, np.nanmedian(perturbed.correlation[c]), 0.38, color=colour,
                label=task.conditions[c] if y == 0 else None)
ax.set(yticks=range(len(perturbations)), yticklabels=list(perturbations),
       xlabel=f"median correlation of input and target ({n_perturbed_trials} trials)",
       title="what remains")
ax.invert_yaxis()
ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
elapsed()

# %% [markdown]
# **What to notice.** The untrained neurons are selective far beyond noise, and share more of the
# trained time courses than activity that is equally slow but shifted in time, though nothing was ever
# asked of them: random connections spread task-related activity over the whole network. This is
# the finding of Kim et al. (2023), and a warning, too: that a neuron is selective does not tell
# that it was trained to be.
#
# The learned activity survives the loss of many neurons. Most of what tells the network where it is
# in the trial comes from the Poisson neurons; the recurrent plastic synapses refine it.
#
# **What to try.**
#
# - `n_loops = 150` and the real recordings with `n_recorded = 1824`: the full job, a few minutes.
# - `part3.TrainingParameters(average_labels=False, smoothing=0.0)`: the label as it comes, with all
#   its noise. How much does the test lose?
# - `part3.make_task(..., feedforward=part3.FeedforwardParameters(n_inputs=0))`: without anybody to
#   tell the time.
# - `part3.make_task(..., network=part3.NetworkParameters(n_plastic_exc=60, n_plastic_inh=60))`.
#
# A training can be stopped (■) and continued: run its cell's second line again. To keep it for
# tomorrow use `part3.save_training("mine.npz", training)` and
# `training = part3.load_training("mine.npz")`.
#
# ## Summary
#
# - A balanced network finds its rates itself; they follow from equations without free parameters.
# - Siegert's formula turns recorded rates into inputs, and RLS turns inputs into weights.
# - Labels full of trial noise are the bottleneck; averaging them is the remedy.
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
