# %% [markdown]
# # Part 2 · Spiking networks that learn a pattern for every neuron
#
# *Training recurrent networks to reproduce recorded neural activity, Part 2 of 3*

# %% [markdown] tags=["badges"]
# (badges)

# %% [markdown] tags=["slide"]
# # Part 2: now they spike
#
# The same question, the same learning rule, and neurons that spike

# %% [markdown]
# **The question.** Neurons have no rates: they send spikes, at times that nobody can foresee. *Can the spikes of a hundred noisy neurons
# carry a smooth pattern for two seconds, a different one in each neuron?*

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

import src_part2 as part2
from course import part2 as course
from src_part2 import plotting

plotting.use_course_style()
course.stop_quietly()
warnings.filterwarnings("ignore", ".*stand-in")  # a printed line says which recordings these are
started = time.perf_counter()


def elapsed():
    print(f"{time.perf_counter() - started:.0f} s since the first cell")


# %% [markdown]
# **Resume here.** If your kernel has died, run the cells up to here and go on with any section.

# %% tags=["resume"]
recordings = part2.load_recordings("auto")
print(recordings.provenance)

# %% [markdown] tags=["slide", "plot"]
# ## One question
#
# > Can such spikes carry such patterns?

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Left: spikes of a hundred untrained neurons over two seconds, at irregular times. Right: three smooth sines of two seconds with different phases, which the inputs of three neurons should follow."
opening = part2.LIFNetworkParameters(n_neurons=100)
rng = np.random.default_rng(1)
opening_weights = part2.random_weights(opening, rng)
spikes = part2.simulate(
    part2.LIFParameters(), np.full(100, opening.mean_input), 2000.0, rng, weights=opening_weights
)
fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4))
plotting.plot_raster(spikes, ax=left)
left.set_title("what the neurons send: spikes of a hundred, untrained")
opening_time = np.arange(0.0, 2000.0, 10.0)
for shift in range(3):
    right.plot(opening_time, 1.5 * shift + np.sin(2 * np.pi * (opening_time / 2000 + shift / 3)))
right.set(xlabel="time (ms)", yticks=[], title="what three of them should receive");

# %% [markdown]
# - **New to this?** Do Part 1 first, then Sections 1, 4 and 6 here; leave out what is marked *bonus*.
# - **You know FORCE?** Begin with Section 4.
# - **You have data?** Run Section 6, then put your file's name in place of `"auto"`.
#
# **What you will learn**: how a neuron turns input into spikes, and how *filtered* spikes let the rule of Part 1 train every
# neuron. **What you need**: [Part 1](part1_rate_rnn.ipynb), Sections 4 and 6.
#
# | section | minutes |
# | --- | --- |
# | opening and close | 8 |
# | 1 · One neuron | 5 + 16 |
# | 2 · Two neurons | bonus 3 |
# | 3 · A network | bonus 3 |
# | 4 · Training with filtered spikes | 10 + 12 |
# | 5 · Irregular patterns | bonus 3 |
# | 6 · Recorded neurons | 5 |
# | 7 · What limits learning? | bonus 7 |
#
# After a plus: *bonus*.

# %% [markdown]
# ## 1 · One neuron
#
# *Question: when does a neuron fire if its mean input is below threshold?*
#
# The voltage $v$ relaxes within a time $\tau_m$ towards its mean input $\mu$, and white noise $\xi$ of strength $\sigma$ moves it:
#
# $$\tau_m \frac{dv}{dt} = -v + \mu + \sigma\sqrt{\tau_m}\;\xi(t),\qquad
# v > 1:\ \text{spike, and } v \leftarrow 0 .$$
#
# One Euler step is $v \leftarrow v + \frac{\Delta t}{\tau_m}(-v + \mu) + \sigma\sqrt{\Delta t/\tau_m}\;n$ with a new standard
# normal number $n$; $\sigma$ is `noise` in the code.

# %% [markdown] tags=["slide"]
# ## One neuron
#
# $$\tau_m \frac{dv}{dt} = -v + \mu + \sigma\sqrt{\tau_m}\;\xi(t),\qquad v > 1:\ \text{spike, and } v \leftarrow 0$$
#
# The voltage relaxes towards its mean input $\mu = 0.7$, below the threshold of 1, and noise moves it at every step.

# %% tags=["parameters"]
single_noise = 0.2  # sigma, strength of the white noise
single_dt = 0.1  # ms
single_mean_input = 0.7
single_duration = 1000.0  # ms
single_seed = 3

# %% [markdown] tags=["slide", "plot"]
# ## The mean input is below threshold

# %% alt="Voltage of one neuron over a second: it fluctuates around 0.7, and where noise carries it across the threshold at 1 a spike is drawn as a stroke and the voltage restarts at 0. A second trace without noise settles at 0.7 and never fires."
neuron_parameters = part2.LIFParameters(
    tau_m=10.0, tau_syn=3.0, v_th=1.0, v_reset=0.0, noise=single_noise, dt=single_dt
)
quiet = part2.simulate(
    replace(neuron_parameters, noise=0.0), [single_mean_input], single_duration,
    np.random.default_rng(single_seed), traced=[0],
)
noisy = part2.simulate(
    neuron_parameters, [single_mean_input], single_duration, np.random.default_rng(single_seed),
    traced=[0],
)
fig, ax = plt.subplots(figsize=(12, 3.6))
plotting.plot_voltage(noisy, ax=ax, label="with noise")
ax.plot(quiet.time, quiet.voltage[0], color=plotting.COLOURS["orange"], lw=2.5, label="without")
ax.text(single_duration, 1.03, "threshold", ha="right", fontsize=11, color="0.4")
ax.legend(loc="lower right", ncols=2, bbox_to_anchor=(1.0, 1.0))
ax.set_title(f"spikes: {noisy.counts[0]} with noise, {quiet.counts[0]} without");

# %% [markdown]
# **What to notice.** The mean input is below threshold, so noise causes every spike, and spike times are irregular. The strokes are only
# drawn: in the model, a spike is the moment of the reset.
#
# ### Rate against input
#
# Without noise and with $\mu > v_{th}$ the voltage climbs for $T = \tau_m \ln\frac{\mu - v_{reset}}{\mu - v_{th}}$, and the rate is $1/T$.
# With noise, Siegert (1951) found the mean time to the threshold:
#
# $$\frac{1}{\rm rate} = \tau_m \sqrt{\pi}
# \int_{(v_{reset} - \mu)/\sigma}^{(v_{th} - \mu)/\sigma} e^{x^2}\,(1 + \operatorname{erf} x)\; dx .$$

# %% [markdown] tags=["think"]
# **Think, then look.** Without noise the curve of rate against mean input begins at the threshold. How does noise change it?
#
# <details><summary>A. It lifts the whole curve by the same rate</summary>
# No. Far above the threshold the mean input drives the neuron, and noise matters little.
# </details>
# <details><summary>B. The sharp corner becomes smooth</summary>
# Right. Noise lets the neuron fire below the threshold; far above it noise matters little.
# </details>
# <details><summary>C. It lowers the curve: noise is as often negative as positive</summary>
# No. It need cross the threshold only once for a spike, and then the voltage starts again.
# </details>

