# %% [markdown]
# # Part 3 · A balanced spiking network that carries motor-cortex activity
#
# *Training recurrent networks to reproduce recorded neural activity, Part 3 of 3*

# %% [markdown] tags=["badges"]
# (badges)

# %% [markdown] tags=["slide"]
# # A balanced network that reproduces motor-cortex activity
#
# Session B · 5000 spiking neurons, half of them inhibitory

# %% [markdown]
# **The question.** The mouse decides, then waits two seconds for a go cue. *How can a cortex with irregular firing hold such a memory, and how
# do we find out what keeps it going?* Below, a trained network of 5000 spiking neurons, in one trial of each side.

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

import src_part3 as part3
from course import part3 as course
from course.part3 import sized
from src_part3 import plotting

plotting.use_course_style()
course.stop_quietly()
warnings.filterwarnings("ignore", ".*stand-in")  # a printed line says which recordings these are
started = time.perf_counter()


def elapsed():
    print(f"{time.perf_counter() - started:.0f} s since the first cell")


# %% [markdown]
# **Resume here.** If your kernel has died, run the cells up to here and go on with any section.

# %% tags=["resume"]
shipped_task, shipped_weights = part3.load_network()  # a trained network that comes with the course
task, weights = shipped_task, shipped_weights
live_test = None  # Section 4 trains and tests a network of your own
kind = "stand-in"  # made-up neurons with the statistics of the recorded ones
print(f"{task.n_trained} trained neurons, {task.network.parameters.n_neurons} in all;")
print(f"targets: {task.provenance}")

# %% [markdown] tags=["slide", "plot"]
# ## One question
#
# > What keeps such a memory going?

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Spikes of the hundred trained neurons that prefer each side most, in one trial of each condition. All fire irregularly; after the cue, shaded, those above and those below the middle fire at different rates in the two conditions."
late = shipped_task.recorded_rates[:, :, -20:].mean(axis=2)
rank = np.argsort(np.argsort(late[0] - late[1]))
shown = np.where(rank < 50, rank, np.where(rank >= rank.size - 50, rank - rank.size + 100, -1))
row_of = np.full(shipped_task.network.parameters.n_neurons, -1)
row_of[shipped_task.network.trained] = shown
cue = shipped_task.trial_parameters
fig, axes = plt.subplots(1, 2, figsize=(13, 4), sharey=True)
for c, (ax, style) in enumerate(zip(axes, plotting.condition_styles(2))):
    trial = part3.run_trial(
        shipped_task.network, cue, np.random.default_rng(1), weights=shipped_weights[c],
        spikes=True, **shipped_task.trial_options(c),
    )
    row = row_of[trial.spike_ids]
    ax.plot(trial.spike_times[row >= 0], row[row >= 0], ".", ms=2.5, color=style["color"])
    ax.axvspan(cue.stim_on, cue.stim_off, color=plotting.COLOURS["sky"], alpha=0.35)
    ax.axhline(49.5, color="0.5", lw=1)
    ax.set(xlabel="time (ms)", title=f"{shipped_task.conditions[c]}: spikes after its cue (blue)")
above, below, *_ = shipped_task.conditions
axes[0].set_ylabel(f"neurons that prefer\n{below} (below), {above} (above)");

# %% [markdown]
# - **New to this?** Go from Section 1 to 7, and leave out what is marked *bonus*.
# - **You know FORCE?** Begin with Section 3.
# - **You have data?** Put your file's name in place of `"auto"` in Section 2, then run Sections 2 to 4.
#
# **What you will learn**: how inputs balance, how a network learns activity that it then makes **by itself**, and how
# *lesions* and *distractors* show what makes it. **What you need**: [Part 1](part1_rate_rnn.ipynb) (RLS),
# [Part 2](part2_spiking_rnn.ipynb) (LIF neurons).
#
# | section | minutes |
# | --- | --- |
# | opening and close | 9 |
# | 1 · The balanced state | 9 + 10 |
# | 2 · From recorded rates to target inputs | 5 + 5 |
# | 3 · Plastic synapses | 4 + 1 |
# | 4 · Learning: a teacher holds the network, then lets go | 12 + 9 |
# | 5 · What sustains the activity? Lesions, and a dial | 5 + 10 |
# | 6 · What the untrained neurons do, and why | 2 + 3 |
# | 7 · Distractors, and what this has to do with biology | 4 + 1 |
#
# After a plus: *bonus*. Voltages have no unit: 0 is the reset, 1 the threshold.

# %% [markdown]
# ## 1 · The balanced state
#
# *Question: cortical neurons get thousands of inputs. Why do they not fire like clocks?*
#
# Every neuron obeys $\tau_m \dot v = -v + \mu + u$ and has on average $K$ excitatory (E) and $K$ inhibitory (I) inputs. One spike from
# population $b$ adds to the input of a neuron of population $a$ an area of $J_{ab}\,\tau / \sqrt K$ with $\tau = 20$ ms. Excitation (external and
# recurrent) and inhibition are then of order $\sqrt K$, far larger than the threshold. If the network finds rates $r$ (Hz) at which they cancel to
# leading order,
#
# $$ \frac{\mu_a}{\sqrt K} + J_{aE}\,\tau\, r_E + J_{aI}\,\tau\, r_I = 0 ,\qquad a = E, I, $$
#
# what remains is of order one: a mean below threshold and fluctuations that now and then cross
# it (van Vreeswijk & Sompolinsky 1996).
#
# <details><summary>Which signs and ratios?</summary>
# The two equations have the solution r<sub>E</sub> = (μ<sub>E</sub> |J<sub>II</sub>| − μ<sub>I</sub> |J<sub>EI</sub>|) / D and
# r<sub>I</sub> = (μ<sub>E</sub> J<sub>IE</sub> − μ<sub>I</sub> J<sub>EE</sub>) / D with
# D = |J<sub>EI</sub>| J<sub>IE</sub> − J<sub>EE</sub> |J<sub>II</sub>|. Both rates and D are positive if
# μ<sub>E</sub> / μ<sub>I</sub> &gt; |J<sub>EI</sub>| / |J<sub>II</sub>| &gt; J<sub>EE</sub> / J<sub>IE</sub>; here
# 1.5 &gt; 0.75 &gt; 0.15. If all three ratios stood in the opposite order, D would be negative and the rates
# positive again, but the state would be unstable: some small changes of both rates would grow. Where D is positive, inhibition must also be strong and fast enough; with equal gains and time constants of
# both populations J<sub>EE</sub> &lt; |J<sub>II</sub>| suffices.
# </details>

# %% tags=["parameters"]
out_degree = 1000
network_seed = 0
duration = 3000.0  # ms

# %% [markdown] tags=["slide"]
# ## Large currents that cancel
#
# Every neuron has about $K$ excitatory and $K$ inhibitory inputs, each of strength $J\,\tau/\sqrt K$.
#
# $$\mu_a / \sqrt K + J_{aE}\,\tau\, r_E + J_{aI}\,\tau\, r_I = 0,\qquad a = E, I,\qquad \tau = 20\ \text{ms}$$
#
# - Excitation (external and recurrent) and inhibition are each of order $\sqrt K$, far from the threshold.
# - The rates adjust themselves until they cancel.

# %% [markdown] tags=["slide", "plot"]
# ## The inputs of one neuron

# %% alt="Left: excitatory and inhibitory input of one neuron, their sum, and the threshold. Right: raster of the spikes of 100 E and 100 I neurons."
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
left.set_title("the inputs of one neuron")
right.set_title("spikes of 100 E and 100 I neurons");

# %% [markdown] tags=["slide", "plot"]
# ## Rates and correlations

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Left: distributions of the rates of E and of I neurons with their means. Right: distribution of the correlations of pairs of neurons, and that of independent neurons."
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
left.set_title("rates of all neurons")
right.set_title("correlations of pairs")
right.legend(loc="upper left", fontsize=11)
cv = part3.interval_cv(untrained)
print("            E       I")
print(f"simulated  {rates[:n_exc].mean():5.2f}  {rates[n_exc:].mean():6.2f} Hz")
print(f"mean field {theory.rates[0]:5.2f}  {theory.rates[1]:6.2f} Hz")
print(f"K → ∞      {leading[0]:5.2f}  {leading[1]:6.2f} Hz")
print(f"CV         {np.nanmedian(cv[:n_exc]):5.2f}  {np.nanmedian(cv[n_exc:]):6.2f}")

