"""llama.cpp compiled for this processor, through llama-cpp-python's bindings: many sequences, greedy."""

import ctypes

import llama_cpp as llama

from sequences import Sequences


@llama.llama_log_callback
def silent(*_):
    pass


class Engine(Sequences):
    """As the engine in `llama_engine`, with the instructions that the processor has."""

    def __init__(self, model, threads=2, context=2048, sequences=1, unified=True, physical_batch=512):
        super().__init__()
        llama.llama_log_set(silent, ctypes.c_void_p(0))
        llama.llama_backend_init()
        settings = llama.llama_model_default_params()
        settings.n_gpu_layers = 0
        self.model = llama.llama_model_load_from_file(str(model).encode(), settings)
        self.vocabulary = llama.llama_model_get_vocab(self.model)
        self.physical_batch = physical_batch
        sequences += 1
        settings = llama.llama_context_default_params()
        settings.n_ctx = context if unified else context * sequences
        settings.n_batch = settings.n_ubatch = physical_batch
        settings.n_seq_max = sequences
        settings.n_threads = settings.n_threads_batch = threads
        settings.kv_unified = unified
        self.context = llama.llama_init_from_model(self.model, settings)
        if not self.context:
            raise SystemExit("llama.cpp made no context")
        self.memory = llama.llama_get_memory(self.context)
        self.sampler = llama.llama_sampler_chain_init(llama.llama_sampler_chain_default_params())
        llama.llama_sampler_chain_add(self.sampler, llama.llama_sampler_init_greedy())
        self.batch = llama.llama_batch_init(physical_batch, 0, 1)

    def tokens(self, text):
        data = text.encode()
        room = (llama.llama_token * (len(data) + 8))()
        count = llama.llama_tokenize(self.vocabulary, data, len(data), room, len(room), False, True)
        return list(room[:count])

    def text(self, tokens):
        pieces, room = [], ctypes.create_string_buffer(256)
        for token in tokens:
            length = llama.llama_token_to_piece(self.vocabulary, token, room, len(room), 0, True)
            pieces.append(room.raw[:length])
        return b"".join(pieces).decode(errors="replace")

    def is_end(self, token):
        return llama.llama_vocab_is_eog(self.vocabulary, token)

    def about(self):
        return {"engine": "llama.cpp, compiled here", "processor": llama.llama_print_system_info().decode()}

    def clear(self):
        llama.llama_memory_clear(self.memory, True)

    def drop(self, sequence):
        llama.llama_memory_seq_rm(self.memory, sequence, -1, -1)

    def copy(self, source, target):
        llama.llama_memory_seq_cp(self.memory, source, target, -1, -1)

    def decode(self, rows):
        batch = self.batch
        batch.n_tokens = len(rows)
        for index, (token, position, sequence, wanted) in enumerate(rows):
            batch.token[index], batch.pos[index] = token, position
            batch.n_seq_id[index], batch.seq_id[index][0] = 1, sequence
            batch.logits[index] = wanted
        status = llama.llama_decode(self.context, batch)
        if status:
            raise SystemExit(f"llama_decode gave {status}")
        return {
            sequence: llama.llama_sampler_sample(self.sampler, self.context, index)
            for index, (_, _, sequence, wanted) in enumerate(rows)
            if wanted
        }