# %% tags=["parameters"]
curve_inputs = np.linspace(0.3, 1.6, 27)
curve_copies = course.sized(200, fast=10)  # neurons for each input
curve_duration = 2000.0  # ms
curve_seed = 0

# %%
curve_inputs = np.array(course.numbers("curve_inputs", curve_inputs))
course.numbers("curve_copies", curve_copies, whole=True, at_least=1)
curve_rates = {}
for label, noise in (("noise", neuron_parameters.noise), ("no noise", 0.0)):
    run = part2.simulate(
        replace(neuron_parameters, noise=noise), np.repeat(curve_inputs, curve_copies),
        curve_duration, np.random.default_rng(curve_seed), record_spikes=False,
    )
    curve_rates[label] = part2.firing_rates(run).reshape(curve_inputs.size, curve_copies).mean(1)
sigma = neuron_parameters.noise
equivalent = part2.euler_equivalent(
    neuron_parameters.noise, tau_m=neuron_parameters.tau_m, dt=neuron_parameters.dt
)

# %% [markdown] tags=["slide", "plot"]
# ## Rate against mean input

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Rate against mean input. Without noise it jumps up at the threshold of 1; with noise it rises smoothly from 0.5 on; Siegert's curve and the simulation agree at this scale."
fine = np.linspace(curve_inputs[0], curve_inputs[-1], 400)
fig, ax = plt.subplots(figsize=(8, 4.4))
ax.plot(fine, part2.siegert_rate(fine, 0.0), color="0.6", label="closed form, no noise")
ax.plot(curve_inputs, curve_rates["no noise"], "o", color="0.6", ms=5, label="simulated, no noise")
ax.plot(fine, part2.siegert_rate(fine, sigma), color=plotting.COLOURS["blue"], label="Siegert")
ax.plot(curve_inputs, curve_rates["noise"], "o", color=plotting.OUTPUT, ms=5, label="simulated")
ax.axvline(1.0, color="0.5", ls="--", lw=1)
ax.set(xlabel=r"mean input $\mu$", ylabel="rate (Hz)",
       title=rf"with and without noise, $\sigma$ = {sigma:.2g}")
ax.legend(loc="upper left");

# %% [markdown]
# **What to try.** `single_noise = 0.05` and `0.6`: how sharp is the threshold?
#
# ### Steps miss crossings · bonus

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Simulated rate over the formula's, against mean input: near 0.82 at small inputs for Siegert's formula, and near 1 everywhere for the corrected one."
often = curve_rates["noise"] > 1.0
fig, ax = plt.subplots(figsize=(8, 4))
for label, formula, colour in (
    ("Siegert, uncorrected", part2.siegert_rate(curve_inputs, sigma), plotting.COLOURS["blue"]),
    ("for the Euler neuron", part2.siegert_rate(curve_inputs, **equivalent),
     plotting.COLOURS["green"]),
):
    ratio = curve_rates["noise"][often] / formula[often]
    ax.plot(curve_inputs[often], ratio, "o-", color=colour, label=label)
ax.axhline(1.0, color="0.5", ls="--", lw=1)
ax.set(xlabel=r"mean input $\mu$", ylabel="simulated / formula", title=f"steps of {single_dt:g} ms")
ax.legend(loc="lower right");

# %% [markdown]
# **What to notice.** Where the blue points lie below 1 the simulated neuron fires too seldom: it misses crossings between its steps. To first
# order this acts like a threshold raised by $-\zeta(\tfrac12)/\sqrt{2\pi} = 0.58$ standard deviations of one step's noise (Broadie et al. 1997).
# `euler_equivalent` corrects for this and for the leak; Section 6 uses it. The error falls only with $\sqrt{\Delta t}$: try `single_dt = 0.02`.
#
# ### Interactive demo · bonus

# %% tags=["demo"] alt="Left: voltage of one neuron over a second with noise 0.2 and mean input 0.7, with a few irregular spikes. Right: the measured rate as a point on Siegert's curve."
course.sliders(
    course.demo_noise,
    noise=widgets.FloatSlider(0.2, min=0.0, max=0.8, step=0.05, continuous_update=False),
    mean_input=widgets.FloatSlider(0.7, min=0.2, max=1.6, step=0.05, continuous_update=False),
    seed=widgets.fixed(3),
)
elapsed()

# %% [markdown]
# ### Exercise 1 (★☆☆): a clock of 50 Hz · bonus
#
# Which mean input makes the neuron fire 50 times a second without noise? Give it to two or three decimal
# places.
#
# <details><summary>Hint</summary>
# The interval is 20 ms, and tau_m is 10 ms. Solve the formula for T above for mu.
# </details>

# %% tags=["exercise"]
# BEGIN SOLUTION
my_mean_input = 1 / (1 - np.exp(-2))
# STUB: my_mean_input = None  # your number
# END SOLUTION

# %% alt="Rate against mean input without noise, zero up to the threshold and rising steeply from there, with a dotted line at 50 Hz and the chosen input on it."
course.check_mean_input(my_mean_input)

# %% [markdown]
# ### Exercise 2 (★★☆): the rate without noise · bonus
#
# Write the rate as a function of one mean input `mu` and of `tau_m` (ms). The result is in Hz, for any `mu`.
#
# <details><summary>Hint</summary>
# What happens at and below the threshold of 1? Deal with this case before you take the logarithm.
# </details>

# %% tags=["exercise"]
def my_interval_rate(mu, tau_m):
    # BEGIN SOLUTION
    return 1000.0 / (tau_m * np.log(mu / (mu - 1.0))) if mu > 1.0 else 0.0
    # STUB: raise NotImplementedError("0 up to the threshold, else 1000 / interval in ms")
    # END SOLUTION


# %% alt="The closed form of the rate as a grey line, and the function's values as crosses on it."
course.check_interval_rate(my_interval_rate)

# %% [markdown]
# ### Exercise 3 (★★☆): a spiking neuron in three lines · bonus
#
# Write one Euler step for an array of voltages: leak and input, spikes where $v > 1$, reset to 0.
#
# <details><summary>Hint</summary>
# <code>np.where(spiked, 0.0, v)</code> resets those that spiked and makes a new array.
# </details>

# %% tags=["exercise"]
def my_lif_step(v, total_input, tau_m, dt):
    # BEGIN SOLUTION
    v = v + dt / tau_m * (-v + total_input)
    spiked = v > 1.0
    return np.where(spiked, 0.0, v), spiked
    # STUB: raise NotImplementedError("return the new voltages and which neurons spiked")
    # END SOLUTION


# %% alt="Voltage of a neuron with constant input 1.5: it climbs to 1 and falls to 0 again and again; the library's in grey, the function's dashed."
course.check_lif_step(my_lif_step)