# %% [markdown]
# **What to notice.** Both inputs are far from the threshold, but their sum hovers
# near it, so fluctuations make the spikes. These are irregular (the CV, the standard deviation of the intervals over their mean, is 1 for a Poisson
# process) and hardly correlated. The balance equations have no free parameter; mean-field theory also keeps the fluctuations. How close do they come?
#
# ### Does the theory hold? · bonus

# %% [markdown] tags=["think"]
# **Think, then look.** Will the rates rise or fall as $K$ grows? Along which curve will they follow the external input?
#
# <details><summary>A. They fall: more inhibition; and they saturate</summary>
# No. With more inputs excitation grows as well, and the rates go towards those of the balance equations.
# </details>
# <details><summary>B. They rise with K, and follow the input along a straight line</summary>
# Right. The printed lines compare them with the two theories. The line is straight although the curve of a single neuron is not.
# </details>
# <details><summary>C. They do not depend on K; and they grow like a single neuron's curve</summary>
# Only for endlessly many inputs. And the neurons inhibit each other, which makes the curve of the population a straight line.
# </details>

# %% tags=["parameters"]
out_degrees = sized((100, 250, 500, 1000), fast=(100, 500))
extra_inputs = sized((-0.5, 0.0, 0.5, 1.0), fast=(-0.5, 0.5))  # voltage, to the E neurons
sweep_seed = 10

# %% alt="Left: rates of E and I neurons against K. Right: rates against additional input to E neurons. Points are simulated, lines are mean-field theory, dashed lines the balance equations."
in_degree_sweep = part3.sweep_in_degree(
    part3.BalancedNetworkParameters(),
    course.numbers("out_degrees", out_degrees, whole=True, at_least=1),
    np.random.default_rng(sweep_seed), n_trials=1,
)
input_sweep = part3.sweep_external_input(
    part3.BalancedNetworkParameters(), extra_inputs, np.random.default_rng(sweep_seed), n_trials=1
)
fig, (left, right) = plt.subplots(1, 2, figsize=(14, 4.4))
plotting.plot_rate_sweep(in_degree_sweep, logarithmic=True, ax=left)
plotting.plot_rate_sweep(input_sweep, xlabel="additional input to E neurons (voltage)", ax=right)
left.get_legend().remove()
left.set_title("number of inputs")
right.set_title("external input")
for k, simulated, theory in zip(
    in_degree_sweep.values, in_degree_sweep.simulated, in_degree_sweep.mean_field
):
    print(f"K = {k:g}: {simulated[0]:.1f} and {simulated[1]:.1f} Hz; "
          f"mean field {theory[0]:.1f} and {theory[1]:.1f} Hz")
elapsed()

# %% [markdown]
# ### Try other values
#
# `j_ei` is the inhibition $J_{EI}$ onto E neurons; the excitation $J_{EE}$ between them is 0.15. Where does the cancellation fail?

# %% tags=["demo"] alt="The two inputs of one neuron and their sum, and a raster, for the values of K, external input and inhibition that the cell names."
slider = {"continuous_update": False, "readout_format": ".2f"}
course.sliders(
    course.demo_balance,
    out_degree=widgets.IntSlider(1000, 100, 1500, 100, continuous_update=False),
    external=widgets.FloatSlider(0.0, min=-1.0, max=3.0, step=0.25, **slider),
    j_ei=widgets.FloatSlider(-0.75, min=-1.5, max=-0.2, step=0.05, **slider),
    seed=widgets.fixed(0),
);

# %% [markdown] tags=["slide"]
# ## Exercise 1: leave the balanced state
#
# > Find an inhibition onto E neurons with which they fire regularly: a CV below 0.5.
#
# Three minutes, with the slider. Excitation has 0.15.

# %% [markdown]
# ### Exercise 1 (★☆☆): leave the balanced state
#
# Where the mean input lies above the threshold, each neuron fires like a clock. Find an inhibition `my_j_ei` between −0.75 and −0.19 with which
# E neurons fire regularly: a CV below 0.5.
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

# %% alt="The two inputs of one neuron with their sum, and a raster, for the network with the chosen inhibition."
course.check_regime(my_j_ei)

# %% [markdown] tags=["solution"]
# **Solution.** Near −0.2 the balance equations ask for more than 100 Hz. The mean input then lies
# above the threshold, each neuron goes from reset to threshold as if there were no noise, and the
# CV falls to about 0.4. Where inhibition is weaker than 0.15, nothing balances the excitation any more.

# %% [markdown]
# ### Brunel's plane · bonus
#
# Brunel (2000) drew how networks fire on a plane with two axes, inhibition and external drive. We measure
# this plane with our network. The drive is the external input of E neurons over the threshold; our own
# network has 4.02. Each field shows how its E neurons fire: asynchronously or synchronously (A, S), irregularly or
# regularly (I, R), and at which rate.
#
# **Predict**: where on the plane does the balanced state (AI) lie? What do neurons do whose drive barely reaches the
# threshold, at 1.02?
#
# <details><summary>Answer</summary>
# The balanced state needs both: a drive well above the threshold and an inhibition that is stronger than the excitation.
# At a drive of 1.02 all E neurons fire as one. On its own, each neuron would take a long time to reach threshold, so the first
# spikes carry the others across it. This volley also makes the I neurons fire, and their inhibition sets all neurons back
# together.
# </details>

# %% tags=["parameters"]
plane_inhibition = sized((-0.15, -0.2, -0.25, -0.4, -0.75, -1.0), fast=(-0.15, -0.2, -0.75))
plane_drives = sized((0.9, 1.02, 1.5, 4.02, 8.0), fast=(1.02, 4.02))
plane_seed = 20

# %% alt="A table of colours, drive against inhibition: each field says whether E neurons fire synchronously and regularly, and at which rate. A line surrounds the asynchronous irregular fields; fields in which inhibition cannot hold the rates are hatched."
course_parameters = part3.BalancedNetworkParameters()
plane = part3.measure_state_plane(
    course_parameters, plane_inhibition, plane_drives, np.random.default_rng(plane_seed),
    progress=True,
)
on_grid = course_parameters.j_ei in plane_inhibition and 4.02 in plane_drives
ax = plotting.plot_state_plane(plane, course_network=(
    (course_parameters.external_input[0], course_parameters.j_ei) if on_grid else None
))
ax.set_title("black line: the balanced state" + "; orange frame: our network" * on_grid)
elapsed()

# %% [markdown]
# **What to notice.** You do not have to tune the network to a single point: the balanced state fills a large part of the plane, and
# our network (frame) lies well inside. Three ways lead out of it. With weaker inhibition the rates rise, the mean input passes the
# threshold, and the neurons fire regularly; hatched, inhibition cannot hold the rates at all. Close to the
# threshold the neurons become synchronous, and below it they are silent. Brunel's plane has the same regular and irregular states but other
# borders: his external input was Poisson noise, which keeps neurons apart, and his synapses had a delay, with which the
# population oscillates also where inhibition is strong.

# %% [markdown]
# ### Exercise 2 (★★☆): predict the rates · bonus
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
# A trained neuron will get the total input
#
# $$ u_i(t) = \mu_i + u^{\rm bal}_i(t) + u^{\rm pla}_i(t) , $$
#
# constant, through static and through plastic synapses. Its **target** $f_i(t)$ (`targets`) is the mean input at which it fires at
# the recorded rate. What the plastic synapses have to supply, $f_i - \mu_i - u^{\rm bal}_i$, is its **plastic target**.
#
# Siegert's formula (Part 2) gives the rate for each mean input, but assumes white noise. We also *measure* the curve: in the
# untrained network a few E neurons at a time get a constant input, and we count their spikes.

# %% tags=["parameters"]
source = "auto"  # the recordings; where they cannot be had, a stand-in: made-up neurons
n_recorded = sized(None, fast=120)  # None: all neurons of the recordings; or a number
# Time steps twice as long as in the course's own network (0.1 ms) halve the time that you wait. You
# may add other numbers, for example "n_plastic_exc": 66, "n_plastic_inh": 66.
network_changes = {"dt": 0.2}  # ms
clock = "none"  # Section 5 explains this dial: "none", "common", "per_condition"
task_seed = 0

