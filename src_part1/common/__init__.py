"""What all three parts need and what has nothing to do with networks.

Modules
-------
``validation``
    Checks of arguments: each message names the argument, the rule and the value.
``fields``
    Bounds of a parameter, declared once beside the field of its record.
``time_grid``
    Durations as whole numbers of time steps or bins.
``smoothing``
    Means over windows.
``metrics``
    Measures of quality: correlation, R^2 and normalised error.
``blas``
    BLAS on one thread, for results that do not depend on the machine.
``compiled``
    Functions that Numba compiles and keeps on disk.
``one_line``
    How records of large arrays print themselves.
``files``
    Files that are written as a whole or not at all, arrays read without pickle, files that ship.
"""