# %% [markdown]
# ## 2 · Two neurons · bonus
#
# *Question: how does a spike become input?*
#
# Each spike of neuron $j$ adds $w_{ij}/\tau_s$ to the synaptic input $u_i$ of neuron $i$ **one step later**, and that input decays:
#
# $$\tau_s \frac{du_i}{dt} = -u_i + \sum_j w_{ij} \sum_k \delta(t - t_j^k),\qquad
# \tau_m \frac{dv_i}{dt} = -v_i + \mu + u_i + \sigma\sqrt{\tau_m}\;\xi_i(t) .$$
#
# The area under one such event is the weight $w_{ij}$ (in ms). Here neuron 1 projects to neuron 2, which rarely fires alone.

# %% [markdown] tags=["think"]
# **Think, then look.** Neuron 2 has a mean input of 0.65, and each spike of neuron 1 adds 0.25. What fraction of these events makes neuron 2 fire?
#
# <details><summary>A. Hardly any: 0.9 is still below threshold</summary>
# No. It is closer to the threshold, and then noise often carries the voltage across it.
# </details>
# <details><summary>B. About four in ten</summary>
# Right: the lines below the plot give the rates over a minute; divide the increase of neuron 2's rate by the rate of neuron 1. An event
# brings neuron 2 closer to the threshold, and noise decides. Events in quick succession add up.
# </details>
# <details><summary>C. Nearly all: a spike is a strong signal</summary>
# No. One event is not enough by itself: it needs the noise, or other events shortly before.
# </details>

# %% tags=["parameters"]
pair_tau_syn = 20.0  # ms
pair_weight = 5.0  # ms, from neuron 1 to neuron 2
pair_mean_input = (0.85, 0.65)
pair_duration = 1000.0  # ms
pair_seed = 13

# %% alt="Three rows over a second: voltage of neuron 1 with irregular spikes; the synaptic input of neuron 2, which jumps by 0.25 after each spike of neuron 1 and decays; voltage of neuron 2, raised by the input; some of its spikes follow closely."
pair_parameters = part2.LIFParameters(tau_syn=pair_tau_syn)
pair_weights = np.array([[0.0, 0.0], [pair_weight, 0.0]])  # [to, from]
pair = part2.simulate(
    pair_parameters, pair_mean_input, pair_duration, np.random.default_rng(pair_seed),
    weights=pair_weights, traced=[0, 1],
)
fig, axes = plt.subplots(3, 1, figsize=(12, 7), sharex=True)
plotting.plot_voltage(pair, 0, ax=axes[0], colour=plotting.COLOURS["blue"])
axes[1].plot(pair.time, pair.synaptic_input[1], color=plotting.COLOURS["green"])
plotting.plot_voltage(pair, 1, ax=axes[2], colour=plotting.OUTPUT)
for ax in axes[1:]:
    for spike in pair.spike_times[pair.spike_ids == 0]:
        ax.axvline(spike, color=plotting.COLOURS["blue"], lw=0.8, alpha=0.5)
axes[0].set(title=f"neuron 1: {pair.counts[0]} spikes", xlabel="")
axes[1].set(
    title="input u of neuron 2; blue lines: spikes of neuron 1",
    ylabel="input u",
)
axes[2].set(title=f"neuron 2, with the input from neuron 1: {pair.counts[1]} spikes")
for first in pair.spike_times[pair.spike_ids == 0][:1]:  # none if neuron 1 is silent
    step = min(round(first / pair_parameters.dt), pair.time.size - 2)
    at_once, later = pair.synaptic_input[1, step : step + 2]
    print(f"first spike of neuron 1 in the step that ends at {first:.1f} ms; "
          f"u of neuron 2 then {at_once:.2f}, one step later {later:.2f}")

# %% tags=["parameters"]
pair_long_duration = course.sized(60_000.0, fast=5000.0)  # ms

# %%
for label, weights in (("connected", pair_weights), ("not connected", np.zeros((2, 2)))):
    long = part2.simulate(
        pair_parameters, pair_mean_input, pair_long_duration, np.random.default_rng(pair_seed),
        weights=weights,
    )
    rates = part2.firing_rates(long)
    print(f"{label}: neuron 1 fires at {rates[0]:.1f} Hz, neuron 2 at {rates[1]:.1f} Hz")
elapsed()

# %% [markdown]
# **What to try.** `pair_weight = -5.0` (inhibition); `pair_tau_syn = 200.0`: the jumps become small, and $u$ follows the rate of
# neuron 1. Section 4 relies on this.

# %% [markdown]
# ## 3 · A network · bonus
#
# *Question: what do a hundred neurons with random connections do?*
#
# Each neuron is connected to all others, but not to itself, and $w_{ij} \sim \mathcal N(0, g^2/N)$ with
# $g = 3$. All neurons get the same constant input $\mu = 0.072\sqrt N$.

# %% tags=["parameters"]
network_size = 100
coupling = 3.0
input_scale = 0.072
network_noise = 0.2
network_duration = 3000.0  # ms
network_seed = 1

# %%
network_parameters = part2.LIFNetworkParameters(
    n_neurons=network_size, coupling=coupling, input_scale=input_scale
)
network_examples = list(range(min(4, network_size)))
rng = np.random.default_rng(network_seed)
network_weights = part2.random_weights(network_parameters, rng)
untrained = part2.simulate(
    part2.LIFParameters(noise=network_noise), np.full(network_size, network_parameters.mean_input),
    network_duration, rng, weights=network_weights, traced=network_examples,
)
network_rates = part2.firing_rates(untrained)
network_cv = part2.interval_cv(untrained)
print(f"mean input {network_parameters.mean_input:.2f}, mean rate {network_rates.mean():.1f} Hz, "
      f"median CV of the intervals {np.nanmedian(network_cv):.2f}")

# %% alt="Left column: voltages of four neurons with their irregular spikes. Right column: the synaptic inputs of the same neurons, brief positive and negative jumps around zero."
fig, axes = plt.subplots(
    len(network_examples), 2, figsize=(13, 7), sharex=True, sharey="col", squeeze=False
)
for row, (voltage, current) in enumerate(axes):
    plotting.plot_voltage(untrained, row, ax=voltage)
    current.plot(untrained.time, untrained.synaptic_input[row], lw=1, color=plotting.OUTPUT)
    voltage.set(xlabel="", ylabel=f"neuron {network_examples[row]}", xlim=(0, 1000))
axes[0, 0].set_title("voltage v")
axes[0, 1].set_title("synaptic input u")
for ax in axes[-1]:
    ax.set_xlabel("time (ms)")
fig.suptitle("Some of the neurons: their voltages, and the input from the spikes of the others");

