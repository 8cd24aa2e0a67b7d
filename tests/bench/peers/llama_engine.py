"""llama.cpp, through cyllama's low-level interface: one context, many sequences, greedy."""

import time

import cyllama.llama.llama_cpp as llama


class Engine:
    """A GGUF file in llama.cpp on the CPU.

    `unified` keeps all sequences in one key-value buffer, where copying a prefix to another
    sequence only marks its cells as shared; otherwise each sequence has a buffer of its own.
    """

    def __init__(self, model, threads=2, context=2048, sequences=1, unified=True, physical_batch=512):
        llama.disable_logging()
        llama.ggml_backend_load_all()
        settings = llama.LlamaModelParams()
        settings.n_gpu_layers = 0
        self.model = llama.LlamaModel(str(model), settings)
        self.vocabulary = self.model.get_vocab()
        self.threads = threads
        self.physical_batch = physical_batch
        self.sampler = llama.LlamaSampler(llama.LlamaSamplerChainParams())
        self.sampler.add_greedy()
        self.shape(context, sequences, unified)

    def shape(self, context, sequences, unified):
        """A new context for so many sequences and the kept prefix."""
        sequences += 1
        settings = llama.LlamaContextParams()
        settings.n_ctx = context if unified else context * sequences
        settings.n_batch = settings.n_ubatch = self.physical_batch
        settings.n_seq_max = sequences
        settings.n_threads = settings.n_threads_batch = self.threads
        settings.kv_unified = unified
        self.context = llama.LlamaContext(self.model, settings)
        self.batch = llama.LlamaBatch(n_tokens=self.physical_batch, embd=0, n_seq_max=sequences)
        self.kept, self.shared = None, 0

    def tokens(self, text):
        return self.vocabulary.tokenize(text, add_special=False, parse_special=True)

    def count(self, text):
        return len(self.tokens(text))

    def about(self):
        return {"engine": "llama.cpp", "ggml": llama.ggml_version(), "commit": llama.ggml_commit()}

    def feed(self, rows):
        """Runs (token, position, sequence, wanted) rows; the next token of each wanted one."""
        found = {}
        for start in range(0, len(rows), self.physical_batch):
            part = rows[start : start + self.physical_batch]
            self.batch.clear()
            for token, position, sequence, wanted in part:
                self.batch.add(token, position, [sequence], wanted)
            self.context.decode(self.batch)
            for index, (_, _, sequence, wanted) in enumerate(part):
                if wanted:
                    found[sequence] = self.sampler.sample(self.context, index)
        return found

    def keep(self, prefix):
        """Computes a prefix into sequence 0, where it stays; the time that took."""
        if prefix == self.kept:
            return 0.0
        start = time.perf_counter()
        self.context.kv_cache_clear()
        tokens = self.tokens(prefix) if prefix else []
        self.feed([(token, at, 0, False) for at, token in enumerate(tokens)])
        self.kept, self.shared = prefix, len(tokens)
        return time.perf_counter() - start

    def run(self, texts, prefix="", suffix="", new_tokens=96, ignore_end=False):
        """All texts at once, a sequence each, behind one prefix that is computed before the clock starts."""
        prefix_seconds = self.keep(prefix)
        wall, cpu = time.perf_counter(), time.process_time()
        for sequence in range(1, len(texts) + 1):
            self.context.memory_seq_rm(sequence, -1, -1)
            if self.shared:
                self.context.memory_seq_cp(0, sequence, -1, -1)
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
                if not ignore_end and self.vocabulary.is_eog(token):
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
            "outputs": [self.vocabulary.detokenize(written[at]) for at in range(1, len(texts) + 1)],
        }
