#!/usr/bin/env python3
"""chrF of what presslate writes, against professional translations.

Takes a table of segments with the header `doc en ko ru` (tab separated, rows of a document
consecutive), sends whole documents through `presslate run --format json` as sections, and compares
each section with its reference. Prints chrF (sacrebleu) for each language, the share of segments in
each status, and the time.
"""

import argparse
import csv
import json
import subprocess
import sys
import time
from collections import Counter

import sacrebleu


def documents(path):
    """Lists of rows, one a document, in order."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    found = {}
    for row in rows:
        found.setdefault(row["doc"], []).append(row)
    return list(found.items())


def translate(presslate, name, rows, langs, extra):
    """The result message for one document."""
    job = {
        "id": name,
        "article": {"sections": [{"kind": "paragraph", "text": row["en"]} for row in rows]},
        "targets": langs,
        "tasks": ["translate"],
        "source_lang": "en",
    }
    command = [presslate, "run", "-", "--format", "json", *extra]
    done = subprocess.run(command, input=json.dumps(job), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    return json.loads(done.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("segments", help="the table")
    parser.add_argument("--presslate", default="target/release/presslate")
    parser.add_argument("--documents", type=int, default=8, help="how many, spread over the table")
    parser.add_argument("--lang", action="append", choices=["ko", "ru"], help="default: both")
    own, _, extra = " ".join(sys.argv[1:]).partition(" -- ")
    parser.epilog = "What follows -- is handed to presslate."
    args = parser.parse_args(own.split())
    langs = args.lang or ["ko", "ru"]
    table = documents(args.segments)
    step = max(1, len(table) // args.documents)
    chosen = table[::step][: args.documents]
    outputs, references, statuses = ({lang: [] for lang in langs} for _ in range(3))
    start = time.monotonic()
    for name, rows in chosen:
        result = translate(args.presslate, name, rows, langs, extra.split())
        for target in result["targets"]:
            lang = target["lang"]
            outputs[lang] += [section["text"] for section in target["sections"]]
            references[lang] += [row[lang] for row in rows]
            statuses[lang] += [segment["status"] for section in target["sections"] for segment in section["segments"]]
    seconds = time.monotonic() - start
    for lang in langs:
        score = sacrebleu.corpus_chrf(outputs[lang], [references[lang]]).score
        shares = ", ".join(f"{status} {100 * n / len(statuses[lang]):.0f} %" for status, n in Counter(statuses[lang]).most_common())
        print(f"en-{lang}  chrF {score:.1f}  ({len(outputs[lang])} segments of {len(chosen)} documents; {shares})")
    print(f"{seconds:.0f} s")


if __name__ == "__main__":
    main()