# %% alt="Left: raster of all spikes of a hundred neurons in 3 s, no pattern visible. Middle: histogram of the rates, between 4 and 13 Hz. Right: histogram of the CV of the intervals, most between 0.5 and 1."
fig, axes = plt.subplots(1, 3, figsize=(14, 4.4), width_ratios=[2, 1, 1])
plotting.plot_raster(untrained, ax=axes[0])
axes[0].set_title("every spike")
axes[1].hist(network_rates, 12, color=plotting.COLOURS["blue"])
axes[1].set(xlabel="rate (Hz)", ylabel="neurons", title="rates")
axes[2].hist(network_cv[np.isfinite(network_cv)], 12, color=plotting.COLOURS["blue"])
axes[2].set(xlabel="CV of the intervals", title="irregularity (0 clock, 1 Poisson)")
elapsed()

# %% [markdown]
# **What to notice.** The neurons differ only in their weights, and yet their rates differ
# severalfold.
#
# **What to try.** `input_scale = 0.12` (mean input above threshold): rates rise, and the CV falls, because
# the spikes are now due to the mean input and not to the noise. `coupling = 0.0`: what is left of the
# differences between the neurons?

# %% [markdown] tags=["slide"]
# ## Learning from filtered spikes
#
# $$\tau_s \frac{dr_j}{dt} = -r_j + \sum_k \delta(t - t_j^k) \qquad\Rightarrow\qquad u_i = \sum_j w_{ij}\, r_j$$
#
# - The input is a weighted sum of *filtered* spikes, exactly.
# - So Part 1 applies as it is, with one matrix $P$ for all neurons.

# %% [markdown] tags=["slide"]
# ## Exercise 4: from spikes to regressors
#
# > Write one Euler step of the equation for $r$.
#
# Three minutes. A delta has the area 1 and no width.

# %% [markdown]
# ## 4 · Training with filtered spikes
#
# *Question: the rule of Part 1 learns from rates. What takes their place if neurons spike?*
#
# Each spike of neuron $j$ adds $w_{ij}/\tau_s$ to the synaptic input $u_i$ of neuron $i$ one step later, and this decays within $\tau_s$. So $u_i$ is
# a weighted sum of *filtered spikes* $r_j$ (1/ms), the spikes after they have passed the synapse:
#
# $$\tau_s \frac{dr_j}{dt} = -r_j + \sum_k \delta(t - t_j^k) \qquad\Rightarrow\qquad
# u_i = \sum_j w_{ij}\, r_j .$$
#
# We learn from these, and all of Part 1 applies: the error of neuron $i$ is $e_i = \mu + u_i - f_i$, with its target $f_i$ (`targets`); the
# regressors $r_j$ are common to all, and **one** matrix $P$ serves all neurons.
#
# After a cue from 800 to 1000 ms the total input $\mu + u_i$ of each neuron should follow a sine of two seconds with a phase of its own.
#
# ### Exercise 4 (★☆☆): from spikes to regressors
#
# Write one Euler step of the equation for $r$. `spiked` says which neurons spiked in this step.
#
# <details><summary>Hint</summary>
# A delta function has the area 1 and no width: what does it add to tau_syn times r?
# </details>

# %% tags=["exercise"]
def my_synapse_step(r, spiked, tau_syn, dt):
    # BEGIN SOLUTION
    return r - dt / tau_syn * r + spiked / tau_syn
    # STUB: raise NotImplementedError("decay, and a jump where a neuron spiked")
    # END SOLUTION


# %% alt="Filtered spikes of one neuron over 300 ms: a jump at each spike and an exponential decay; expected in grey, the function's dashed."
course.check_synapse_step(my_synapse_step)

# %% [markdown]
# ### Exercise 5 (★★★): the rule for a whole network · bonus
#
# Write one RLS update of all weights $W$ (row $i$: inputs of neuron $i$) on filtered spikes, with the
# errors $e = \mu + W r - f$. To keep it short, every neuron may have a synapse onto itself here.
#
# <details><summary>Hint</summary>
# k and c are the same for all neurons, and so is P. Only the error differs: <code>np.outer(error,
# k)</code>.
# </details>

# %% tags=["exercise"]
def my_network_update(W, P, r, targets, mu):
    # BEGIN SOLUTION
    k = P @ r
    c = 1 / (1 + r @ k)
    error = mu + W @ r - targets
    return W - c * np.outer(error, k), P - c * np.outer(k, k)
    # STUB: raise NotImplementedError("k and c once, the errors of all neurons, then W and P")
    # END SOLUTION


# %% alt="The hundred weights of ten neurons after 50 updates: those of the function against the library's, on the diagonal."
course.check_network_update(my_network_update)

# %% [markdown]
# ### The network of the original

# %% tags=["parameters"]
sine_neurons = 100
sine_tau_syn = 200.0  # ms
sine_noise = 0.2
sine_amplitude = 0.5
sine_period = 2000.0  # ms
sine_learn_every = 20.0  # ms
sine_ridge = 0.5
sine_loops = course.sized(20, fast=3)
sine_seed = 1

# %% [markdown] tags=["slide", "plot"]
# ## From spikes to inputs, and back

# %% alt="Schematic: a network of LIF neurons sends spikes; a synapse filters those of neuron j, a jump at each spike and a slow decay; weights that learn make the input u of neuron i of all filtered spikes. With its constant input it goes back into the network and is compared with the target; RLS uses the error to correct the weights."
sine_parameters = part2.LIFParameters(tau_syn=sine_tau_syn, noise=sine_noise)
sine_timing = part2.TrialTiming(
    stim_on=800.0, stim_off=1000.0, learn_on=1000.0, learn_off=3000.0,
    learn_every=sine_learn_every,
)
rng = np.random.default_rng(sine_seed)
sine_task, sine_weights = part2.make_pattern_task(
    "sines", sine_parameters, part2.LIFNetworkParameters(n_neurons=sine_neurons), rng,
    amplitude=sine_amplitude, time_scale=sine_period, timing=sine_timing,
)
update_times = sine_timing.update_times
course.draw_filtered_spikes(sine_parameters, sine_neurons, sine_timing)

# %% [markdown] tags=["slide", "plot"]
# ## The task: a cue, then a sine of two seconds

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Left: targets of five neurons, sines of two seconds with different phases around 0.7. Right: the cue, a random constant input to each neuron between 800 and 1000 ms, drawn for the same five neurons."
fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4))
left.plot(update_times, sine_task.targets[0, :5].T)
left.axhline(1.0, color="0.5", ls="--", lw=1)
left.set(xlabel="time (ms)", ylabel=r"target of $\mu + u$",
         title="five of the hundred targets (dashed: threshold)")
trial = np.arange(0.0, sine_timing.learn_off, 5.0)
cue_on = (trial >= sine_timing.stim_on) & (trial < sine_timing.stim_off)
right.plot(trial, cue_on[:, None] * sine_task.cues[0, :5])
right.axvspan(sine_timing.learn_on, sine_timing.learn_off, color="0.92")
right.text(2000, 0.9 * np.abs(sine_task.cues[0, :5]).max(), "learning window", ha="center")
right.set(xlabel="time (ms)", ylabel="additional input", title="the cue of the same neurons");

