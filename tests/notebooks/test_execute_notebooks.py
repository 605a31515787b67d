"""The tool that executes notebooks, tried on tiny ones."""

import asyncio
import time
from types import SimpleNamespace

import nbformat
import pytest
import zmq
import zmq.asyncio

from course.execution import Client
from tools import execute_notebooks

FIGURE = """\
import os
import matplotlib.pyplot as plt
plt.plot([0, 1])
plt.show()
print(os.path.basename(os.getcwd()), os.environ["MOTOR_CORTEX_SOURCE"])
"""


def write(path, *sources):
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    cells[-1].metadata["alt"] = "a line that rises"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def test_executes_in_clean_kernels_and_writes_html_and_figures(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.delenv("MOTOR_CORTEX_SOURCE", raising=False)
    first = write(tmp_path / "lessons/first.ipynb", "leaked = 1", FIGURE)
    second = write(tmp_path / "lessons/second.ipynb", "assert 'leaked' not in globals()")
    before = first.read_bytes()
    folders = ["--output", str(tmp_path / "html"), "--png", str(tmp_path / "png")]
    assert execute_notebooks.main([str(first), str(second), *folders]) == 0
    html = (tmp_path / "html/first.html").read_text(encoding="utf-8")
    for shown in ("data:image/png;base64,", 'alt="a line that rises"', "lessons synthetic"):
        assert shown in html
    assert (tmp_path / "html/second.html").is_file()
    (plot,) = (tmp_path / "png").iterdir()
    assert plot.name == "first_cell01_0.png" and plot.read_bytes().startswith(b"\x89PNG")
    assert first.read_bytes() == before
    assert "first.ipynb: " in capsys.readouterr().out


def test_failing_cell_fails_with_its_traceback_and_the_rest_goes_on(tmp_path, capsys):
    bad = write(tmp_path / "bad.ipynb", "def half(x):\n    return x / 0", "half(3)", "print('no')")
    good = write(tmp_path / "good.ipynb", "print('yes')")
    assert execute_notebooks.main([str(bad), str(good), "--output", str(tmp_path / "html")]) == 1
    said = capsys.readouterr().err
    assert all(x in said for x in ("bad.ipynb failed", "ZeroDivisionError", "half(3)"))
    assert "\x1b" not in said
    assert [path.name for path in (tmp_path / "html").iterdir()] == ["good.html"]


@pytest.mark.parametrize("source", ["import time; time.sleep(60)", "import os; os._exit(1)"])
def test_cell_that_hangs_or_kills_its_kernel_fails(tmp_path, capsys, source):
    path = write(tmp_path / "stuck.ipynb", source)
    assert execute_notebooks.main([str(path), "--timeout", "2", "--output", str(tmp_path)]) == 1
    assert "stuck.ipynb failed" in capsys.readouterr().err


def test_no_notebook_is_a_failure(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(execute_notebooks, "ROOT", tmp_path)
    assert execute_notebooks.main([]) == 1
    assert "no notebook" in capsys.readouterr().err


def test_a_reply_is_seen_although_a_widget_has_sent_something_meanwhile():
    async def seconds_to_the_reply():
        with zmq.asyncio.Context() as context, zmq.Context() as other:
            with context.socket(zmq.DEALER) as shell, other.socket(zmq.ROUTER) as kernel:
                port = kernel.bind_to_random_port("tcp://127.0.0.1")
                shell.connect(f"tcp://127.0.0.1:{port}")
                plain = zmq.Socket.shadow(shell.underlying)  # as jupyter_client sends
                plain.send(b"execute_request")
                name, _ = kernel.recv_multipart()
                reply = asyncio.ensure_future(shell.poll(5000))
                await asyncio.sleep(0.1)
                kernel.send_multipart([name, b"execute_reply"])
                time.sleep(0.3)  # the reply is there, and the loop has not seen it
                plain.send(b"comm_msg")
                client = Client(nbformat.v4.new_notebook())
                client.kc = SimpleNamespace(shell_channel=SimpleNamespace(socket=shell))
                cell = nbformat.v4.new_code_cell(metadata={"execution": {}})
                busy = {
                    "header": {"date": "2026-01-01T00:00:00Z"}, "msg_type": "status",
                    "content": {"execution_state": "busy"},
                }
                client.process_message(busy, cell, 0)
                start = time.perf_counter()
                assert await reply
                return time.perf_counter() - start

    assert asyncio.run(seconds_to_the_reply()) < 2
