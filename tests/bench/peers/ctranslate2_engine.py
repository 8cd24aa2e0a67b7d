"""CTranslate2 on the CPU. It is given tokens, made before the clock starts: it has no tokeniser."""

import time

import ctranslate2
import marian_weights


class Engine:
    """`inter` workers share the batches, each with `intra` threads."""

    def __init__(self, model, converted, compute, inter, intra):
        self.tokenizer = marian_weights.tokenizer(model)
        self.translator = ctranslate2.Translator(
            converted, device="cpu", compute_type=compute, inter_threads=inter, intra_threads=intra
        )
        self.sources = {}

    def prepare(self, texts):
        for text in texts:
            if text not in self.sources:
                self.sources[text] = self.tokenizer.convert_ids_to_tokens(self.tokenizer(text).input_ids)

    def run(self, texts, batch, beams=1, new_tokens=256, ignore_end=False, vocabulary_map=False):
        self.prepare(texts)
        sources = [self.sources[text] for text in texts]
        wall, cpu = time.perf_counter(), time.process_time()
        results = self.translator.translate_batch(
            sources,
            beam_size=beams,
            max_batch_size=batch,
            max_decoding_length=new_tokens,
            min_decoding_length=new_tokens if ignore_end else 1,
            max_input_length=0,
            use_vmap=vocabulary_map,
        )
        seconds, cpu = time.perf_counter() - wall, time.process_time() - cpu
        hypotheses = [result.hypotheses[0] for result in results]
        ids = self.tokenizer.convert_tokens_to_ids
        return {
            "seconds": seconds,
            "cpu_seconds": cpu,
            "texts": len(texts),
            # The end mark is written too, though not shown: one step for each text.
            "tokens": sum(map(len, hypotheses)) + (0 if ignore_end else len(texts)),
            "outputs": [marian_weights.text(self.tokenizer, ids(row)) for row in hypotheses],
        }