# %% [markdown] tags=["slide", "plot"]
# ## Learning, loop after loop

# %% alt="Left: targets and inputs of four neurons in the last loop of the training, close to each other. Right: the learning curve, which rises above 0.95 within ten loops."
sine_training = sine_quality = None  # stay so if the training fails
rng = np.random.default_rng(sine_seed + 1)
with course.WatchLoops(update_times, sine_task.targets, sine_loops) as watch:
    sine_training = part2.train(
        sine_task, sine_weights, rng, ridge=sine_ridge, n_loops=sine_loops, after_loop=watch
    )

# %%
if sine_training is None:
    raise ValueError("There is no trained network: the cell above did not end. Run it again.")
sine_quality = part2.frozen_quality(
    sine_task, sine_training.weights, np.random.default_rng(sine_seed + 4), n_trials=20
)
print(f"{len(sine_training.train_correlation)} loops; 20 trials with frozen weights and new noise: "
      f"correlation {sine_quality.correlation:.3f}, R² {sine_quality.r2:.3f}")

# %% [markdown]
# To go on after a stop (■), run
# `sine_training = part2.train(sine_task, sine_training.weights, rng, rls=sine_training.rls, n_loops=10)`.

# %% [markdown] tags=["think"]
# **Think, then look.** Two trials with the same frozen weights differ only in their noise. What will be alike in them?
#
# <details><summary>A. Spikes and inputs: the network is the same</summary>
# No. Noise decides when a neuron fires, so new noise gives other spikes.
# </details>
# <details><summary>B. Only the inputs</summary>
# Right. The input is a sum over a hundred neurons, filtered by slow synapses: the randomness of single spikes averages out in it, and in each
# trial it stays close to its target.
# </details>
# <details><summary>C. Neither: other spikes make other inputs</summary>
# Other spikes, but a hundred neurons are summed and filtered over 200 ms, and what is left of the randomness is small.
# </details>

# %% [markdown] tags=["slide", "plot"]
# ## One trial with frozen weights

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Left: voltages of three trained neurons in one trial, spiking in groups once per target period. Right: their total input, noisy before the cue shaded in blue, then following the black target sines closely to the end."
examples = np.arange(min(3, sine_neurons))
test = part2.run_frozen(
    sine_task, sine_training.weights, np.random.default_rng(sine_seed + 2), traced=examples,
    trace_every=sine_parameters.dt,
)
fig, axes = plt.subplots(len(examples), 2, figsize=(13, 6), sharex=True, squeeze=False)
for row, (voltage, total) in enumerate(axes):
    plotting.plot_voltage(test, row, ax=voltage, colour="0.25")
    total.plot(update_times, sine_task.targets[0, row], color=plotting.TARGET, lw=4, label="target")
    total.plot(test.time, test.total_input[row], color=plotting.OUTPUT, label=r"network, $\mu + u$")
    for ax in (voltage, total):
        ax.axvspan(sine_timing.stim_on, sine_timing.stim_off, color=plotting.COLOURS["sky"],
                   alpha=0.35)
    voltage.set(xlabel="", ylabel=f"neuron {row}")
axes[0, 0].set_title("voltage of trained neurons")
axes[0, 1].set_title("total input and its target")
fig.legend(*axes[0, 1].get_legend_handles_labels(), loc="outside lower center", ncols=2)
for ax in axes[-1]:
    ax.set_xlabel("time (ms)")
fig.suptitle("One trial with frozen weights (blue: the cue)")
elapsed()

# %% [markdown]
# **What to notice.** For two seconds only the network's own spikes carry the pattern, at times that differ from trial to trial, and yet the
# weighted sum over a hundred neurons is smooth. The network learns *while the noise is on*, so its weights suit a network that is never
# exactly on its target.
#
# **What to try.** `sine_ridge = 5.0` (the updates are too small for 20 loops); `sine_amplitude = 0.1`: the same noise against a smaller pattern.
#
# ### Twenty trials with new noise · bonus

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Left: learning curve, the correlation rises above 0.95 within ten loops. Middle: histogram of the test correlation of each neuron in each trial, almost all above 0.95. Right: raster of the trained network sorted by the phase of the target: a diagonal band of spikes."
outputs = part2.run_frozen_outputs(
    sine_task, sine_training.weights, np.random.default_rng(sine_seed + 3), n_trials=20
)
each_one = part2.correlation(outputs, np.broadcast_to(sine_task.targets[0], outputs.shape))
fig, axes = plt.subplots(1, 3, figsize=(14, 4.4))
plotting.plot_learning_curve(sine_training.train_correlation, ax=axes[0])
axes[0].axhline(sine_quality.correlation, color=plotting.OUTPUT, ls="--", lw=1.5)
axes[0].text(0.98, 0.04, "dashed: test, frozen weights", ha="right", transform=axes[0].transAxes,
             color=plotting.OUTPUT, fontsize=11)
plotting.plot_histogram({"test": each_one.ravel()}, ax=axes[1], xlabel="test correlation")
axes[1].set(title="each neuron in each of 20 trials", ylabel="neurons x trials")
plotting.plot_raster(test, neurons=np.argsort(sine_task.targets[0].argmax(axis=1)), ax=axes[2])
axes[2].set(title="spikes, sorted by the target's peak", ylabel="neuron (sorted)")
elapsed()

# %% [markdown]
# ### Interactive demo · bonus
#
# Try fast synapses with slow targets, and the reverse. For each value a new network is trained.

# %% tags=["demo"] alt="Three sine targets of two seconds and the total input of a network with synapses of 200 ms in one test trial, close to them."
course.sliders(
    course.demo_synapse,
    tau_syn=widgets.FloatSlider(200.0, min=5.0, max=400.0, step=5.0, continuous_update=False),
    period=widgets.FloatSlider(2000.0, min=100.0, max=2000.0, step=100.0, continuous_update=False),
    n_loops=widgets.fixed(15),
    n_neurons=widgets.fixed(100),
    seed=widgets.fixed(1),
);

# %% [markdown]
# ## 5 · Irregular patterns · bonus
#
# *Question: sines are periodic and simple. What about irregular patterns?*
#
# Kim & Chow (2018) trained spiking networks on arbitrary patterns. We try two kinds; every neuron gets a pattern of its own:
#
# - **Ornstein–Uhlenbeck paths**: $\tau\,dx/dt = -x + \sqrt{2\tau}\,\xi$, smoothed over 20 ms. Each is a random
#   path that forgets its past after about $\tau = 400$ ms, drawn independently of the others;
# - **chaos**: the rates of a chaotic network from Part 1 ($g = 2$, $\tau = 40$ ms).

# %% tags=["parameters"]
pattern_neurons = course.sized(200, fast=60)
pattern_tau_syn = 100.0  # ms
pattern_time_scales = {"ou": 400.0, "chaos": 40.0}  # ms
pattern_loops = course.sized(12, fast=2)
pattern_seed = 1

