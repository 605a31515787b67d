"""What only the notebooks need; the library does not import it.

Modules
-------
``feedback``
    What the checks of all parts share: run an attempt and say what is wrong.
``sliders``
    `sliders`: a demo below its sliders, one figure that stays where it is.
``stopping``
    `stop_quietly`: one sentence where a cell is stopped or refused, no screenful of code.
``live``
    `WatchForce`, `WatchLoops`: plots that are drawn anew while a network learns.
``schematics``
    `Schematic`: what the drawings of all parts are made of.
``sizes``
    `numbers`: check what was typed under the name that was typed; `sized`: small sizes for tests.
``execution``
    Run a notebook from outside, cell by cell.
``report``
    A page of a user's recordings, made by the notebook for them.

Folders
-------
``part1``
    Exercises, demos and drawings of Part 1.
``part2``
    Exercises, demos and the drawing of Part 2.
``part3``
    Exercises, demos, drawings and sentences of Part 3.
"""
