"""Run a notebook from outside, cell by cell."""

from __future__ import annotations

import re
import sys
import time

import zmq
from nbclient import NotebookClient


class Client(NotebookClient):
    """Runs cells, those that fill an Output widget included, and passes on what goes to stderr.

    Such a widget answers each output on the channel on which the cell's reply comes in. If the
    reply is there already, sending takes away the event that would have announced it, and the
    client waits until its timeout for a cell that has long ended. Asking the socket for its events
    announces the reply again.
    """

    def process_message(self, msg, cell, cell_index):
        """Handle a message of the kernel, then look for a reply that nobody announced."""
        if msg["msg_type"] == "stream" and msg["content"]["name"] == "stderr":
            print(msg["content"]["text"], end="", file=sys.stderr, flush=True)
        try:
            return super().process_message(msg, cell, cell_index)
        finally:
            self.kc.shell_channel.socket.get(zmq.EVENTS)


def run_cells(notebook, environment, *, folder=None, timeout=None, source_of=None):
    """Run all cells in a kernel of their own, saying which section runs.

    Yields, after each cell: the cell, the seconds since the first one began, and the number of the
    kernel's process. ``source_of(cell)`` is what runs in place of what stands in a cell.
    """
    client = Client(
        notebook, timeout=timeout, kernel_name="python3", extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(folder)}} if folder else {},
    )
    with client.setup_kernel(env=environment):
        start = time.perf_counter()
        for index, cell in enumerate(notebook.cells):
            source = cell.source
            for title in re.findall(r"(?m)^## (.+)$", source) * (cell.cell_type == "markdown"):
                print(f"[{time.perf_counter() - start:4.0f} s] {title}", flush=True)
            cell.source = source_of(cell) if source_of else source
            try:
                client.execute_cell(cell, index)
            finally:
                cell.source = source
            yield cell, time.perf_counter() - start, client.km.provisioner.pid