# %% alt="Two panels, random paths and chaotic rates. In each, three targets in black, single frozen trials as thin orange lines around them, and their mean on top of the targets."
pattern_neuron_parameters = part2.LIFParameters(tau_syn=pattern_tau_syn)
pattern_network_parameters = part2.LIFNetworkParameters(n_neurons=pattern_neurons)
pattern_timing = part2.TrialTiming(
    stim_on=800.0, stim_off=1000.0, learn_on=1000.0, learn_off=3000.0, learn_every=10.0
)
patterns = {}
for kind, time_scale in tqdm(pattern_time_scales.items(), unit="pattern"):
    rng = np.random.default_rng(pattern_seed)
    task, weights = part2.make_pattern_task(
        kind, pattern_neuron_parameters, pattern_network_parameters, rng,
        time_scale=time_scale, timing=pattern_timing,
    )
    trained = part2.train(task, weights, rng, n_loops=pattern_loops, progress=False)
    patterns[kind] = task, part2.run_frozen_outputs(task, trained.weights, rng, n_trials=10)

fig, axes = plt.subplots(1, len(patterns), figsize=(14, 5), squeeze=False)
for ax, (kind, (task, trials)) in zip(axes[0], patterns.items(), strict=True):
    repeated = np.broadcast_to(task.targets[0], trials.shape)
    quality = np.nanmedian(part2.correlation(trials, repeated))
    quality_r2 = np.nanmedian(part2.r2(trials, repeated))
    quarters = pattern_neurons * np.arange(1, 4) // 4
    three = np.argsort(task.targets[0].std(axis=1))[quarters]  # weak, medium, strong
    plotting.plot_trial_spread(
        pattern_timing.update_times, task.targets[0, three], trials[:, three], ax=ax
    )
    name = {"ou": "Ornstein–Uhlenbeck paths", "chaos": "chaotic rates"}[kind]
    ax.set(ylabel="example neuron", xlabel="time (ms)")
    ax.set_title(f"{name}: median r = {quality:.2f}, R² = {quality_r2:.2f}")
fig.suptitle(r"Irregular targets of $\mu + u$, ten frozen trials with new noise")
elapsed()

# %% [markdown]
# **What to notice.** The titles say which kind is learned better. Two explanations come to mind: how many dimensions the patterns span, and how
# fast they change. Synapses of 100 ms pass less than a third of what is faster than 5 Hz.
#
# **What to try.** Change the speed alone: `pattern_time_scales = {"ou": 100.0}`, then `{"ou": 1600.0}`, with several values of `pattern_seed`. Which
# explanation fits? `pattern_neurons = 400` takes longer.

# %% [markdown]
# ## 6 · Recorded neurons
#
# *Question: recordings are rates, and our targets are inputs. How do we get from one to the other?*
#
# Siegert's formula gives a neuron's rate for its mean input. Its inverse, `siegert_mean_input`, gives the
# input that makes our neuron fire like the recorded one, bin by bin.

# %% tags=["parameters"]
source = "auto"
n_neurons = course.sized(300, fast=60)
recorded_tau_syn = 300.0  # ms
recorded_noise = 0.2
recorded_ridge = 0.02
recorded_loops = course.sized(12, fast=2)
recorded_trials = course.sized(24, fast=3)
recorded_seed = 0

# %% [markdown] tags=["slide"]
# ## From recorded rates to inputs
#
# - Our targets are inputs, and recordings are rates.
# - Siegert's formula gives the rate for an input.
# - Its inverse gives the input that makes *our* neuron fire like the recorded one.

# %% [markdown] tags=["think"]
# **Think, then look.** A typical rate changes threefold. Will its input swing like the sines, whose standard deviation over time was 0.35?
#
# <details><summary>A. More: threefold is a lot</summary>
# No. The rate is a steep function of the input: near threshold a small change of the input changes it severalfold.
# </details>
# <details><summary>B. About as much</summary>
# No. Look at the scale of the right panel, and at the printed median.
# </details>
# <details><summary>C. Far less</summary>
# Right. The printed median says how much. A small change of the mean input causes a large change of the rate, while the noise is as large as
# before.
# </details>

# %%
recordings = part2.load_recordings(source)
recordings = recordings.select(min(n_neurons, recordings.n_neurons))
print(recordings.describe())
print(recordings.provenance)
data_kind = "SYNTHETIC stand-in" if recordings.source == "synthetic" else "recorded"
recorded_parameters = part2.LIFParameters(tau_syn=recorded_tau_syn, noise=recorded_noise)
recorded_task = part2.make_task(
    recordings, recorded_parameters, np.random.default_rng(recorded_seed)
)
input_sd = recorded_task.task.targets.std(axis=2)
print(f"standard deviation of a target input over time: median {np.median(input_sd):.3f}; "
      f"above 0.1 in {(input_sd > 0.1).mean():.1%}")

# %% [markdown] tags=["slide", "plot"]
# ## From rates to inputs, on the scale of the noise

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Left: the curve from rate to mean input, rising slowly with the logarithm of the rate at first and steeply at high rates. Middle: recorded rates of four neurons of typical modulation. Right: the mean inputs they stand for, small changes beside a bar of the height of the voltage's noise."
places = (recordings.n_neurons * np.array([0.8, 0.6, 0.45, 0.3])).astype(int)
shown = np.argsort(input_sd[0])[places]
fig, axes = plt.subplots(1, 3, figsize=(14, 4.2))
some_rates = np.logspace(-1, 2, 100)
equivalent = part2.euler_equivalent(recorded_parameters.noise)
axes[0].semilogx(some_rates, part2.siegert_mean_input(some_rates, **equivalent))
axes[0].axhline(1.0, color="0.5", ls="--", lw=1)
axes[0].set(xlabel="rate (Hz)", ylabel=r"mean input $\mu + u$", title="Siegert's formula inverted")
axes[1].plot(recordings.time, recordings.rates[0, shown].T)
axes[1].set(xlabel="time (ms)", ylabel="rate (Hz)", title=f"four neurons ({data_kind})")
since_first_bin = recorded_task.task.timing.update_times - recorded_task.bin_times[0]
recorded = since_first_bin >= 0
axes[2].plot(
    recordings.time[0] + since_first_bin[recorded],
    recorded_task.task.targets[0, shown][:, recorded].T,
)
voltage_sd = recorded_noise / np.sqrt(2)  # of a voltage without threshold
axes[2].errorbar(recordings.time[0] - 150, recorded_task.task.targets[0, shown].mean(),
                 voltage_sd, color="0.4", capsize=5, lw=2, label="± noise of the voltage")
axes[2].set(xlabel="time (ms)", ylabel="target input", title="the inputs they stand for")
axes[2].legend(loc="upper center", bbox_to_anchor=(0.5, -0.18));

