# %% [markdown]
# # Your own recordings
#
# *Load, look, train, take apart: what a balanced spiking network makes of your recordings*

# %% [markdown] tags=["badges"]
# (badges)

# %% [markdown]
# Name your file in the first cell below (put it beside this notebook, or write its path) and run all cells: about three minutes on
# two cores for 500 neurons in two conditions. [Part 3](part3_balanced_network.ipynb) explains each step; the page *Your own recordings* of the
# course's site explains what a file may hold. `make report RECORDINGS=FILE` runs this notebook from a terminal and makes a page of it.

# %% tags=["setup"]
# (setup)

# %% tags=["parameters"]
source = "synthetic"  # your file, or the course's stand-in
options = {}  # what load_recordings needs besides, for example {"condition": "side", "event": "go"}
network_file = None  # where to keep the trained network, for example "my_network.npz"

# %%
import time
import warnings

import matplotlib.pyplot as plt
import numpy as np

import src_part3 as part3
from course.part3 import sized
from src_part1 import plotting
from src_part1.common.metrics import correlation, summarise
from src_part1.common.smoothing import moving_mean
from src_part3.plotting import plot_lesions

plotting.use_course_style()
warnings.showwarning = lambda message, *where: print("Note:", message)
rng = np.random.default_rng(1)
started = time.perf_counter()

# %% [markdown]
# ## 1 · Load

# %%
recordings = part3.load_recordings(source, **options)
print(recordings.describe())
print("Where they come from:", recordings.provenance)
kept = recordings.drop_silent()
n_silent = recordings.n_neurons - kept.n_neurons
if n_silent:
    print(f"Note: {n_silent} silent neurons are left out of all that follows.")
most_neurons = part3.RECURRENT.n_exc  # each recorded neuron gets a place among the E neurons
if kept.n_neurons > most_neurons:
    print(f"Note: {most_neurons} of {kept.n_neurons} neurons are used, evenly along their rates.")
    kept = kept.select(most_neurons)

# %% [markdown]
# ## 2 · Look

# %% alt="Rates of all neurons over time, an image for each condition, sorted by the time of the peak in the first condition."
columns = min(kept.n_conditions, 3)
rows = -(-kept.n_conditions // columns)
fig, axes = plt.subplots(rows, columns, figsize=(4.5 * columns + 1, 3.6 * rows), squeeze=False)
order = np.argsort(kept.rates[0].argmax(axis=1), kind="stable")
for ax in axes.flat[kept.n_conditions:]:
    ax.set_axis_off()
print("mean rate (Hz)  highest rate (Hz)  condition")
for ax, name, rates in zip(axes.flat, kept.conditions, kept.rates):
    plotting.plot_population(kept.time, rates, order=order, ax=ax, title=name)
    print(f"{rates.mean():14.1f}  {rates.max():17.1f}  {name}")
spread = kept.rates.std(axis=2).max(axis=0)
n_weak = int((spread < 0.15 * kept.rates.mean(axis=(0, 2))).sum())
print(f"{n_weak} of {kept.n_neurons} neurons change by less than 15% of their mean rate (s.d.):")
print("there is little to learn from them, and trial noise hides it.")

# %% [markdown]
# ## 3 · Train
#
# The library chooses the numbers of the network and of the training by the number of neurons; with fewer than 100 the network gets a
# clock, because so few can hardly keep the time by themselves. Only the loops are fewer than the library's own, so that this
# takes minutes: for a result to keep, train with `part3.TrainingParameters()` as it is.

# %%
training_parameters = part3.TrainingParameters(**sized(
    {"held_loops": 10, "free_loops": 3},
    fast={"held_loops": 2, "settling_loops": 1, "held_trials": 2, "free_loops": 1,
          "free_trials": 2, "noise_weight": 1.0, "ridge": 20.0},
))
network_parameters = sized(None, fast=part3.BalancedNetworkParameters(  # None: by the rule
    n_exc=150, n_inh=150, out_degree=60, n_plastic_exc=5, n_plastic_inh=6, tau_plastic=50.0,
    mu_exc=0.3, mu_inh=0.22, j_plastic_exc=0.1, j_plastic_inh=-0.1,
))
n_test_trials = sized(50, fast=4)  # of each condition
n_lesion_trials = sized(10, fast=2)

# %%
task = part3.make_task(kept, network_parameters=network_parameters)
network = task.network.parameters
print(f"Training {task.n_trained} of {network.n_exc} excitatory neurons on {source}.")
print(f"Each has {network.n_plastic_exc} plastic synapses from trained excitatory neurons and")
print(f"{network.n_plastic_inh} from inhibitory ones, with a time constant of "
      f"{network.tau_plastic:g} ms. Clock: {task.feedforward_parameters.clock}.")
training = part3.train(task, training_parameters)
tested = part3.evaluate(task, training.weights, rng, n_trials=n_test_trials)
if network_file:
    part3.save_network(network_file, task, training.weights)
    print(f"The trained network is in {network_file}; part3.load_network reads it.")
print(f"{time.perf_counter() - started:.0f} s since the first cell")

# %% alt="Quality of the freely running network after each loop, a line for each condition." jupyter={"source_hidden": true}
plotting.plot_learning_curve(training.train_correlation, names=task.conditions,
                             ylabel="correlation of the network alone")
plt.show()

# %% [markdown]
# ## 4 · What it learned
#
# The weights are frozen, the cue comes, and the network runs alone. Simulated rates are smoothed as the recorded ones were; where these were not
# smoothed at all, both are smoothed over 100 ms here, or noise would be compared with noise. The *ceiling* is the correlation
# that a network with exactly your mean rates would reach in as many trials: it follows from two halves of the simulated trials.

# %% jupyter={"source_hidden": true}
trained = task.network.trained
bin_width = task.trial_parameters.bin_width
half_width = 0 if task.recorded_smoothing else int(50 / bin_width)


def smooth(rates):
    return moving_mean(rates.astype(float), half_width)


recorded, simulated = smooth(task.recorded_rates), smooth(tested.rates[:, trained])
halves = smooth(tested.half_rates[:, :, trained])
by_neuron = correlation(simulated, recorded)
between_halves = np.clip(correlation(halves[0], halves[1]), 0, 1)
ceiling = np.sqrt(2 * between_halves / (1 + between_halves))
print("medians over neurons, by condition")
print("rates: correlation  (ceiling)    R²   input: correlation    R²*   right end   condition")
for c, name in enumerate(task.conditions):
    numbers = [summarise(values[c]).median for values in (
        by_neuron, ceiling, tested.psth_r2, tested.correlation, tested.r2_corrected)]
    print("{:18.2f}  {:9.2f}  {:6.2f}  {:18.2f}  {:6.2f}".format(*numbers), end="")
    print(f"{tested.side_decoded[c]:12.2f}   {name}")
print("R²* is without trial noise; right end: share of trials nearest to their own condition.")
print()
print("A correlation is blind to the size of rates. Mean rates (Hz), slowest to fastest neurons:")
groups = np.array_split(np.argsort(recorded.mean(axis=(0, 2))), min(8, task.n_trained))
for name, rates in (("recorded", recorded), ("simulated", simulated)):
    print(f"{name:>9}: " + "  ".join(f"{rates[:, group].mean():5.1f}" for group in groups))
top = np.maximum(recorded.max(axis=(0, 2)), 5.0)
too_fast = simulated.max(axis=(0, 2)) > 1.5 * top
worst = np.argmax(simulated.max(axis=(0, 2)) / top)
wrong = np.abs(tested.rate_ratio - 1) > 0.5
if wrong.any() or too_fast.mean() > 0.05:
    print("WARNING: do not read rates from this network, whatever the correlation. Mean rates are")
    print(f"wrong by half or more in {wrong.sum()} of {wrong.size} groups, and {too_fast.sum()} of "
          f"{too_fast.size} neurons leave their recorded range by half:")
    print(f"neuron {worst} reaches {simulated[:, worst].max():.0f} Hz, recorded at most "
          f"{recorded[:, worst].max():.0f} Hz.")

# %% alt="Rates over time of eight neurons from the best to the worst. Thick pale lines are recorded, thin lines are the network's, a colour for each condition. The title gives the correlation and its ceiling." jupyter={"source_hidden": true}
quality = np.nan_to_num(by_neuron).mean(axis=0)
ranked = np.argsort(-quality, kind="stable")
shown = ranked[np.linspace(0, ranked.size - 1, min(8, ranked.size)).astype(int)]
since = kept.time[0] + task.times - task.trial_parameters.stim_off
fig, axes = plt.subplots(2, 4, figsize=(14, 6.6), sharex=True)
for ax in axes.flat[shown.size:]:
    ax.set_axis_off()
for ax, neuron in zip(axes.flat, shown):
    plotting.plot_neuron(since, recorded[:, neuron], simulated[:, neuron],
                         names=task.conditions, ax=ax)
    highest = np.nan_to_num(ceiling[:, neuron]).mean()
    ax.set_title(f"neuron {neuron}: {quality[neuron]:.2f} of {highest:.2f}", fontsize=11)
for ax in axes[1]:
    ax.set_xlabel("time (ms)")
fig.supylabel("rate (Hz)", fontsize=12)
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside lower center",
           ncols=min(4, 2 * task.n_conditions), fontsize=10)
