"""Part 2: spiking networks that learn any pattern.

New here: the LIF neuron and its firing rate in closed form.
"""

from src_part2.parameters import LIFParameters, NetworkParameters, TrainingParameters
from src_part2.siegert import (
    euler_equivalent,
    siegert_mean_input,
    siegert_rate,
    white_noise_sigma,
)

__all__ = [
    "LIFParameters",
    "NetworkParameters",
    "TrainingParameters",
    "euler_equivalent",
    "siegert_mean_input",
    "siegert_rate",
    "white_noise_sigma",
]
