"""The sentence on a dead engine, from logs as vLLM writes them."""

import pytest

from engine.samplers.vllm_words import LONGEST, LOST, cause, killed_by

POINTER = "EngineDeadError: EngineCore encountered an issue. See stack trace (above) for the root cause."
START = "RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}"
WORKER = """\
(Worker pid=8) INFO 11-23 06:36:08 [base_loader.py:82] Initializing model took 0.13 seconds
(Worker pid=8) WARNING 11-23 06:36:08 [cpu.py:9] Traceback (most recent call last):
(Worker pid=8) WARNING 11-23 06:36:08 [cpu.py:9] ImportError: no such kernel, another will do
(Worker pid=8) ERROR 11-23 06:36:08 [multiproc_executor.py:953] WorkerProc failed to start.
(Worker pid=8) ERROR 11-23 06:36:08 [multiproc_executor.py:953] Traceback (most recent call last):
(Worker pid=8) ERROR 11-23 06:36:08 [multiproc_executor.py:953]   File "weight_utils.py", line 1208, in iterator
(Worker pid=8) ERROR 11-23 06:36:08 [multiproc_executor.py:953]     raise RuntimeError(
(Worker pid=8) ERROR 11-23 06:36:08 [multiproc_executor.py:953] torch.OutOfMemoryError: CUDA out of memory. Tried 2 GiB.
"""
CORE = """\
(EngineCore pid=7) ERROR 11-23 06:36:10 [core.py:1510] Traceback (most recent call last):
(EngineCore pid=7) ERROR 11-23 06:36:10 [core.py:1510]     raise e from None
(EngineCore pid=7) ERROR 11-23 06:36:10 [core.py:1510] Exception: WorkerProc initialization failed, see stack trace.
Process EngineCore:
Traceback (most recent call last):
RuntimeError: Engine core initialization failed. See root cause above.
"""
CHAIN = """\
(Worker pid=8) ERROR 11-23 06:39:40 [m.py:1] Traceback (most recent call last):
(Worker pid=8) ERROR 11-23 06:39:40 [m.py:1] FileNotFoundError: [Errno 2] No such file: 'x/adapter_config.json'
(Worker pid=8) ERROR 11-23 06:39:40 [m.py:1]
(Worker pid=8) ERROR 11-23 06:39:40 [m.py:1] The above exception was the direct cause of the following exception:
(Worker pid=8) ERROR 11-23 06:39:40 [m.py:1]
(Worker pid=8) ERROR 11-23 06:39:40 [m.py:1] Traceback (most recent call last):
(Worker pid=8) ERROR 11-23 06:39:40 [m.py:1] vllm.exceptions.LoRAAdapterNotFoundError: No adapter found for x
"""
DIED = (
    "(EngineCore pid=7) ERROR 11-23 06:36:10 [m.py:316] Worker proc W died unexpectedly (exit code: -9), shutting down."
)
KILLED = "a process of the engine was killed by SIGKILL; the system does so when memory runs out"


@pytest.mark.parametrize(
    ("log", "said", "code", "sentence"),
    [
        (WORKER + CORE, START, None, "OutOfMemoryError: CUDA out of memory. Tried 2 GiB."),
        (CHAIN + WORKER, POINTER, None, "LoRAAdapterNotFoundError: No adapter found for x"),
        (WORKER, "dtype: it must be another", None, "dtype: it must be another"),
        (DIED + "\n" + WORKER, POINTER, None, KILLED),
        (DIED.replace("-9", "None") + "\n" + WORKER, POINTER, None, LOST),
        ("", START.replace("{}", "{'EngineCore': -9}"), None, KILLED),
        ("some line\n\n", None, -9, KILLED),
        ("", None, -11, "a process of the engine was killed by SIGSEGV"),
        ("", None, -99, "a process of the engine was killed by signal 99"),
        ("a\nthe last line\n", None, 1, "the last line"),
        ("", None, 3, "it ended without a word (exit code 3)"),
        (CORE, POINTER, None, POINTER),
    ],
)
def test_what_an_engine_leaves_behind_becomes_a_sentence(log, said, code, sentence):
    assert cause(log, said, code) == sentence


def test_it_is_one_line_that_a_terminal_can_show():
    found = cause("", "bad\x1b[31m thing\nwith " + "many words " * 1000, None)
    assert len(found) == LONGEST
    assert found.startswith("bad thing with many")


def test_only_a_signal_kills():
    assert killed_by(None) is None
    assert killed_by(0) is None
    assert killed_by(1) is None
    assert killed_by(-9) == KILLED
