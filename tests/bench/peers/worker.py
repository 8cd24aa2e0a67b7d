"""An engine in a process of its own, so that its memory and its processor time are only its own.

The parent sends calls as lines of JSON and gets an answer for each. Whatever the engine itself
prints goes to standard error.
"""

import importlib
import json
import os
import pathlib
import re
import subprocess
import sys


class Worker:
    """The parent's end: `Worker("llama_engine", model=...)`, then `call("run", ...)`."""

    def __init__(self, module, **settings):
        command = [sys.executable, str(pathlib.Path(__file__).resolve()), module]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.module = module
        self.call("__init__", **settings)

    def call(self, method, **arguments):
        self.process.stdin.write(json.dumps({"method": method, "arguments": arguments}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.module} ended with status {self.process.wait()}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def peak_memory():
    """The most resident memory of this program. getrusage would include the parent's, from before it began."""
    found = re.search(r"^VmHWM:\s+(\d+) kB$", pathlib.Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024


def serve(module):
    """The child's end."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    kind = importlib.import_module(module).Engine
    engine = None
    for line in sys.stdin:
        call = json.loads(line)
        if call["method"] == "__init__":
            engine, answer = kind(**call["arguments"]), {}
        else:
            answer = getattr(engine, call["method"])(**call["arguments"])
        if isinstance(answer, dict):
            answer["peak_memory_bytes"] = peak_memory()
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    serve(sys.argv[1])