# %%
recordings = part3.load_recordings(source)
if n_recorded is not None and n_recorded > recordings.n_neurons:
    print(f"These recordings have {recordings.n_neurons} neurons, not {n_recorded}: all are taken.")
elif n_recorded is not None:
    recordings = recordings.select(n_recorded, rng=np.random.default_rng(task_seed))
kind = "stand-in" if recordings.source == "synthetic" else "recorded"
print(recordings.provenance)
task = part3.make_task(  # with the measurement
    recordings, seed=task_seed,
    network_parameters=replace(
        part3.task.network_for(recordings.n_neurons, clock), **network_changes
    ),
    feedforward_parameters=part3.FeedforwardParameters(clock=clock),
)
print(f"{task.n_trained} of {task.network.parameters.n_exc} E neurons get a target")

# %% [markdown] tags=["slide"]
# ## From recorded rates to target inputs
#
# - Which mean input makes a model neuron fire like the recorded one?
# - Siegert's formula assumes white noise. We measure the curve in the network itself.
# - We assign each recorded neuron to the unused E neuron whose own rate is closest.

# %% [markdown] tags=["think"]
# **Think, then look.** The input of a neuron changes over about 3 ms, while its membrane averages over 10 ms. Will white noise of the same
# strength predict too many spikes or too few?
#
# <details><summary>A. Too few: slower noise stays above the threshold for longer</summary>
# No. A neuron that has crossed the threshold is reset at once; what counts is how often the voltage gets there.
# </details>
# <details><summary>B. As many: only the strength counts</summary>
# No. White noise holds all frequencies, and its fastest changes carry the voltage across the threshold just as it nears it.
# </details>
# <details><summary>C. Too many, above all at low rates</summary>
# Right. The network's noise is slower (<i>coloured</i>). The correction for the colour moves the curve down by a factor, but not far enough at
# low rates: there much of the noise comes in single kicks of inhibition, which lead away from the threshold.
# </details>

# %% [markdown] tags=["slide", "plot"]
# ## What theory says, and what the network does

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Left: rate against mean input on a logarithmic scale: the measured curve for neurons with little, medium and much noise, groups of untrained neurons as points, and Siegert's formula with and without a correction for the colour of the noise. Right: the mean rate of each model neuron against that of the recorded neuron whose place it takes."
measured = part3.run_trial(
    task.network.without_plastic(),
    part3.TrialParameters(duration=sized(10_000.0, fast=3000.0), stim_on=0.0, stim_off=0.0),
    np.random.default_rng(task_seed),
)
untrained_rates = part3.firing_rates(measured)[: task.network.parameters.n_exc]
transfer, p = task.transfer, task.network.parameters
inputs = np.linspace(*transfer.limits, 200)
by_noise = np.argsort(transfer.input_sd)
white = np.median(transfer.input_sd) * np.sqrt(2 * p.tau_syn / p.tau_m)  # sigma of Siegert
colour_shift = 1.46 * white * np.sqrt(p.tau_syn / p.tau_m / 2)  # Brunel & Sergi (1998)
fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4.8), width_ratios=(1.5, 1))
for share, line in ((0.1, ":"), (0.5, "-"), (0.9, "--")):
    neuron = by_noise[[int(share * len(by_noise))]]
    left.plot(inputs, transfer.rates(inputs[:, None], neuron), line, lw=2.5,
              color=plotting.OUTPUT, label=f"measured, noise {transfer.input_sd[neuron[0]]:.2f}")
left.plot(inputs, part3.siegert_rate(inputs, white), color="black", lw=2, label="Siegert")
left.plot(inputs, part3.siegert_rate(inputs - colour_shift, white), "-.", color="0.45", lw=2,
          label="Siegert, corrected for colour")
groups_of_neurons = np.array_split(np.argsort(transfer.mean_input), 8)
points = np.array([[transfer.mean_input[g].mean(), untrained_rates[g].mean()]
                   for g in groups_of_neurons])
left.plot(*points.T, "o", ms=9, color=plotting.EXCITATORY, mec="black",
          label="groups of E neurons")
left.set(yscale="log", ylim=(0.05, 100), xlabel="mean input (voltage); threshold 1",
         ylabel="rate (Hz)", title="rate at each mean input")
left.legend(loc="lower right", fontsize=10)
plotting.plot_matching(task.recorded_rates.mean(axis=(0, 2)), untrained_rates,
                       task.network.trained, ax=right)
right.set_title("partners")
for x, rate in points[[1, -1]]:
    ratio = part3.siegert_rate(x, white) / max(rate, 1e-3)
    print(f"neurons that fire at {rate:.2f} Hz: Siegert predicts {ratio:.1f} times this rate")

# %% [markdown]
# **What to notice.** The network's noise is *coloured* and differs between neurons: no single $\sigma$ makes Siegert's curve the network's own. So
# targets come from the measured curve. (It is measured with the noise that plastic synapses will add; the points are without.)

# %% [markdown] tags=["slide", "plot"]
# ## Targets: small changes of the input

# %% alt="Left: rates of four neurons in both conditions. Right: the target inputs that they become." jupyter={"source_hidden": true} tags=["hide-input"]
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
axes[1].legend(handles, task.conditions, loc="center left", bbox_to_anchor=(1.0, 0.5))
print(f"{(task.targets < 1).mean():.0%} of all targets lie below the threshold; a typical target\n"
      f"has a standard deviation of {np.median(task.targets.std(axis=2)):.3f} over a trial")
elapsed()

# %% [markdown]
# ### Exercise 3 (★★☆): invert a curve · bonus
#
# A target is found by inverting a curve from mean input to rate. Do this for Siegert's: tabulate `part3.siegert_rate(mu, sigma)` (Hz) for
# many mean inputs `mu` and look up the mean input for each rate.
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
# *Question: which synapses may change, and how many are needed?*
#
# The $5\,000\,000$ static synapses stay as they are. Each trained neuron also gets
# $L$ slow plastic synapses from other trained neurons and $L$ from I neurons (time constant $\tau_p$, `tau_plastic`). Only these learn, one set of
# weights for both sides. Trials of the two sides differ only in the cue, a random input to all neurons for 200 ms.

# %% [markdown] tags=["slide", "plot"]
# ## The network, and what learns in it

# %% alt="Schematic of the network: trained E neurons, other E neurons and I neurons with fixed static synapses between all. Trained neurons also get plastic synapses from trained E neurons and from I neurons. External input and a cue of 200 ms reach all; whether there is a clock is said."
course.draw_synapses(task)

# %% [markdown]
# ### The price of sparseness
#
# Each neuron reads others at random, so the learned weights $w_{ij}$ are also a **random matrix**. As in Part 1, its gain decides whether
# deviations grow. With $\phi'_i$, the slope of neuron $i$'s curve of Section 2,
#
# $$ g = \sqrt{\Big\langle \sum_j (\phi'_i\, w_{ij})^2 \Big\rangle_i} . $$
#
# Above $g = 1$ deviations grow. To read the same sum from $L$ synapses, each weight must be of size $1/L$, and $L$ squares of it add up to $1/L$:
# what was learned would cost a $g$ of order $1/\sqrt L$. The plot shows what learning in the closed loop makes of this.

# %% [markdown] tags=["slide"]
# ## Which synapses learn?
#
# - The 5 million synapses of the balanced network stay as they are.
# - Each trained neuron gets $L + L$ additional slow ones, and only these learn.
# - Both sides use the same weights. Only the **cue** of 200 ms differs.
# - The same sum from fewer synapses needs a larger gain, $g \propto 1/\sqrt L$, and above 1 deviations grow.

# %% tags=["parameters"]
# From `.venv/bin/python -m experiments part3-indegree --loops 8 4 --trials 40`: 1824 recorded
# neurons, one network for each L (528: the longer default training): corrected correlation right,
# left; gain g. All but 528 with the priors noise_weight=0.03 and ridge=3.
dial_of_sparseness = {
    20: (0.905, 0.77, 1.18),
    66: (0.927, 0.841, 1.14),
    132: (0.952, 0.882, 1.16),
    264: (0.953, 0.878, 1.18),
    528: (0.967, 0.916, 1.05),
}

# %% [markdown] tags=["slide", "plot"]
# ## Quality and gain against L

