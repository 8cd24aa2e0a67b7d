#!/usr/bin/env python3
"""Compares presslate with other engines on the same weights, sentences and threads. See README.md."""

import argparse
import os
import pathlib
import sys
import tempfile

import sentences

ROOT = pathlib.Path(__file__).resolve().parents[3]
STARTER = "qwen2.5-coder-1.5b-instruct-q4_k_m"


def case(text):
    """`8x4` is batch 8, beam 4."""
    batch, beams = text.split("x")
    return int(batch), int(beams)


def listed(kind=str):
    return lambda text: [kind(part) for part in text.split(",")]


def arguments():
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["marian", "random", "gguf", "agreement", "all"])
    parser.add_argument("--table", type=pathlib.Path, required=True, help="segments, tab separated, with a column `en`")
    parser.add_argument("--presslate", type=pathlib.Path, help="the program; without it only the others are measured")
    parser.add_argument("--marian", type=pathlib.Path, help="folder of opus-mt-en-fr")
    parser.add_argument("--gguf", type=pathlib.Path, default=cache / "presslate" / STARTER / "model.gguf")
    entry = ROOT / "models" / f"{STARTER}.toml"
    parser.add_argument("--entry", type=pathlib.Path, default=entry, help="where the instruction is")
    parser.add_argument("--work", type=pathlib.Path, default=pathlib.Path(tempfile.gettempdir(), "presslate-peers"))
    parser.add_argument("--json", type=pathlib.Path, help="default: results.json in --work")
    parser.add_argument("--table-out", type=pathlib.Path, help="default: results.md in --work")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    marian = parser.add_argument_group("Marian")
    marian.add_argument("--sentences", type=int, default=256, help="a fourth of them at batch 1")
    marian.add_argument("--torch-sentences", type=int, default=32, help="0 leaves transformers out")
    marian.add_argument("--groups", type=listed(), default=["int8", "shortlist", "f32"])
    cases = [(1, 1), (8, 1), (32, 1), (8, 4)]
    marian.add_argument("--cases", type=listed(case), default=cases, help="such as 8x1,8x4: batch x beams")
    marian.add_argument("--ours", default="int8", choices=["int8", "q8_0"], help="presslate's side of int8")
    marian.add_argument("--shape", default="big", choices=["tiny", "base", "big"], help="for random weights")
    marian.add_argument("--map-words", type=int, default=8000, help="words translated alone for the vocabulary map")
    marian.add_argument("--reference", action="store_true", help="presslate's reference path")
    model = parser.add_argument_group("GGUF")
    engines = {"wheel": "llama_engine", "native": "llama_native_engine"}
    model.add_argument("--llama", choices=engines, default="wheel", help="which build of llama.cpp")
    model.add_argument("--parts", type=listed(), default=["prefill", "decode", "segments"])
    model.add_argument("--prompt-tokens", type=int, default=512)
    model.add_argument("--prompts", type=int, default=2, help="how many are read in one run")
    model.add_argument("--decode-tokens", type=int, default=128)
    model.add_argument("--segments", type=int, default=16)
    model.add_argument("--segment-tokens", type=int, default=96)
    agree = parser.add_argument_group("agreement")
    agree.add_argument("--agreement-sentences", type=int, default=500)
    agree.add_argument("--agreement-segments", type=int, default=64, help="for the language model; 0 leaves it out")
    agree.add_argument("--langs", type=listed(), default=["ko", "ru"])
    options = parser.parse_args()
    if options.what in ("marian", "random", "agreement", "all") and not options.marian:
        parser.error("--marian is needed")
    options.llama = engines[options.llama]
    options.work.mkdir(parents=True, exist_ok=True)
    options.json = options.json or options.work / "results.json"
    options.table_out = options.table_out or options.work / "results.md"
    return options


def main():
    options = arguments()
    # Only now, and only what is needed: some of it takes seconds to import.
    import agreement
    import language_model
    import marian
    import report

    def say(text):
        print(text, file=sys.stderr, flush=True)

    table = sentences.Table(options.table)
    chosen, rest = table.sample(options.sentences)
    texts, options.rest = sentences.column(chosen, "en"), sentences.column(rest, "en")
    jobs = {
        "marian": lambda: marian.measure(options, texts, say),
        "random": lambda: marian.measure_random(options, texts, say),
        "gguf": lambda: language_model.measure(options, texts, say),
        "agreement": lambda: agree(agreement, options, table, say),
    }
    for name in jobs if options.what == "all" else [options.what]:
        # Written after each, so that what was measured stays if the next fails.
        text = report.write({name: jobs[name]()}, options.json, options.table_out)
    print(text)


def agree(agreement, options, table, say):
    found = agreement.marian_outputs(options, table.sample(options.agreement_sentences)[0], say)
    if options.agreement_segments:
        found += agreement.gguf_outputs(options, table.sample(options.agreement_segments)[0], say)
    return found


if __name__ == "__main__":
    main()
