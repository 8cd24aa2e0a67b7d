#!/usr/bin/env python3
"""Scores of our own sentences by sacrebleu, which the unit tests of `eval` compare with.

Reads `segments.tsv` (two invented systems for each language, in the columns `ko_first`, `ko_second`
and so on) and `lines.txt` in the folder given, and writes `expected.json` beside them: scores of
the sets and of every sentence, tokens, and a paired bootstrap with the rows that it drew, so that
another program can draw the same.
"""

import argparse
import json
import re
from pathlib import Path

import numpy
import sacrebleu
from sacrebleu.metrics import BLEU, CHRF
from sacrebleu.significance import PairedTest
from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

SYSTEMS = ("first", "second")
TOKENISERS = {"ko": "char", "ru": "13a"}
SAMPLES = 60
# What sacrebleu uses when it is not told another.
SEED = 12345


def metrics(lang):
    return {
        "chrf": CHRF(),
        "chrf_pp": CHRF(word_order=2),
        # `force`: a row may end in a full stop with a space before it.
        "bleu": BLEU(tokenize=TOKENISERS[lang], force=True),
    }


def scores(lang, outputs, references):
    """What a system gets: each metric over all rows, and chrF of each row."""
    found = {name: metric.corpus_score(outputs, [references]).score for name, metric in metrics(lang).items()}
    for name in ("chrf", "chrf_pp"):
        metric = metrics(lang)[name]
        rows = zip(outputs, references)
        found[f"{name}_rows"] = [round(metric.sentence_score(output, [reference]).score, 6) for output, reference in rows]
    return found


def paired(lang, first, second, references):
    """The second system against the first, for each metric."""
    systems = list(zip(SYSTEMS, (first, second)))
    test = PairedTest(systems, metrics(lang), [references], test_type="bs", n_samples=SAMPLES)
    _, results = test()
    found = {}
    for name, (baseline, system) in zip(metrics(lang), (values for key, values in results.items() if key != "System")):
        found[name] = {
            "baseline": {"score": baseline.score, "mean": float(baseline.mean), "half_width": float(baseline.ci)},
            "system": {"score": system.score, "mean": float(system.mean), "half_width": float(system.ci)},
            "p": system.p_value,
        }
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="tests/data/eval")
    folder = parser.parse_args().folder
    # Not splitlines: that ends lines at more than line feeds.
    head, *rows = (line.split("\t") for line in (folder / "segments.tsv").read_text("utf-8").rstrip("\n").split("\n"))
    columns = dict(zip(head, zip(*rows)))
    lines = (folder / "lines.txt").read_text("utf-8").removesuffix("\n").split("\n")
    tokeniser = Tokenizer13a()
    # BLEU cuts the end of a line before it asks for tokens.
    expected = {"sacrebleu": sacrebleu.__version__, "tokens": [tokeniser(line.rstrip()) for line in lines]}
    drawn = numpy.random.default_rng(SEED).choice(len(rows), size=(SAMPLES, len(rows)), replace=True)
    expected["drawn"] = drawn.tolist()
    for lang in TOKENISERS:
        outputs = [columns[f"{lang}_{system}"] for system in SYSTEMS]
        expected[lang] = {system: scores(lang, output, columns[lang]) for system, output in zip(SYSTEMS, outputs)}
        expected[lang]["paired"] = paired(lang, *outputs, columns[lang])
    text = json.dumps(expected, ensure_ascii=False, indent=1)
    # Lists of numbers on one line each.
    text = re.sub(r"\[[\s\d.,]+\]", lambda numbers: " ".join(numbers[0].split()), text)
    (folder / "expected.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