# %% alt="Left: quality of both sides against the number of plastic synapses of each kind. Right: gain of the learned weights against the same number, and the line g = 1, above which deviations grow in a linear network." jupyter={"source_hidden": true} tags=["hide-input"]
fig, (left, right) = plt.subplots(1, 2, figsize=(13, 4.2))
in_degrees = np.array(list(dial_of_sparseness))
*quality_of_sides, gain = np.array(list(dial_of_sparseness.values())).T
for name, values, style in zip(("right", "left"), quality_of_sides, plotting.condition_styles(2)):
    left.plot(in_degrees, values, marker="o", label=name, **style)
left.set(ylabel="corrected correlation", ylim=(0, 1.02), title="quality of the network alone")
left.legend(loc="lower right")
right.plot(in_degrees, gain, "o-", color=plotting.COLOURS["green"], label="learned weights")
right.axhline(1, color="0.4", ls=":", label="above: deviations grow")
right.set(ylabel="gain g", ylim=(0, None), title="gain of the learned weights")
right.legend(loc="lower right")
for ax in (left, right):
    ax.set(xscale="log", xlabel="L, plastic synapses of each kind")
    ax.set_xticks(in_degrees, [f"{n}" for n in in_degrees])
    ax.minorticks_off()

# %% [markdown]
# **What to notice.** $g$ stays near 1 for each $L$. With few synapses it is the quality that falls: less of the activity is learned.
#
# ### Interactive demo · bonus
#
# 400 linear units keep eight *patterns* (one number for each unit) at eigenvalue 1. Lower $L$.

# %% tags=["demo"] alt="Eigenvalues of weights that keep eight patterns, read from 264 synapses by each unit: some near 1, the others in a circle of radius g."
course.sliders(
    course.demo_sparseness,
    n_synapses=widgets.IntSlider(264, 5, 300, continuous_update=False),
    n_patterns=widgets.IntSlider(8, 1, 30, continuous_update=False),
    seed=widgets.fixed(0),
)
elapsed()

# %% [markdown]
# ## 4 · Learning: a teacher holds the network, then lets go
#
# *Question: how can neurons learn from activity that only exists once they have learned it?*
#
# A trained neuron reads other trained neurons, which do not fire as they should before they have learned. Three stages lead out of this circle.

# %% [markdown] tags=["slide", "plot"]
# ## Three stages

# %% alt="Schematic with three panels. Hold: a teacher's current c keeps the trained neurons on their targets, while the plastic synapses are at rest. Learn: the teacher holds, and RLS learns weights w whose input replaces c. Let go: no teacher; RLS goes on, with the input that the synapses make plus the remaining error as its goal."
course.draw_stages()

# %% [markdown]
# 1. **Hold.** A current $c_i(t)$, the teacher, supplies the input that the plastic synapses will later provide. After each loop of a few
#    trials the error of the mean input $\bar u_i$ corrects it: $c_i \leftarrow c_i + (f_i - \bar u_i) / n$, with a growing $n$.
# 2. **Learn.** RLS (Part 1) learns weights $w$ of the filtered spikes $r(t)$ whose input replaces $c$: the goal is $y = c$. Spikes are noisy, so
#    *noise is the prior*: weights that carry it into the input must stay small. With $\bar r$, the mean over trials, and $\kappa$ (`noise_weight`),
#
# $$ \min_{w}\; \sum_t \big(w \cdot \bar r(t) - y(t)\big)^2 + \kappa \sum_t {\rm Var}_{\rm trials}\big(w \cdot r(t)\big) + \lambda\, |w|^2 . $$
#
# 3. **Let go.** The teacher is off, and RLS goes on in the *closed loop*: the goal is $y = w \cdot \bar r\, +$ the error that remains.
#
# <details><summary>How can RLS do this for all neurons without a matrix for each?</summary>
# All rows go into the same sums, S &larr; f S + X<sup>T</sup>X and b &larr; f b + X<sup>T</sup>Y, and each neuron takes its own rows and columns:
# w<sub>i</sub> = (S<sub>ii</sub> + &lambda;)<sup>-1</sup> b<sub>i</sub>. The rows of X are the mean filtered spikes of a loop, with the goals Y, and the trials'
# deviations from them, with the goal 0 (this is the noise). The factor f forgets. While the teacher settles (n = 1), f = 0, and only the last loop counts; then all loops
# with the teacher count alike; in the closed loop those that lie far back are forgotten (f = 3/4). (<code>n</code> is 1 at first, then it
# grows, so that errors are averaged.)
# </details>

# %% [markdown] tags=["slide"]
# ## A teacher holds, then lets go
#
# 1. **Hold.** A current keeps each trained neuron on its target: $c \leftarrow c + (f - \bar u)/n$.
# 2. **Learn.** RLS replaces the current by synapses, with **noise as the prior**.
# 3. **Let go.** RLS goes on while the network runs by itself.

# %% [markdown] tags=["slide"]
# ## Exercise 4: noise is the prior
#
# $$ \min_{w}\; \sum_t \big(w \cdot \bar r - y\big)^2 + \kappa \sum_t {\rm Var}\big(w \cdot r\big) + \lambda\, |w|^2 $$
#
# > Write this regression in four lines.

# %% [markdown]
# ### Exercise 4 (★★☆): noise is the prior
#
# Write the regression of stage 2 for one neuron. You get `X` (time, input), the mean of $r$ over trials; `D` (trial, time, input), the deviations
# of the trials from it; the goal `y` (time); `kappa` and `ridge` ($\lambda$). Return the weights.
#
# <details><summary>Hint</summary>
# The minimum of |X w − y|² + &lambda; |w|² is w = (X<sup>T</sup>X + &lambda; I)<sup>-1</sup> X<sup>T</sup>y. A variance is a square as well: the
# one over trials, summed over time, is |D w|² / (number of trials − 1) if each trial and time is a row of D
# (<code>D.reshape(-1, X.shape[1])</code>). Their goal is 0, so they add to S only.
# </details>

# %% tags=["exercise"]
def my_weights(X, D, y, kappa, ridge):
    # BEGIN SOLUTION
    rows = D.reshape(-1, X.shape[1])
    S = X.T @ X + kappa / (len(D) - 1) * rows.T @ rows
    b = X.T @ y
    return np.linalg.solve(S + ridge * np.eye(len(b)), b)
    # STUB: raise NotImplementedError("S from X and D, b from X and y, then solve")
    # END SOLUTION


# %% alt="A target and the mean outputs of three regressions: without noise in S, as expected, and of the function; the legend gives their noise over trials."
course.check_noise_prior(my_weights)

# %% [markdown] tags=["think"]
# **Think, then look.** You will see the network's quality *with* the teacher (pale) and *alone*, after each loop. When does which of the two rise?
#
# <details><summary>A. Both rise together, loop by loop</summary>
# No. With the teacher the network follows its targets after a few loops, because the teacher has learned; the synapses have not yet.
# </details>
# <details><summary>B. The pale one at once; the other one when the teacher lets go</summary>
# Right. Alone the network is at first much worse and differs from loop to loop: weights that fit the held activity have never seen the
# errors that they cause. In the closed loop RLS learns from the states that the network reaches by itself.
# </details>
# <details><summary>C. The pale one at once; the other one reaches it before the teacher lets go</summary>
# No. A good fit to held activity does not make a network that stays on its path alone (Part 1, "Why online?").
# </details>

# %% [markdown]
# ### Training, live
#
# The plot shows the *time courses* of the four strongest **patterns** (one number for each neuron) of the targets. After a stop (■) run the cell again.

# %% tags=["parameters"]
held_loops = sized(6, fast=2)  # with the teacher, the first few for the teacher itself
settling_loops = sized(2, fast=1)
held_trials = sized(8, fast=2)  # of each condition and loop
free_loops = sized(3, fast=1)  # in the closed loop
free_trials = sized(12, fast=2)
ridge = 15.0  # lambda: so short a training has seen little of the noise, hence a stronger prior
n_test_trials = sized(16, fast=4)
training_seed = 1
test_seed = 2

