"""Marian: presslate, CTranslate2 and transformers on the same weights and sentences."""

import json
import pathlib

import marian_weights
import pairs
from presslate_engine import Engine as Presslate
from worker import Worker

GROUPS = {
    "int8": "int8",
    "shortlist": "int8, fewer words",
    "f32": "f32",
}


class Marian:
    """The engines for one folder of weights, started when they are first needed."""

    def __init__(self, options, weights, say):
        self.options, self.weights, self.say = options, str(weights), say
        self.folder = options.work / pathlib.Path(weights).name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.tokenizer = marian_weights.tokenizer(self.weights)
        self.workers = {}

    def ctranslate2(self, compute, inter, intra, mapped=False):
        key = (compute, inter, intra, mapped)
        if key not in self.workers:
            converted = self.folder / ("ct2-map" if mapped else "ct2")
            chosen = self.vocabulary_map() if mapped else None
            marian_weights.convert(self.weights, converted, chosen and str(chosen))
            self.workers[key] = Worker(
                "ctranslate2_engine", model=self.weights, converted=str(converted), compute=compute,
                inter=inter, intra=intra,
            )  # fmt: skip
        return self.workers[key]

    def vocabulary_map(self):
        path = self.folder / "vocabulary-map.txt"
        if not path.exists():
            self.say("  making a vocabulary map")
            marian_weights.vocabulary_map(
                self.ctranslate2("int8", 1, 2), self.weights, self.options.rest, path, self.options.map_words
            )
        return path

    def with_map(self):
        """The folder of weights with the map in it, where presslate looks for one."""
        folder = self.folder / "weights-map"
        folder.mkdir(exist_ok=True)
        for name, target in [(path.name, path) for path in pathlib.Path(self.weights).iterdir()] + [
            ("vmap.txt", self.vocabulary_map())
        ]:
            link = folder / name
            link.unlink(missing_ok=True)
            link.symlink_to(pathlib.Path(target).resolve())
        return str(folder)

    def transformers(self):
        if "transformers" not in self.workers:
            self.workers["transformers"] = Worker("transformers_engine", model=self.weights, threads=self.options.threads)
        return self.workers["transformers"]

    def close(self):
        for worker in self.workers.values():
            worker.close()
        self.workers = {}

    def counted(self, sample, ignore_end, new_tokens):
        """The same count for every engine: its texts cut into tokens again, with their end marks."""
        if ignore_end:
            sample["tokens"] = new_tokens * sample["texts"]
        else:
            rows = self.tokenizer(text_target=[text or "" for text in sample["outputs"]]).input_ids
            sample["tokens"] = sum(map(len, rows))
        return sample

    def settings(self, group, texts, batch, beams, ignore_end, new_tokens):
        """For each engine, its settings for all processors: {engine: {setting: a function of texts}}."""
        common = {"batch": batch, "beams": beams, "new_tokens": new_tokens, "ignore_end": ignore_end}
        compute = "float32" if group == "f32" else "int8"
        threads, mapped = self.options.threads, group == "shortlist"
        ours = Presslate(
            self.options.presslate,
            self.with_map() if mapped else self.weights,
            "f32" if group == "f32" else self.options.ours,
            self.options.reference,
        )

        def presslate(processes, each):
            extra = {"processes": processes, "threads": each, "shortlist": "auto" if mapped else "off"}
            return lambda lines: ours.run(lines, **common, **extra)

        def ctranslate2(inter, intra):
            def run(lines):
                worker = self.ctranslate2(compute, inter, intra, mapped)
                return worker.call("run", texts=lines, vocabulary_map=mapped, **common)

            return run

        found = {
            f"presslate {self.options.ours if group != 'f32' else 'f32'}": {
                f"{count} x {each} threads": presslate(count, each) for count, each in {(1, threads), (threads, 1)}
            },
            f"CTranslate2 {compute}{' with a map' if mapped else ''}": {
                f"{count} x {each} threads": ctranslate2(count, each) for count, each in {(1, threads), (threads, 1)}
            },
        }
        if not self.options.presslate:
            found.pop(next(iter(found)))
        if group == "f32" and self.options.torch_sentences and beams == 1:
            few = texts[: self.options.torch_sentences]
            found["transformers f32"] = {
                f"1 x {threads} threads, {len(few)} texts": lambda lines: self.transformers().call("run", texts=few, **common)
            }
        return found

    def case(self, group, batch, beams, texts, ignore_end=False, new_tokens=256):
        """One row of the comparison."""
        if batch == 1:
            texts = texts[: max(8, len(texts) // 4)]
        name = f"{pathlib.Path(self.weights).name}, {GROUPS[group]}, {'greedy' if beams == 1 else f'beam {beams}'}, batch {batch}"
        self.say(name)
        runs, chosen, trial = {}, {}, texts[: max(batch * self.options.threads, len(texts) // 4)]
        for engine, settings in self.settings(group, texts, batch, beams, ignore_end, new_tokens).items():
            tried = {setting: (lambda run=run: run(trial)) for setting, run in settings.items()}
            chosen[engine] = pairs.fastest(tried, self.say)
            # The first run of a process is slower, and is not counted.
            settings[chosen[engine]](texts[:batch])
            runs[engine] = lambda run=settings[chosen[engine]]: self.counted(run(texts), ignore_end, new_tokens)
        samples = pairs.alternate(runs, self.options.rounds, self.say)
        ours = next(iter(samples))
        return {
            "case": name,
            "unit": "tokens/s",
            "engines": {
                engine: pairs.summary(found, "tokens") | {"setting": chosen[engine]} for engine, found in samples.items()
            },
            "ratios": {
                engine: pairs.ratio(samples[ours], found, "tokens")
                for engine, found in samples.items()
                if engine != ours and ours.startswith("presslate")
            },
        }


def measure(options, texts, say):
    """All cases on the real weights."""
    own = Marian(options, options.marian, say)
    found = [own.case(group, batch, beams, texts) for group in options.groups for batch, beams in options.cases]
    own.close()
    return found


def measure_random(options, texts, say):
    """A larger or smaller shape with random weights, which write texts of a fixed length."""
    weights = marian_weights.random_weights(options.marian, options.shape, options.work / f"random-{options.shape}")
    own = Marian(options, weights, say)
    groups = [group for group in options.groups if group != "shortlist"]
    found = [
        own.case(group, batch, beams, texts, ignore_end=True, new_tokens=30)
        for group in groups
        for batch, beams in options.cases
    ]
    own.close()
    return found


def reference(options, texts, say):
    """What transformers writes, greedily and sentence by sentence; kept, since it takes long."""
    own = Marian(options, options.marian, say)
    path = own.folder / "transformers-greedy.json"
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for start in range(0, len(texts), 25):
        missing = [text for text in texts[start : start + 25] if text not in known]
        if missing:
            outputs = own.transformers().call("run", texts=missing, batch=1)["outputs"]
            known |= dict(zip(missing, outputs))
            path.write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")
            say(f"  transformers: {min(start + 25, len(texts))} of {len(texts)}")
    own.close()
    return [known[text] for text in texts]
