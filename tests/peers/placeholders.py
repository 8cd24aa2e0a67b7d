"""Which placeholders does a Marian model copy?

Puts placeholders for the terms of a glossary into the English sentences of a table, has them translated by
`presslate bench`, and counts those that come back exactly once, whole. See README.md.
"""

import argparse
import csv
import re
import subprocess
import tempfile
from pathlib import Path

SHAPES = {
    "XQ1": lambda n: f"XQ{n}",
    "XQ71": lambda n: f"XQ7{n}",
    "X1X": lambda n: f"X{n}X",
    "[1]": lambda n: f"[{n}]",
    "__1__": lambda n: f"__{n}__",
    "<1>": lambda n: f"<{n}>",
    "@1": lambda n: f"@{n}",
}
MOST = 9  # placeholders a sentence


def terms(path):
    with open(path, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for form in row["source"].split("|"):
                exact = row["case"] == "exact" or not any(c.islower() for c in form)
                yield re.escape(form) if exact else f"(?i:{re.escape(form)})"


def sentences(table, glossary, count):
    pattern = re.compile(r"(?<![\w.-])(?:" + "|".join(sorted(terms(glossary), key=len, reverse=True)) + r")(?![\w-])")
    with open(table, encoding="utf-8", newline="") as file:
        rows = [row["en"] for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    found = [(text, [m.span() for m in pattern.finditer(text)][:MOST]) for text in rows if len(text) < 300]
    found = [(text, spans) for text, spans in found if spans]
    step = max(1, len(found) // count)
    return found[::step][:count]


def protected(text, spans, shape):
    out, at, names = "", 0, []
    for number, (start, end) in enumerate(spans, 1):
        names.append(shape(number))
        out += text[at:start] + names[-1]
        at = end
    return out + text[at:], names


def translated(program, weights, texts):
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "in.txt"), Path(folder, "out.txt")
        source.write_text("\n".join(texts) + "\n", encoding="utf-8")
        command = [program, "bench", "--weights", weights, "--quantization", "int8", "--beams", "4", "--batch", "16"]
        command += ["--repeat", "1", "--max-new-tokens", "160", "--input", source, "--outputs", target]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        return target.read_text(encoding="utf-8").split("\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("table", help="tab-separated, with a column en")
    parser.add_argument("glossary", help="such as models/glossaries/world.csv")
    parser.add_argument("weights", help="the folder of a Marian model")
    parser.add_argument("--presslate", default="presslate")
    parser.add_argument("--sentences", type=int, default=100)
    parser.add_argument("--shapes", nargs="*", default=list(SHAPES))
    parser.add_argument("--show", action="store_true", help="print the sentences where one was lost")
    args = parser.parse_args()
    chosen = sentences(args.table, args.glossary, args.sentences)
    for name in args.shapes:
        pairs = [protected(text, spans, SHAPES[name]) for text, spans in chosen]
        outputs = translated(args.presslate, args.weights, [text for text, _ in pairs])
        whole = total = kept = 0
        for (text, names), output in zip(pairs, outputs):
            back = [len(re.findall(r"(?<!\w)" + re.escape(n) + r"(?!\w)", output, re.I)) == 1 for n in names]
            whole += all(back)
            kept += sum(back)
            total += len(back)
            if args.show and not all(back):
                print(f"  {text}\n  {output}")
        print(
            f"{name:6} sentences {100 * whole / len(pairs):5.1f} %  placeholders {100 * kept / total:5.1f} %"
            f"  of {len(pairs)} and {total}",
            flush=True,
        )


if __name__ == "__main__":
    main()