# %%
live_test = None  # until the training below has been tested
training = part3.Training(
    task, part3.TrainingParameters(
        held_loops=held_loops, settling_loops=settling_loops, held_trials=held_trials,
        free_loops=free_loops, free_trials=free_trials, ridge=ridge, watch_every=3,
        watched_trials=1,
    ), seed=training_seed,
)
taught = {}  # the weights when the teacher lets go

# %% [markdown] tags=["slide", "plot"]
# ## With the teacher, and alone

# %% alt="Left and middle: the network alone and the targets, as time courses of the four strongest patterns in both conditions, after the last loop. Right: quality after each loop, of the network alone, and pale with the teacher."
if training.task is not task:
    raise ValueError("Section 2 has made a new task: run the cell above, which begins anew.")


def look(training):
    watch(training)
    if training.n_done == training.parameters.held_loops:
        taught["weights"] = training.weights


with course.WatchLoops(
    task.times, training.pattern_targets, training.parameters.total_loops, unit="pattern",
    names=range(1, len(training.patterns) + 1), conditions=task.conditions,
    ylabel="correlation", pale=("held_curve", "with the teacher"),
) as watch:
    watch(training)  # what an earlier run of this cell has reached
    training.run(after_loop=look)
print(f"{training.n_done} loops done")
elapsed()

# %% [markdown]
# Now the weights are frozen.

# %%
live_test = part3.evaluate(
    task, training.weights, np.random.default_rng(test_seed), n_trials=n_test_trials,
    progress=True,
)
course.tell_quality(live_test, task.conditions)

# %% [markdown] tags=["slide", "plot"]
# ## The weights that the teacher left, and those after the closed loop

# %% alt="For each condition the time course of the strongest pattern: target, network with the weights that the teacher left, and network after the closed loop. The title gives the quality of both." jupyter={"source_hidden": true} tags=["hide-input"]
compared = {"after the closed loop": live_test}
if "weights" in taught:
    compared = {"teacher only": part3.evaluate(
        task, taught["weights"], np.random.default_rng(test_seed),
        n_trials=max(2, n_test_trials // 2), progress=True,
    )} | compared
strongest_pattern = training.patterns[0]
centre = task.targets.mean(axis=(0, 2))
fig, axes = plt.subplots(1, task.n_conditions, figsize=(13, 4.2), sharey=True, squeeze=False)
colours = {"teacher only": plotting.COLOURS["blue"], "after the closed loop": plotting.OUTPUT}
for c, (ax, name) in enumerate(zip(axes[0], task.conditions)):
    ax.plot(task.times, strongest_pattern @ (task.targets[c] - centre[:, None]), color="black",
            lw=3.5, label="target")
    for words, test in compared.items():
        ax.plot(task.times, strongest_pattern @ (test.mean_input[c] - centre[:, None]), lw=2.5,
                ls="--" if words == "teacher only" else "-", color=colours[words], label=words)
    reached = ", then ".join(f"{np.nanmedian(t.r2_corrected[c]):.2f}" for t in compared.values())
    ax.set(xlabel="time in the trial (ms)", title=f"{name}: corrected R² {reached}")
axes[0, 0].set_ylabel("strongest pattern (voltage)")
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3);

# %% [markdown]
# **Batch, then closed loop.** This is Part 1's "Why online?" again: *the teacher (batch) brings you near; RLS in the closed loop keeps you there.*
#
# ### Are the rates right? · bonus

# %% alt="Left: simulated against recorded mean rate of all trained neurons. Middle: ratio of both in groups by recorded rate. Right: size of the strongest components of the targets in the network; 1 is full size." jupyter={"source_hidden": true} tags=["hide-input"]
simulated = live_test.rates[:, task.network.trained]
recorded_mean = task.recorded_rates.mean(axis=(0, 2))
simulated_mean = simulated.mean(axis=(0, 2))
in_groups = np.array_split(np.argsort(recorded_mean), len(live_test.rate_ratio))
fig, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4.4))
left.loglog(recorded_mean, np.maximum(simulated_mean, 0.02), ".", color=plotting.OUTPUT, ms=4)
left.plot([0.05, 100], [0.05, 100], color="0.5", lw=1)
left.set(xlabel=f"{kind} mean rate (Hz)", ylabel="simulated (Hz)", title="all trained neurons")
middle.plot([recorded_mean[g].mean() for g in in_groups], live_test.rate_ratio, "o-",
            color=plotting.OUTPUT)
middle.axhline(1, color="0.5", lw=1)
middle.set(xscale="log", xlabel="mean rate of a group (Hz)", ylabel="simulated / " + kind,
           ylim=(0, max(2.0, 1.1 * live_test.rate_ratio.max())), title="ratio of rates, by group")
middle.set_xticks([1, 2, 5, 10, 20], ["1", "2", "5", "10", "20"])
middle.minorticks_off()
gains = live_test.mode_gains(min(8, *task.targets.shape[1:]))
for name, values, style in zip(task.conditions, gains, plotting.condition_styles(len(gains))):
    right.plot(np.arange(1, gains.shape[1] + 1), values, marker="o", label=name, **style)
right.axhline(1, color="0.5", lw=1)
right.set(xlabel="component of the targets", ylabel="size in the network",
          title="strong and weak components", ylim=(min(0, gains.min()), max(1.4, gains.max())))
right.legend()
elapsed()

# %% [markdown]
# A **component** (right) is a time course that many neurons share, the strongest first. Look at their sizes: do weak ones keep up with strong ones? Each
# has to sustain itself through noisy spikes.

# %% [markdown]
# ### A closer look · bonus

# %% alt="Single trials of both conditions on the plane of the two strongest patterns of the targets, beside the targets; a dot marks the end of the cue." jupyter={"source_hidden": true} tags=["hide-input"]
window = max(1, round(100.0 / task.trial_parameters.bin_width))  # 100 ms
plane = training.patterns[:2]
fig, ax = plt.subplots(figsize=(8, 4.8))
for c, style in enumerate(plotting.condition_styles(task.n_conditions)):
    for k in range(4):
        trial = part3.run_trial(
            task.network, task.trial_parameters, np.random.default_rng([test_seed, k]),
            weights=training.weights[c], **task.trial_options(c),
        )
        smooth = part3.evaluation.smooth_bins(
            trial.total_input[task.first_bin :][: task.n_bins], window
        )
        x, *y = plane @ (smooth - centre).T
        ax.plot(x, y[0] if y else task.times, color=style["color"], lw=1.5, alpha=0.6)
    x, *y = plane @ (task.targets[c] - centre[:, None])
    y = y[0] if y else task.times
    ax.plot(x, y, lw=4, **style, label=f"{task.conditions[c]}, target")
    ax.plot(x[0], y[0], "o", ms=10, color=style["color"])
ax.set(xlabel="strongest pattern of the targets", ylabel="second pattern",
       title="four trials of each condition (100 ms windows); dot: end of the cue")
ax.legend(loc="center left", bbox_to_anchor=(1.0, 0.5));

# %% [markdown] tags=["slide", "plot"]
# ## Four neurons, alone for two seconds

# %% alt="Mean input and target of four neurons in both conditions above, recorded and simulated rates of the same neurons below. From left to right their quality rises; the titles give it." jupyter={"source_hidden": true} tags=["hide-input"]
quality = np.nanmean(live_test.correlation, axis=0)
shown = np.argsort(quality)[np.linspace(0.25 * len(quality), len(quality) - 1, 4).astype(int)]
styles = plotting.condition_styles(task.n_conditions)
fig, axes = plt.subplots(2, 4, figsize=(14, 6), sharex=True)
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

