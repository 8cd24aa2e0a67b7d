"""A language model in GGUF: presslate and llama.cpp on the same file and the same text."""

import tomllib

import pairs
from presslate_engine import Engine as Presslate
from worker import Worker

OPENING = "The minister told reporters on Monday that"
ENGINES = ("presslate", "llama.cpp")


def instruction(options, lang):
    """The prefix of a catalogue entry's translation prompt, and what stands around a text."""
    with open(options.entry, "rb") as file:
        prompt = tomllib.load(file)["prompts"]["translate"][lang]
    before, after = prompt["item"].split("{text}")
    return prompt["prefix"], before, after


def prompts_of(worker, texts, length, count):
    """Different prompts of `length` tokens each as llama.cpp counts them, or a few fewer."""
    words, found = " ".join(texts).split(), []
    for _ in range(count):
        low, high = 1, len(words)
        while low < high:
            middle = (low + high + 1) // 2
            fits = worker.call("count", text=" ".join(words[:middle])) <= length
            low, high = (middle, high) if fits else (low, middle - 1)
        found.append(" ".join(words[:low]))
        words = words[low:]
    return found


class LanguageModel:
    def __init__(self, options, say):
        self.options, self.say = options, say
        self.ours = Presslate(options.presslate, options.gguf) if options.presslate else None
        self.workers = {}

    def llama(self, sequences, context, unified=True):
        key = (sequences, context, unified)
        if key not in self.workers:
            self.close()
            self.workers[key] = Worker(
                self.options.llama, model=str(self.options.gguf), threads=self.options.threads, sequences=sequences,
                context=context, unified=unified,
            )  # fmt: skip
        return self.workers[key]

    def close(self):
        for worker in self.workers.values():
            worker.close()
        self.workers = {}

    def case(self, name, what, unit, ours, theirs, setting):
        """`ours` and `theirs` are functions; each gives a sample."""
        runs = {"llama.cpp": theirs}
        if self.ours:
            runs = {"presslate": ours} | runs
        self.say(name)
        samples = pairs.alternate(runs, self.options.rounds, self.say)
        found = {
            "case": name,
            "unit": unit,
            "engines": {engine: pairs.summary(rows, what) | {"setting": setting[engine]} for engine, rows in samples.items()},
            "ratios": {},
        }
        if self.ours:
            found["ratios"] = {"llama.cpp": pairs.ratio(samples["presslate"], samples["llama.cpp"], what)}
        return found

    def one_by_one(self, worker, prompts, new_tokens):
        """llama.cpp on a single stream: prompts in turn, their samples added up."""
        samples = [worker.call("run", texts=[prompt], new_tokens=new_tokens, ignore_end=True) for prompt in prompts]
        total = {key: sum(sample[key] for sample in samples) for key in ("seconds", "cpu_seconds", "texts", "tokens", "prompt_tokens")}
        return total | {"peak_memory_bytes": samples[-1]["peak_memory_bytes"]}

    def stream(self, name, what, unit, prompts, new_tokens):
        """Prefill or decode, one text at a time."""
        setting = f"1 x {self.options.threads} threads"
        worker = self.llama(1, self.options.prompt_tokens + 256)
        worker.call("run", texts=prompts[:1], new_tokens=1)
        return self.case(
            name, what, unit,
            lambda: self.ours.run(prompts, batch=1, new_tokens=new_tokens, ignore_end=True, threads=self.options.threads),
            lambda: self.one_by_one(worker, prompts, new_tokens),
            dict.fromkeys(ENGINES, setting),
        )  # fmt: skip

    def prefill(self, texts):
        length = self.options.prompt_tokens
        prompts = prompts_of(self.llama(1, length + 256), texts, length, self.options.prompts)
        return self.stream(f"prefill of {length} tokens", "prompt_tokens", "tokens read/s", prompts, 1)

    def decode(self):
        length = self.options.decode_tokens
        return self.stream(f"decode of {length} tokens, one stream", "tokens", "tokens/s", [OPENING], length)

    def segments(self, texts, lang="ko"):
        """Many segments behind one instruction, which both engines have read before the clock starts."""
        prefix, before, after = instruction(self.options, lang)
        texts = [before + text for text in texts[: self.options.segments]]
        count, new = len(texts), self.options.segment_tokens
        asked = {"prefix": prefix, "suffix": after, "new_tokens": new, "ignore_end": True}
        # Room for the prefix, and for each text's own tokens; without a common buffer, for one text.
        each = 160 + new
        rooms = {"one buffer": (1024 + each * count, True), "a buffer each": (1024 + each, False)}

        def theirs(setting):
            context, unified = rooms[setting]
            return lambda limit=new: self.llama(count, context, unified).call("run", texts=texts, **(asked | {"new_tokens": limit}))

        tries = {setting: (lambda run=theirs(setting): run(max(2, new // 8))) for setting in rooms}
        # In turns they would load the model each time, which is not timed but takes long.
        times = {setting: min(run()["seconds"], run()["seconds"]) for setting, run in tries.items()}
        best = min(times, key=times.get)
        self.say("  llama.cpp: " + ", ".join(f"{setting} {time:.1f} s" for setting, time in times.items()))
        theirs(best)(2)
        threads = f"1 x {self.options.threads} threads"
        return self.case(
            f"{count} segments behind one prefix, {new} tokens each", "tokens", "tokens/s",
            lambda: self.ours.run(texts, batch=count, threads=self.options.threads, **asked),
            theirs(best),
            {"presslate": threads, "llama.cpp": f"{threads}, {best}"},
        )  # fmt: skip


def measure(options, texts, say):
    own = LanguageModel(options, say)
    parts = {"prefill": lambda: own.prefill(texts), "decode": own.decode, "segments": lambda: own.segments(texts)}
    found = [parts[part]() for part in options.parts]
    own.close()
    return found