plt.show()

# %% [markdown]
# ## 5 · Take it apart
#
# Parts of the trained network are taken away, and it is not trained again.

# %% alt="Bars of the median correlation of mean input and target under each lesion, a bar for each condition." jupyter={"source_hidden": true}
study = part3.study_lesions(task, training.weights, rng, n_trials=n_lesion_trials)
correlations, squares = study.measure("median_correlation"), study.measure("r2_corrected")
plot_lesions(correlations, study.lesions, study.conditions).set_xlabel("median correlation")
plt.show()
print("correlation  R² without trial noise  end decoded  lesion")
better = []
for (name, test), r, square in zip(study.evaluations.items(), correlations, squares):
    print(f"{r.mean():11.2f}  {square.mean():22.2f}  {test.balanced_accuracy:11.2f}  {name}")
    if r.mean() > correlations[0].mean() + 0.03:
        better.append(name)
if better:
    print(f"Note: {', '.join(better)}: better than intact. A network that gains where a part is")
    print("taken away is not at its best with it: its rates may be too high (Section 4), or the")
    print("training too short. Do not read this as what that part does.")
print(f"{time.perf_counter() - started:.0f} s since the first cell")

# %% [markdown]
# ## 6 · What to read off
#
# - **Section 4 before Section 5**: a lesion of a network that does not do the task says nothing. Correlations near their ceiling *and* an R²
#   well above 0 *and* rates of the right size: only then does the network stand for your recordings.
# - **"Recurrent learning undone"** near the intact bars: the activity does not need what was learned. With a clock, **"no clock"** shows how much
#   the clock does; the results then do not show that these neurons could sustain their activity alone.
# - **"No cue"** and **"other cue"**: what the cue alone decides. **Silent neurons**: whether few neurons carry the activity, or all of them.
# - **Few neurons** (below about 100), few trials or weak changes limit the quality more than the training does.
#
# Next: more loops in Section 3, `part3.run_distractors`, or Sections 5 to 7 of [Part 3](part3_balanced_network.ipynb) with your network.