# %% alt="Above: rates of the recorded neurons as colours, one panel for each condition, sorted by the difference of the conditions at the end. Below: those of the network, in the same order." jupyter={"source_hidden": true} tags=["hide-input"]
late = task.recorded_rates[:, :, -max(1, task.n_bins // 4) :].mean(axis=2)
order = np.argsort(late[0] - late[-1] if task.n_conditions > 1 else late[0])
middle_rates = task.recorded_rates.mean(axis=(0, 2))[:, None]
spread = task.recorded_rates.std(axis=(0, 2))[:, None] + 1e-9
fig, axes = plt.subplots(2, task.n_conditions, figsize=(13, 6.5), sharex=True, sharey=True,
                         squeeze=False)
extent = (task.times[0], task.times[-1], task.n_trained, 0)
for row, values, name in zip(axes, (task.recorded_rates, simulated), (kind, "network")):
    for ax, of_condition, condition in zip(row, values, task.conditions):
        image = ax.imshow(
            ((of_condition - middle_rates) / spread)[order], vmin=-3, vmax=3, aspect="auto",
            cmap="PuOr_r", extent=extent, interpolation="antialiased",
        )
        ax.set_title(f"{condition}, {name}")
    row[0].set_ylabel("trained neuron, sorted")
fig.colorbar(image, ax=axes, label=f"rate, in standard deviations of the {kind} one")
fig.supxlabel("time in the trial (ms)");

# %% [markdown]
# ### Exercise 5 (★★☆): how good could it be? · bonus
#
# A mean over $n$ trials is signal plus noise, and noise lowers any correlation. The *split-half* correlation
# $\rho$ of the means over even and over odd trials tells how much of a mean is signal. The mean over all
# trials has the reliability $2\rho / (1 + \rho)$ (Spearman & Brown). Divide the correlation $r$ of mean and
# target by the square root of this reliability.
#
# <details><summary>Hint</summary>
# You need <code>np.corrcoef(a, b)[0, 1]</code> twice: once for r, and once for ρ.
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
# ### The same with all recorded neurons · bonus
#
# 1824 recorded neurons, right and left, 100 test trials of each; medians over neurons of one network
# (`.venv/bin/python -m benchmarks part3-recurrent`):
#
# | correlation, corrected | $R^2$, corrected | $R^2$ of PSTHs | size of changes (Hz) | simulated over recorded rate, eight groups | balanced accuracy |
# | --- | --- | --- | --- | --- | --- |
# | 0.95, 0.90 | 0.87, 0.75 | 0.72, 0.46 | 0.93, 0.89 | 0.97 to 1.00 | 1.00 |
#
# ## 5 · What sustains the activity? Lesions, and a dial
#
# *Question: which part of the network makes it?*
#
# We take away one part at a time and do not train again. The measure is that of the training plot.

# %% tags=["parameters"]
silenced_fraction = 0.3  # of the trained; even 1.0 only stops what they send, not what they receive
n_lesion_trials = 2  # of each condition, in each set
lesion_seeds = (4, 5)  # sets of trials

# %% [markdown] tags=["think"]
# **Think, then look.** Guess the bars: learned weights undone; no cue; the other cue; 10% and 30% of the trained neurons silent.
#
# <details><summary>Answer</summary>
# Without the learned weights this is the untrained network: whatever it reaches is chance, and its balanced accuracy is one half. Without a cue both sides start from the same
# state, so that at most one of them can be right. With the other cue the network follows the other side's targets. Silent neurons take away a part of
# every sum. How much that costs differs between networks: look at the bars, and at the spread between sets of trials.
# </details>

# %% [markdown] tags=["slide", "plot"]
# ## What remains after a lesion

# %% alt="Bars of quality under each lesion for both conditions, means over sets of trials; lines reach from the worst to the best set."
lesions = {
    "intact": part3.Lesion(),
    "learned weights undone": part3.Lesion(with_recurrent_learning=False),
    "no cue": part3.Lesion(cue="none"),
    "other cue": part3.Lesion(cue="other"),
    "other cue, its targets": part3.Lesion(cue="other", target="cue"),
    "10% of the trained silent": part3.Lesion(silenced_fraction=0.1),
    f"{silenced_fraction:.0%} of the trained silent ": part3.Lesion(
        silenced_fraction=silenced_fraction
    ),
}
seeds = course.numbers("lesion_seeds", lesion_seeds, whole=True, at_least=0)
course.draw_lesions(
    part3.study_lesions(shipped_task, shipped_weights, np.random.default_rng(seed), lesions,
                        n_trials=n_lesion_trials)
    for seed in tqdm(seeds, unit="set")
)
elapsed()

# %% [markdown]
# **What to notice.** First read "learned weights undone": this is the *untrained* network, and what it reaches is chance. It ends
# nearest to the same targets whatever the cue, so its *balanced accuracy* (mean of both sides) is one half. Then compare the two rows of the
# other cue: does the cue decide?
#
# ### The dial: who tells the time?
#
# The original tutorial gave its network a **clock**: 300 Poisson neurons whose rates wander in the same way in
# each trial of a condition. Here it is a dial: `"none"` as above; `"common"`, the same in all
# conditions, tells the time and not the side; `"per_condition"` tells both.

# %% tags=["parameters"]
dial = "per_condition"  # or "common"
dial_source = "auto"
dial_training = part3.TrainingParameters(
    held_loops=sized(4, fast=2), settling_loops=1, held_trials=sized(4, fast=2),
    watched_trials=1, watch_every=6, free_loops=0,
)
n_dial_trials = 2
dial_seed = 6

# %% [markdown] tags=["slide"]
# ## The dial: who tells the time?
#
# - **No clock**: as before.
# - **Common clock**: 300 Poisson neurons, the same in all trials. They tell the time and not the side.
# - **A clock for each condition**: the original's choice.

# %% [markdown] tags=["think"]
# **Think, then look.** Which lesion hurts a network with a clock for each condition: no clock, no cue, or no recurrent learning?
#
# <details><summary>A. No clock</summary>
# Right. The clock tells time and side, in the same way in every trial, so that the regression finds most of each target there. The good
# fit says nothing about recurrent dynamics.
# </details>
# <details><summary>B. No cue</summary>
# No. Without a cue the clock still tells which side it is.
# </details>
# <details><summary>C. No recurrent learning</summary>
# No. Most of each target is read from the clock, whose weights stay.
# </details>

# %% [markdown] tags=["slide", "plot"]
# ## Turn the dial, and take the clock away

# %% alt="Bars of quality of a network with a clock for both conditions: intact, clock off, recurrent learning undone, no cue."
if dial == "none":
    raise ValueError("dial must be 'common' or 'per_condition': 'none' is the network above.")
dial_recordings = part3.load_recordings(dial_source)
clock_task = part3.make_task(
    dial_recordings, seed=dial_seed, network_parameters=replace(
        part3.task.network_for(dial_recordings.n_neurons, dial), dt=0.2
    ),
    feedforward_parameters=part3.FeedforwardParameters(clock=dial),
)
clock_weights = part3.train(clock_task, dial_training, seed=dial_seed).weights
clock_study = part3.study_lesions(
    clock_task, clock_weights, np.random.default_rng(dial_seed), {
        "intact": part3.Lesion(), "clock off": part3.Lesion(with_feedforward=False),
        "recurrent learning undone": part3.Lesion(with_recurrent_learning=False),
        "no cue": part3.Lesion(cue="none"),
    }, n_trials=n_dial_trials,
)
course.draw_lesions([clock_study])
elapsed()

# %% [markdown]
# **What to notice.** What is read off a clock is not made by the network. Always test a network without the part that you believe to be essential.

# %% [markdown] tags=["slide"]
# ## A good fit does not show where activity comes from
#
# Compare the fit of the intact network with what remains when its clock is off.

# %% [markdown]
# ### Exercise 6 (★★★): two conditions, one regression · bonus
#
# A clock for each condition has weights of its own in each condition, besides the recurrent weights, which all conditions share.
# Exact RLS learns both at once if the clock of each condition counts as separate regressors, of which all but one set are
# silent in each trial. Write the update of one neuron yourself. The regressors `r` are the filtered
# spikes of the plastic synapses, then those of the Poisson neurons **once for each condition**, with zeros for
# all conditions but the present one. Then comes RLS as in Part 1, with the neuron's `target` $f$:
#
# $$ k = P\, r,\qquad c = \frac{1}{1 + r \cdot k},\qquad
#    P \leftarrow P - c\, k k^\top,\qquad w \leftarrow w - c\,(w \cdot r - f)\, k . $$
#
# <details><summary>Hint</summary>
# Start with <code>r = np.zeros(w.size)</code> and fill slices: the recurrent part, then
# <code>shared.size</code> places beginning at
# <code>recurrent.size + condition * shared.size</code>. Return new arrays and leave the arguments as
# they are.
# </details>
#
# <details><summary>How can the library do this without a large P for each neuron?</summary>
# It keeps no P. The matrix S of all sources holds what each neuron needs, P<sup>-1</sup> is S + &lambda; for its own rows and columns.
# What all neurons share (s, the clock) is taken care of once, by the inverse of a block matrix: with K = S<sub>os</sub> (S<sub>ss</sub> + &lambda;)<sup>-1</sup>,
# a neuron's own sources (o) are left with S<sub>oo</sub> − K S<sub>so</sub>, and their products with the target with b<sub>o</sub> − K b<sub>s</sub>. In words: the
# regression on the shared regressors is subtracted from each neuron's own regressors and from its target
# (<i>partialling out</i>), and what is left of the target is regressed on what is left of its own regressors. The weights are exactly
# the same.
# </details>

# %% tags=["exercise"]
def my_rls_update(w, P, recurrent, shared, condition, target):
    # BEGIN SOLUTION
    r = np.zeros(w.size)
    r[: recurrent.size] = recurrent
    start = recurrent.size + condition * shared.size
    r[start : start + shared.size] = shared
    k = P @ r
    c = 1.0 / (1.0 + r @ k)
    return w - c * (w @ r - target) * k, P - c * np.outer(k, k)
    # STUB: raise NotImplementedError("build r, then k and c, then the new w and P; return (w, P)")
    # END SOLUTION


# %% alt="Weights of one neuron after 80 updates in two conditions: the library's as open circles, those of the function as crosses inside them."
course.check_rls_update(my_rls_update)

# %% [markdown]
# ## 6 · What the untrained neurons do, and why
#
# *Question: the other E neurons and the I neurons were not trained. What do they do?*
#
# They get input through random static synapses only. How *selective* are they (rate in the first minus rate in the second condition), and how much
# of their activity lies in the *components* of the trained neurons, the time courses that many of these share?

# %% tags=["parameters"]
use_live_network = True  # if you trained one in Section 4; False: the one of the course
n_analysis_trials = sized(20, fast=4)
n_components = 5
last_ms = 500.0
analysis_seed = 3

# %%
if use_live_network and live_test is not None:
    shown_task, evaluation = training.task, live_test
    print("the network that you trained, in the trials of its test")
else:
    shown_task = shipped_task
    evaluation = part3.evaluate(
        shipped_task, shipped_weights, np.random.default_rng(analysis_seed),
        n_trials=n_analysis_trials, progress=True,
    )
    print("the network that comes with the course")
groups = dict(zip(("trained E", "untrained E", "untrained I"), part3.neuron_groups(shown_task)))
print({name: len(members) for name, members in groups.items()})

# %% [markdown] tags=["slide", "plot"]
# ## What the untrained neurons do

# %% jupyter={"source_hidden": true} tags=["hide-input"] alt="Left: three histograms below each other of the selectivity of trained E, untrained E and untrained I neurons, each with the curve that Poisson noise alone would give. Right: for untrained E and I neurons the share of their variance that lies in the strongest components of the trained neurons, beside the share of activity shifted in time."
rng = np.random.default_rng(analysis_seed)
last = min(round(last_ms / shown_task.trial_parameters.bin_width), shown_task.n_bins)
components = part3.principal_components(
    evaluation.rates, groups["trained E"], n_components
).components
preference = noise = None
if shown_task.n_conditions > 1:
    preference = part3.selectivity(evaluation.rates, last, pair=(0, 1))
    exposure = evaluation.n_trials * last * shown_task.trial_parameters.bin_width / 1000.0  # s
    noise = np.sqrt(evaluation.rates[:2, :, -last:].mean(axis=2).sum(axis=0) / exposure)
    for name, members in groups.items():
        beyond = np.abs(preference[members]) > 2 * noise[members]
        print(f"{name:11s} selectivity: sd {preference[members].std():.2f} Hz "
              f"(Poisson noise alone: {np.sqrt((noise[members] ** 2).mean()):.2f}), "
              f"beyond twice this noise {beyond.mean():.0%} (by chance 5%)")
shared = {
    name: part3.shared_variance(evaluation.half_rates, groups[name], components, rng)
    for name in ("untrained E", "untrained I")
}
course.draw_spread(groups, preference, noise, shared, conditions=shown_task.conditions)
elapsed()

# %% [markdown]
# **What to notice.** Where far more than 5% of an untrained group lie beyond twice the noise, learned activity has reached neurons that
# never learned: *a selective neuron need not have been trained*.
#
# ### Must the synapses be strong? · bonus
#
# Kim et al. (2023) found that *strong* static synapses, independent of the task, spread the activity. Does our model show that?

# %% [markdown] tags=["think"]
# **Think, then look.** The static synapses are made weaker, and the network learns again, to the same quality. Will less reach the untrained neurons?
#
# <details><summary>Answer</summary>
# The first thought is yes, because all of their input comes through these synapses. But the noise that these synapses make shrinks as well, and a neuron with
# less noise responds more strongly to what is left. Which of the two wins has to be measured, and only in networks of equal quality.
# </details>

# %% alt="Eight small panels: the rates in all conditions of the four most strongly modulated untrained E neurons above and untrained I neurons below." jupyter={"source_hidden": true} tags=["hide-input"]
fig, axes = plt.subplots(2, 4, figsize=(14, 5.5), sharex=True)
for row, name in zip(axes, ("untrained E", "untrained I")):
    for ax, i in zip(row, part3.strongest_modulated(evaluation.rates, groups[name], 4)):
        for c, style in enumerate(plotting.condition_styles(shown_task.n_conditions)):
            ax.plot(shown_task.times, evaluation.rates[c, i], **style,
                    label=shown_task.conditions[c])
        ax.set_title(f"{name}, neuron {i}")
    row[0].set_ylabel("rate (Hz)")
fig.supxlabel("time in the trial (ms); the strongest neurons of each group, not typical ones")
fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center",
           ncols=min(shown_task.n_conditions, 4));

# %% [markdown]
# That learned activity spreads through synapses that never learned: yes, see the plots above. That these must be *strong*: we do
# not know. Weaker static synapses change the noise and the network's own rates as well, so only networks that learned equally well may be compared
# (`.venv/bin/python -m experiments part3-spread` makes such a comparison). Besides, our weaker networks get
# another external input, which keeps their mean rates, and ours have no clock. Where two models differ, neither says which of them cortex is like.
#
# ## 7 · Distractors, and what this has to do with biology
#
# *Question: which kind of memory is it, a choice between two sides or a position that any push moves?*
#
# Finkelstein et al. (2021) distracted mice that remembered a side. Early in the delay this
# often switched the choice, late it rarely did; in their model a *ramp*, an input common to both sides, moves
# two attractors apart. Our network was never trained to resist. We give it the **other** cue for 100 ms and look at each side, trial by trial.

# %% tags=["parameters"]
distractor_after = sized((100.0, 600.0, 1200.0), fast=(600.0,))  # ms after the cue
distractor_strength = 1.0  # in units of the cue
n_distractor_trials = sized(4, fast=2)
distractor_seed = 8

# %% [markdown] tags=["slide"]
# ## Distractors
#
# - Early in the delay, a second stimulus often switched the mouse's choice; late it rarely did.
# - Our network was never trained to resist.
# - It gets the **other** cue for 100 ms during the delay.

# %% [markdown] tags=["think"]
# **Think, then look.** Where would trials end if the memory were two attractors? Where if it were a position that any push moves? Must both sides be alike?
#
# <details><summary>A. Two attractors: at 0 or at 1. A position: anywhere between. The sides may differ</summary>
# Right. A stronger push moves a position further. A mean over both sides could show what neither does; the lines below the plot say what
# this network does.
# </details>
# <details><summary>B. Both in the middle: a push is a push</summary>
# No. From an attractor a small push is forgotten, and a large one leads to the other attractor.
# </details>
# <details><summary>C. Two attractors: at 0 or at 1. A position: anywhere between. The sides must be alike</summary>
# The ends, yes. But nothing in the training makes the sides alike, so look at each.
# </details>

# %% [markdown] tags=["slide", "plot"]
# ## Which kind of memory is it?

# %% alt="A panel for each condition: ends of single trials as dots and their means, between the own (0) and the other condition (1), without a distractor and against the time of the distractor."
at_cue = shipped_task.trial_parameters.stim_off
pushed = part3.run_distractors(
    shipped_task, shipped_weights,
    at_cue + np.array(course.numbers("distractor_after", distractor_after, at_least=0)),
    np.random.default_rng(distractor_seed), strength=distractor_strength,
    n_trials=n_distractor_trials, progress=True,
)
course.draw_ends(pushed, from_time=at_cue)
course.tell_memory(pushed, from_time=at_cue)
elapsed()

# %% [markdown]
# **What to notice.** Look at the dots and not at the means, at each side by itself, and at how far undisturbed trials spread.
#
# ### Is this biology?
#
# It shows which connections *could* produce the activity, not how an animal learned it:
#
# - **A teacher for each neuron, at each moment.** An animal gets one reward, late and the same for all neurons (*credit assignment*).
# - **Learning is not local.** Each neuron needs the correlations of all its inputs. A synapse sees two neurons.
# - **Many weights, one behaviour.** Other seeds give other weights: a single trained synapse tells us nothing.
# - **Dale's law** holds for the static synapses, not for the plastic ones, which are also as slow as 300 ms and more: they stand in for some
#   slower cellular process.

# %% [markdown] tags=["slide"]
# ## Is this biology?
#
# - It shows which connections **could** produce the activity, not how an animal learned it.
# - A teacher for each neuron at each moment; an animal gets one reward, late.
# - Learning that is not local; plastic synapses that break Dale's law and last 300 ms and more.

# %% [markdown]
# <details><summary>More on this</summary>
# <ul>
# <li><b>RLS is not gradient descent.</b> RLS solves a regression for the activity as it is, and ignores that other weights will lead to other activity. Backpropagation
# through time takes this influence into account, and needs an error only at the output. But it needs many more passes, it is not local either,
# and for spikes it needs a smooth substitute for the threshold.</li>
# <li><b>A local rule.</b> If the matrix of correlations is replaced by a number, the rule becomes local, but then it needs many more trials.</li>
# <li><b>Many solutions.</b> A few slow components do not determine hundreds of thousands of synapses. Which of the many solutions is found depends on the
# initial weights and on the prior.</li>
# <li><b>Dale's law.</b> A neuron of cortex either excites or inhibits. Many of the plastic synapses take the other sign while they learn.</li>
# <li><b>As many I as E neurons.</b> Cortex has about four E neurons for each I neuron. Balance requires certain signs and ratios of the total strengths;
# fewer but stronger I synapses meet these conditions as well.</li>
# </ul>
# </details>
#
# ### Does a ramp protect it? · bonus
#
# `.venv/bin/python -m experiments part3-distractor` asks several networks, with and without a common clock that rises steadily through the delay, and keeps the sides apart.
# A ramp gates if late distractors have less effect *with* it than without, and if clamping it undoes this: time alone must not be the reason. A network that
# only learned to follow recorded rates need not use the ramp in this way. Part 1 teaches it to a rate network.

# %% [markdown]
# ## Your own recordings, and what to try
#
# - `source = "my.npz"` in Section 2 takes your own rates. `part3.recordings_from_arrays(rates, time,
#   conditions)` makes such a record from an array (condition, neuron, time) in Hz, and Part 1 says how to make
#   it from spike times.
# - The full job: the recordings of 1824 neurons (`source = "alm"`) with the library's own numbers,
#   `part3.train(task, seed=1)`, takes some minutes on two cores.
# - `network_changes = {"n_plastic_exc": 40, "n_plastic_inh": 40}`, or `{"tau_plastic": 100.0}`: how much noise does the memory tolerate?
# - `free_loops = 0`, or 12: what does the closed loop add?
# - `noise_weight=0.01` or `0.2` in `TrainingParameters`: what gets better, and what gets worse?
# - `clock = "common"` or `"per_condition"` in Section 2: the same training with a clock.
#
# To go on with a training another day, use `part3.save_training("mine.npz", training)` and
# `training = part3.load_training("mine.npz")`: it continues bit for bit.
#
# ## Summary
#
# **The answer.** Balance makes the firing irregular, and slow plastic synapses that learned in the closed loop carry the memory. Only lesions
# and distractors show what keeps it going; a good fit does not.
#
# - The rates of a balanced network follow from equations without free parameters.
# - The teacher (batch) brings you near; RLS in the closed loop keeps you there.
# - With few synapses less can be learned: strong random synapses would amplify every deviation.
# - Activity that some neurons learned also reaches the others, through random synapses that never learned.

# %% [markdown] tags=["exit-ticket"]
# ## Exit ticket
#
# Five questions before you leave, each to be answered in a sentence.
#
# **1.** Why does a neuron with a thousand strong inputs not fire like a clock?
#
# <details><summary>Answer</summary>
# In the balanced state excitation and inhibition cancel to leading order. The mean that remains lies below the threshold, and fluctuations
# carry the voltage across the threshold at irregular moments.
# </details>
#
# **2.** Which two equations give the rates of E and I neurons, and what do they not need?
#
# <details><summary>Answer</summary>
# To leading order the mean input of each kind of neuron is zero: external input plus both recurrent inputs. These equations contain no
# property of the single neuron, such as its threshold or time constant, and no free parameter.
# </details>
#
# **3.** What does the teacher's current do, what replaces it, and why does RLS go on when it is off?
#
# <details><summary>Answer</summary>
# It holds each trained neuron on its target, so that the network learns from the activity that it should have. Afterwards the plastic synapses
# supply this input. In the closed loop their errors come back as inputs, and RLS learns from the states that the network then reaches by itself.
# </details>
#
# **4.** Two networks fit the recordings equally well. How do you find out whether either makes the activity by itself?
#
# <details><summary>Answer</summary>
# By lesions: undo the recurrent learning, or remove the clock or the cue, and see what remains. The fit alone does not show it.
# </details>
#
# **5.** You record a selective neuron. Can you conclude that its own synapses have learned?
#
# <details><summary>Answer</summary>
# No. Activity that some neurons learned reaches all others through random connections that never learned.
# </details>
#
# How was it? {{feedback}}

# %% [markdown]
# ## References
#
# - Brunel N, Sergi S (1998) Firing frequency of leaky integrate-and-fire neurons with synaptic current
#   dynamics. *J Theor Biol* 195:87–95. [doi:10.1006/jtbi.1998.0782](https://doi.org/10.1006/jtbi.1998.0782)
# - DePasquale B, Cueva CJ, Rajan K, Escola GS, Abbott LF (2018) full-FORCE: a target-based method for
#   training recurrent networks. *PLoS ONE* 13:e0191527.
#   [doi:10.1371/journal.pone.0191527](https://doi.org/10.1371/journal.pone.0191527)
# - Finkelstein A, Fontolan L, Economo MN, Li N, Romani S, Svoboda K (2021) Attractor dynamics gate
#   cortical information flow during decision-making. *Nat Neurosci* 24:843–850.
#   [doi:10.1038/s41593-021-00840-6](https://doi.org/10.1038/s41593-021-00840-6)
# - Brunel N (2000) Dynamics of sparsely connected networks of excitatory and inhibitory spiking
#   neurons. *J Comput Neurosci* 8:183–208.
#   [doi:10.1023/A:1008925309027](https://doi.org/10.1023/A:1008925309027)
# - Kim CM, Chow CC (2018) Learning recurrent dynamics in spiking networks. *eLife* 7:e37124.
#   [doi:10.7554/eLife.37124](https://doi.org/10.7554/eLife.37124)
# - Kim CM, Finkelstein A, Chow CC, Svoboda K, Darshan R (2023) Distributing task-related neural
#   activity across a cortical network through task-independent connections. *Nat Commun* 14:2851.
#   [doi:10.1038/s41467-023-38529-y](https://doi.org/10.1038/s41467-023-38529-y)
# - Ross S, Gordon GJ, Bagnell JA (2011) A reduction of imitation learning and structured prediction to
#   no-regret online learning. *AISTATS* 15:627–635.
# - Schoppe O, Harper NS, Willmore BDB, King AJ, Schnupp JWH (2016) Measuring the performance of
#   neural models. *Front Comput Neurosci* 10:10.
#   [doi:10.3389/fncom.2016.00010](https://doi.org/10.3389/fncom.2016.00010)
# - van Vreeswijk C, Sompolinsky H (1996) Chaos in neuronal networks with balanced excitatory and
#   inhibitory activity. *Science* 274:1724–1726.
#   [doi:10.1126/science.274.5293.1724](https://doi.org/10.1126/science.274.5293.1724)
