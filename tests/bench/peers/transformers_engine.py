"""The transformers library with torch on the CPU: the reference for texts, and slow."""

import time

import marian_weights
import torch
from transformers import GenerationConfig, MarianMTModel


class Engine:
    def __init__(self, model, threads=2):
        torch.set_num_threads(threads)
        self.tokenizer = marian_weights.tokenizer(model)
        self.model = MarianMTModel.from_pretrained(model).eval().to(torch.float32)
        # The model's own file may set a length that would contradict ours.
        self.model.generation_config = GenerationConfig()

    def run(self, texts, batch, beams=1, new_tokens=256, ignore_end=False):
        config = self.model.config
        generation = GenerationConfig(
            num_beams=beams,
            do_sample=False,
            max_new_tokens=new_tokens,
            min_new_tokens=new_tokens if ignore_end else None,
            length_penalty=1.0,
            early_stopping=False,
            bad_words_ids=[[config.pad_token_id]],
            renormalize_logits=True,
            pad_token_id=config.pad_token_id,
            eos_token_id=config.eos_token_id,
            decoder_start_token_id=config.decoder_start_token_id,
        )
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        outputs, tokens = [None] * len(texts), 0
        wall, cpu = time.perf_counter(), time.process_time()
        with torch.inference_mode():
            for start in range(0, len(order), batch):
                part = order[start : start + batch]
                inputs = self.tokenizer([texts[at] for at in part], return_tensors="pt", padding=True)
                rows = self.model.generate(**inputs, generation_config=generation)[:, 1:]
                tokens += int((rows != config.pad_token_id).sum())
                for at, row in zip(part, rows):
                    outputs[at] = row.tolist()
        seconds, cpu = time.perf_counter() - wall, time.process_time() - cpu
        return {
            "seconds": seconds,
            "cpu_seconds": cpu,
            "texts": len(texts),
            "tokens": tokens,
            "outputs": [marian_weights.text(self.tokenizer, row) for row in outputs],
        }
