"""What is measured with llama.cpp, whatever it is driven through: many sequences behind one prefix, greedy."""

import time


class Sequences:
    """An engine gives `tokens`, `feed`, `is_end`, `text`, `clear`, `drop` and `copy`."""

    def __init__(self):
        self.kept, self.shared = None, 0

    def count(self, text):
        return len(self.tokens(text))

    def feed(self, rows):
        """Runs (token, position, sequence, wanted) rows; the next token of each wanted one."""
        found = {}
        for start in range(0, len(rows), self.physical_batch):
            found |= self.decode(rows[start : start + self.physical_batch])
        return found

    def keep(self, prefix):
        """Computes a prefix into sequence 0, where it stays; the time that took."""
        if prefix == self.kept:
            return 0.0
        start = time.perf_counter()
        self.clear()
        tokens = self.tokens(prefix) if prefix else []
        self.feed([(token, at, 0, False) for at, token in enumerate(tokens)])
        self.kept, self.shared = prefix, len(tokens)
        return time.perf_counter() - start

    def run(self, texts, prefix="", suffix="", new_tokens=96, ignore_end=False):
        """All texts at once, a sequence each, behind one prefix that is computed before the clock starts."""
        prefix_seconds = self.keep(prefix)
        wall, cpu = time.perf_counter(), time.process_time()
        for sequence in range(1, len(texts) + 1):
            self.drop(sequence)
            if self.shared:
                self.copy(0, sequence)
        prompts = [self.tokens(text + suffix) for text in texts]
        rows, places = [], {}
        for sequence, prompt in enumerate(prompts, start=1):
            last = len(prompt) - 1
            rows += [(token, self.shared + at, sequence, at == last) for at, token in enumerate(prompt)]
            places[sequence] = self.shared + len(prompt)
        live = self.feed(rows)
        first = time.perf_counter() - wall
        written = {sequence: [] for sequence in live}
        while live:
            following = []
            for sequence, token in live.items():
                if not ignore_end and self.is_end(token):
                    continue
                written[sequence].append(token)
                if len(written[sequence]) < new_tokens:
                    following.append((token, places[sequence], sequence, True))
                    places[sequence] += 1
            live = self.feed(following) if following else {}
        seconds = time.perf_counter() - wall
        return {
            "seconds": seconds,
            "cpu_seconds": time.process_time() - cpu,
            "prefix_seconds": prefix_seconds,
            "first_result_seconds": first,
            "texts": len(texts),
            "shared_tokens": self.shared,
            "tokens": sum(map(len, written.values())),
            "prompt_tokens": sum(map(len, prompts)),
            "outputs": [self.text(written[at]) for at in range(1, len(texts) + 1)],
        }
