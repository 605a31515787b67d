"""Sliders beside a demo: one figure that stays where it is while its picture changes."""

from __future__ import annotations

# Figures of the demos are 4 inches high at 90 dots each, and their labels need some more.
_HEIGHT = "400px"


def sliders(demo, **controls):
    """Show a demo, which draws with pyplot and returns nothing, below sliders that redraw it.

    ``controls`` has for each argument a widget, or what ``ipywidgets.interact`` makes one of.
    """
    import ipywidgets  # here, so that the checks need no Jupyter
    import matplotlib.pyplot as plt
    from IPython.display import display

    def draw(**values):
        demo(**values)
        # ipywidgets shows what is drawn by itself, but not after `%matplotlib inline`: the backend
        # then has another name.
        plt.show()

    panel = ipywidgets.interactive(draw, **controls)
    # An output whose height is its content's collapses between two pictures, and the page jumps.
    panel.out.layout.min_height = _HEIGHT
    display(panel)