# %%
recorded_training = None  # stays so if the training fails
rng = np.random.default_rng(recorded_seed + 1)
recorded_training = part2.train(
    recorded_task.task, recorded_task.initial_weights, rng, ridge=recorded_ridge,
    n_loops=recorded_loops,
)

# %%
rng = np.random.default_rng(recorded_seed + 2)
psth = np.stack([
    part2.simulated_psth(recorded_task, recorded_training.weights, rng, condition,
                         n_trials=recorded_trials)
    for condition in range(recordings.n_conditions)
])
recorded_quality = part2.frozen_quality(
    recorded_task.task, recorded_training.weights, rng, n_trials=5
)
psth_correlation = part2.correlation(psth, recordings.rates)
print(f"input of a single trial: correlation {recorded_quality.correlation:.2f}; "
      f"rates over {recorded_trials} trials: median correlation "
      f"{np.nanmedian(psth_correlation):.2f}")

# %% [markdown] tags=["slide", "plot"]
# ## Neuron by neuron

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Six panels with the rates of six neurons in Hz in both conditions, thick pale lines for the recording and thin lines for the network, from weakly to strongly modulated neurons; the strongly modulated ones fit best."
spread = np.argsort(recordings.rates.std(axis=2).mean(axis=0))
picked = spread[np.linspace(0.3 * spread.size, spread.size - 1, 6).astype(int)]
fig, axes = plt.subplots(2, 3, figsize=(14, 6.5), sharex=True)
for ax, i in zip(axes.flat, picked, strict=True):
    plotting.plot_neuron(
        recordings.time, recordings.rates[:, i], psth[:, i], names=recordings.conditions,
        kind=data_kind, ax=ax,
    )
    ax.set_title(f"neuron {i}, r = {np.nanmean(psth_correlation[:, i]):.2f}")
fig.supxlabel("time (ms)")
fig.supylabel("rate (Hz)")
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4);

# %% [markdown] tags=["slide", "plot"]
# ## Quality against modulation

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Left: histogram over neurons of the correlation of simulated and recorded rates. Right: the same correlation against the standard deviation of the recorded rate: it rises with the modulation."
fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4.3))
plotting.plot_histogram(dict(zip(recordings.conditions, psth_correlation, strict=True)), ax=left,
                        xlabel="correlation of network and recording")
left.set_title("quality of each neuron")
markers = ("o", "^", "s", "D", "v", "P")
styles = plotting.condition_styles(recordings.n_conditions)
for k, (name, rates, values, style) in enumerate(zip(
    recordings.conditions, recordings.rates, psth_correlation, styles, strict=True
)):
    right.semilogx(rates.std(axis=1), values, markers[k % len(markers)], ms=4,
                   color=style["color"], alpha=0.6, label=name)
right.set(xlabel="modulation: s.d. of the rate over time (Hz)", ylabel="correlation",
          title="quality and modulation")
right.legend()
elapsed()

# %% [markdown]
# **What to notice.** The stronger the modulation of a neuron's rate, the better it is reproduced. Recorded neurons are harder than sines:
# their *inputs* change less, against the same noise, and at a few Hz the filtered spikes, from which we learn, are few and noisy. Part 3 continues with more
# neurons, and balanced excitation and inhibition.
#
# **What to try.** `recorded_tau_syn = 100.0`: why is it worse? `n_neurons = 100`; `recorded_noise = 0.1`.

# %% [markdown]
# ## 7 · What limits learning? · bonus
#
# *Question: what should you change if your network does not learn?*
#
# Think of the filtered spikes $r_j$ as the rate plus shot noise. This leads to three expectations:
#
# - **Synapses.** A synapse averages over about $\tau_s$, so the shot noise in $u$ falls like
#   $1/\sqrt{\tau_s}$. But it also blurs: a pattern of period $T$ passes with the factor
#   $1/\sqrt{1 + (2\pi\tau_s/T)^2}$. *Fast targets need fast synapses, and slow ones gain from slow
#   synapses.*
# - **Neurons.** Shot noise averages out over $N$: the error $1 - R^2$ should fall about like $1/N$.
# - **Noise.** It makes spikes irregular, which hurts. But without noise small inputs fail to cross the
#   threshold: some noise should *help*.
#
# For every point we train new networks on the sines of Section 4. Everything else stays the same,
# but for time steps of 0.2 ms in place of 0.1, which halve the time that you wait.

# %% tags=["parameters"]
limit_loops = course.sized(10, fast=2)
synapses = course.sized((3.0, 10.0, 30.0, 100.0, 300.0), fast=(10.0, 100.0))  # ms
periods = (500.0, 2000.0)  # ms
sizes = course.sized((50, 100, 200, 350), fast=(25, 50, 100))
time_scales = course.sized((100.0, 200.0, 500.0, 2000.0), fast=(500.0, 2000.0))  # ms
noises = course.sized((0.0, 0.2, 0.4, 0.8), fast=(0.0, 0.2))
limit_seeds = course.sized((0, 1), fast=(0,))  # networks at each point
more_seeds = course.sized((0, 1, 2), fast=(0,))  # smaller differences need more networks

# %% [markdown] tags=["think"]
# **Think, then look.** Which synaptic time constant is best for sines of 500 ms, and which for sines of 2000 ms?
#
# <details><summary>A. The fastest for both: it follows the target at once</summary>
# No. Fast synapses average over few spikes: at 3 ms the shot noise hides the pattern.
# </details>
# <details><summary>B. The slowest for both: it averages most</summary>
# Only for slow targets. 300 ms blur a pattern of 500 ms.
# </details>
# <details><summary>C. A slower one for the slower sines</summary>
# Right: for 2000 ms the slowest that we try, 300 ms; for 500 ms one between, because 300 ms blur it and 10 ms average too little.
# </details>

# %% alt="Test correlation against tau_syn from 3 to 300 ms, one line for each period. All lines are near zero for 3 ms; for 2000 ms the quality rises to almost 1 at 300 ms; for 500 ms it has a peak between 30 and 100 ms and falls again."
base = part2.TrainingSettings(
    kind="sines", tau_syn=100.0, time_scale=2000.0, n_loops=limit_loops, dt=0.2
)
by_synapse = {
    period: part2.sweep_setting(
        replace(base, time_scale=period), "tau_syn", course.numbers("synapses", synapses),
        seeds=limit_seeds, n_trials=2, progress=False,
    )
    for period in tqdm(course.numbers("periods", periods, above=0), unit="period")
}
fig, ax = plt.subplots(figsize=(9, 4.6))
styles = plotting.condition_styles(len(by_synapse))
for (period, found), style in zip(by_synapse.items(), styles, strict=True):
    plotting.plot_sweep(found, ax=ax, colour=style["color"], label=f"T = {period:g} ms")
ax.set(xscale="log", xlabel=r"synaptic time constant $\tau_s$ (ms)", ylim=(-0.1, 1.05),
       title="quality and speed of the synapses")
ax.legend(title="period of the target", loc="center left", bbox_to_anchor=(1.0, 0.5));

