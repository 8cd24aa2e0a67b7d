"""presslate, through `presslate bench`: a process a run, which loads, warms up, and then measures."""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import tempfile


class Engine:
    def __init__(self, program, weights, quantization=None, reference=False):
        self.program, self.weights = str(program), str(weights)
        self.fixed = ["--quantization", quantization] if quantization else []
        self.fixed += ["--reference"] if reference else []

    def run(
        self, texts, batch, beams=1, new_tokens=256, ignore_end=False, shortlist="off",
        prefix="", suffix="", processes=1, threads=2,
    ):  # fmt: skip
        """Splits the texts over `processes` with `threads` each, which run at the same time."""
        # Longest first, dealt in turn: each process has as much to do.
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]), reverse=True)
        shares = [sorted(order[start::processes]) for start in range(processes)]
        flags = [
            "--batch", str(batch), "--beams", str(beams), "--max-new-tokens", str(new_tokens),
            "--shortlist", shortlist, "--threads", str(threads), "--repeat", "1", "--format", "json",
        ]  # fmt: skip
        flags += self.fixed + (["--ignore-end"] if ignore_end else [])
        with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor() as pool:
            for name, text in (("prefix", prefix), ("suffix", suffix)):
                if text:
                    path = pathlib.Path(folder, name)
                    path.write_text(text, encoding="utf-8")
                    flags += ["--" + name, str(path)]
            calls = [
                pool.submit(self.once, flags, [texts[at] for at in share], pathlib.Path(folder, str(index)))
                for index, share in enumerate(shares)
            ]
            done = [call.result() for call in calls]
        outputs = [None] * len(texts)
        for share, (_, written) in zip(shares, done):
            for at, line in zip(share, written):
                outputs[at] = line
        reports = [report for report, _ in done]
        runs = [report["runs"][0] for report in reports]
        return {
            # The processes load alike, so their measured parts fall together.
            "seconds": max(run["seconds"] for run in runs),
            "cpu_seconds": sum(run["cpu_seconds"] or 0 for run in runs),
            "first_result_seconds": min(run["first_result_seconds"] for run in runs),
            "texts": len(texts),
            "tokens": sum(run["tokens"] for run in runs),
            "prompt_tokens": sum(run["prompt_tokens"] for run in runs),
            "peak_memory_bytes": sum(run["peak_memory_bytes"] or 0 for run in runs),
            "quantization": reports[0]["quantization"],
            "outputs": outputs,
        }

    def once(self, flags, texts, stem):
        """One process: its report and its texts."""
        source, written = stem.with_suffix(".txt"), stem.with_suffix(".out")
        source.write_text("\n".join(texts) + "\n", encoding="utf-8")
        command = [self.program, "bench", "--weights", self.weights, *flags]
        command += ["--input", str(source), "--outputs", str(written)]
        with open(stem.with_suffix(".json"), "w+") as report, open(stem.with_suffix(".err"), "w+") as errors:
            process = subprocess.Popen(command, stdout=report, stderr=errors, env=os.environ | {"RUST_LOG": "warn"})
            status = process.wait()
            report.seek(0), errors.seek(0)
            if status != 0:
                raise SystemExit(f"{' '.join(command)}\n{errors.read()}")
            # The ends of lines alone: a text may hold other characters that Python counts as such.
            lines = written.read_text(encoding="utf-8").split("\n")[:-1]
            return json.load(report), lines
