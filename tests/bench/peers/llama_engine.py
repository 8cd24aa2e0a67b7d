"""llama.cpp, through cyllama's low-level interface: one context, many sequences, greedy."""

import cyllama.llama.llama_cpp as llama

from sequences import Sequences


class Engine(Sequences):
    """A GGUF file in llama.cpp on the CPU.

    `unified` keeps all sequences in one key-value buffer, where copying a prefix to another
    sequence only marks its cells as shared; otherwise each sequence has a buffer of its own.
    """

    def __init__(self, model, threads=2, context=2048, sequences=1, unified=True, physical_batch=512):
        super().__init__()
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

    def tokens(self, text):
        return self.vocabulary.tokenize(text, add_special=False, parse_special=True)

    def text(self, tokens):
        return self.vocabulary.detokenize(tokens)

    def is_end(self, token):
        return self.vocabulary.is_eog(token)

    def about(self):
        return {"engine": "llama.cpp", "ggml": llama.ggml_version(), "commit": llama.ggml_commit()}

    def clear(self):
        self.context.kv_cache_clear()

    def drop(self, sequence):
        self.context.memory_seq_rm(sequence, -1, -1)

    def copy(self, source, target):
        self.context.memory_seq_cp(source, target, -1, -1)

    def decode(self, rows):
        self.batch.clear()
        for token, position, sequence, wanted in rows:
            self.batch.add(token, position, [sequence], wanted)
        self.context.decode(self.batch)
        return {
            sequence: self.sampler.sample(self.context, index)
            for index, (_, _, sequence, wanted) in enumerate(rows)
            if wanted
        }