# %% [markdown] tags=["think"]
# **Think, then look.** By which factor does the error fall when the network grows from 100 to 350 neurons? Is it best to have no noise at all?
#
# <details><summary>Answer</summary>
# By 3.5, if it falls with 1/N. Measured errors fall about like the dashed line, but they scatter: three networks of each size cannot
# tell 3 from 5. Some noise is better than none: compare the printed means and their standard deviations over networks.
# </details>

# %%
by_size, by_period, by_noise = (
    part2.sweep_setting(base, setting, values, seeds=seeds, n_trials=2, progress=False)
    for setting, values, seeds in tqdm((
        ("n_neurons", course.numbers("sizes", sizes), more_seeds),
        ("time_scale", course.numbers("time_scales", time_scales), limit_seeds),
        ("noise", course.numbers("noises", noises), more_seeds),
    ), unit="sweep")
)
best, spread = by_noise.correlation.mean(axis=1), by_noise.correlation.std(axis=1)
print("noise:", ", ".join(f"{x:g}: {m:.3f} ± {d:.3f}"
                          for x, m, d in zip(by_noise.values, best, spread)))

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Three panels. Left: test error against the number of neurons, falling about like a dashed line of slope minus one. Middle: test correlation against the period of the sines, near zero up to 200 ms and rising beyond. Right: test correlation against noise, highest in the middle."
fig, axes = plt.subplots(1, 3, figsize=(14, 4.6))
plotting.plot_sweep(by_size, ax=axes[0], quality="error")
n = by_size.values.astype(int)
middle = n.size // 2
axes[0].loglog(n, (1 - by_size.r2[middle].mean()) * n[middle] / n, "--", color="0.5", label="1/N")
axes[0].set(xlabel="number of neurons N", title="number of neurons", xticks=n, xticklabels=n)
axes[0].minorticks_off()
axes[0].legend()
plotting.plot_sweep(by_period, ax=axes[1], colour=plotting.COLOURS["green"])
axes[1].set(xscale="log", xlabel="period of the sines (ms)", ylim=(-0.1, 1.05),
            title=rf"speed of the target ($\tau_s$ = {base.tau_syn:g} ms)")
plotting.plot_sweep(by_noise, ax=axes[2], colour=plotting.OUTPUT)
axes[2].set(xlabel=r"noise $\sigma$", ylim=(-0.1, 1.05), title="noise")
elapsed()

# %% [markdown]
# **What to notice.** The slower the target, the slower the best synapses; the original tutorial chose 200 ms for targets of 2000 ms. With
# $\tau_s = 3$ ms, as of real fast synapses, a hundred neurons learn nothing; Part 3 therefore adds slow plastic synapses to a network of fast
# ones. Both expectations about noise hold over three networks: the correlation is lower without noise and at 0.8 than between, while 0.2 and 0.4 do
# not differ by more than they scatter.
#
# **What to try.** `replace(base, amplitude=0.2)` in the sweep over `n_neurons`: how many neurons replace a
# larger signal? `limit_loops = 40`: do more loops move the limits?

# %% [markdown]
# ## Your own recordings
#
# Rates as an array `(condition, neuron, time)` are enough:
#
# ```python
# recordings = part2.recordings_from_arrays(rates_hz, time_ms, ("left", "right"))
# recorded_task = part2.make_task(recordings, recorded_parameters, np.random.default_rng(0))
# ```
#
# Section 6 goes on from there.
#
# ## Summary
#
# **The answer.** Yes. A hundred neurons whose spikes differ from trial to trial carry a pattern for two seconds, because slow synapses and the
# sum over neurons average the noise away. Patterns must be slow, and stronger than this noise.
#
# - A noisy neuron's rate has a closed form, and its inverse turns recorded rates into targets.
# - $u = W r$ with *filtered* spikes makes a spiking network as trainable as a rate network, by the
#   same rule and the same single $P$.
#
# **Next:** cortical neurons are not all connected to each other, they excite *or* inhibit, and their synapses
# are fast: [Part 3](part3_balanced_network.ipynb).
#
# ## Where this differs from the original tutorial
#
# - After each update we set the synaptic input to $W r$. The original lets the old input decay, which
#   lowers the quality a little.
# - The original adds noise of standard deviation 2 to the error that RLS learns from. We do not.
# - We measure quality in frozen trials with new noise. The original shows example traces.

# %% [markdown] tags=["exit-ticket"]
# ## Exit ticket
#
# Five questions before you leave, each to be answered in a sentence.
#
# **1.** A neuron has a mean input below its threshold and fires nevertheless. What makes its spikes, and what do they look like?
#
# <details><summary>Answer</summary>
# Noise, which now and then carries the voltage across the threshold. The spikes are therefore irregular.
# </details>
#
# **2.** Why can the rule of Part 1 train spiking neurons, although they have no rates?
#
# <details><summary>Answer</summary>
# The synaptic input is linear in the filtered spikes, u = W r. These take the place of the rates and are the same for all neurons, so one matrix P
# serves all.
# </details>
#
# **3.** What do slow synapses gain, and what do they cost?
#
# <details><summary>Answer</summary>
# They average over more spikes, which reduces shot noise. But they blur whatever changes faster than their time constant.
# </details>
#
# **4.** Recordings are rates. Where do the targets of the inputs come from?
#
# <details><summary>Answer</summary>
# From Siegert's formula, inverted: bin by bin it gives the mean input with which our neuron fires at the recorded rate.
# </details>
#
# **5.** Which recorded neurons are reproduced badly here, and why?
#
# <details><summary>Answer</summary>
# Above all those whose rate hardly changes: the modulation of their input is smaller than the noise of the filtered spikes from which it has to
# be made.
# </details>
#
# How was it? {{feedback}}

# %% [markdown]
# ## References
#
# - Kim CM, Chow CC (2018) Learning recurrent dynamics in spiking networks. *eLife* 7:e37124.
#   [doi:10.7554/eLife.37124](https://doi.org/10.7554/eLife.37124)
# - Siegert AJF (1951) On the first passage time probability problem. *Phys Rev* 81:617–623.
#   [doi:10.1103/PhysRev.81.617](https://doi.org/10.1103/PhysRev.81.617)
# - Broadie M, Glasserman P, Kou S (1997) A continuity correction for discrete barrier options. *Math
#   Finance* 7:325–349. [doi:10.1111/1467-9965.00035](https://doi.org/10.1111/1467-9965.00035)
# - Sussillo D, Abbott LF (2009) Generating coherent patterns of activity from chaotic neural
#   networks. *Neuron* 63:544–557. [doi:10.1016/j.neuron.2009.07.018](https://doi.org/10.1016/j.neuron.2009.07.018)
# - Finkelstein A et al. (2021) Attractor dynamics gate cortical information flow during
#   decision-making. *Nat Neurosci* 24:843–850.
#   [doi:10.1038/s41593-021-00840-6](https://doi.org/10.1038/s41593-021-00840-6)
