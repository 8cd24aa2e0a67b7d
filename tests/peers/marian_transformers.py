"""Translates a file of sentences with the transformers library, one line in, one line out.

The output is what tests/marian.rs compares this project's Marian with. See README.md beside this
file for the commands.
"""

import argparse
import pathlib

import torch
from transformers import GenerationConfig, MarianMTModel, MarianTokenizer


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=pathlib.Path, help="folder with config.json, weights, *.spm and vocab.json")
    parser.add_argument("sentences", type=pathlib.Path, help="one sentence a line")
    parser.add_argument("output", type=pathlib.Path, help="one translation a line")
    parser.add_argument("--beams", type=int, default=1, help="1 is greedy")
    parser.add_argument("--max-new-tokens", type=int, default=200)
    parser.add_argument("--prefix", default="", help="target token such as >>rus<<")
    parser.add_argument("--ids", action="store_true", help="write the source's token ids instead of translating")
    arguments = parser.parse_args()

    tokenizer = MarianTokenizer.from_pretrained(arguments.model)
    lines = arguments.sentences.read_text(encoding="utf-8").splitlines()
    if arguments.ids:
        rows = [" ".join(map(str, tokenizer(arguments.prefix + line).input_ids)) for line in lines]
        arguments.output.write_text("\n".join(rows) + "\n", encoding="utf-8")
        return

    model = MarianMTModel.from_pretrained(arguments.model).eval().to(torch.float32)
    config = model.config
    generation = GenerationConfig(
        num_beams=arguments.beams,
        do_sample=False,
        max_new_tokens=arguments.max_new_tokens,
        length_penalty=1.0,
        early_stopping=False,
        bad_words_ids=[[config.pad_token_id]],
        renormalize_logits=True,
        pad_token_id=config.pad_token_id,
        eos_token_id=config.eos_token_id,
        decoder_start_token_id=config.decoder_start_token_id,
    )
    rows = []
    with torch.inference_mode():
        for line in lines:
            # One sentence at a time: padding must not be able to change the expected text.
            inputs = tokenizer(arguments.prefix + line, return_tensors="pt")
            output = model.generate(**inputs, generation_config=generation)[0]
            # SentencePiece's own spacing: the clean-up is made for English and harms French.
            rows.append(tokenizer.decode(output, skip_special_tokens=True, clean_up_tokenization_spaces=False))
    arguments.output.write_text("\n".join(rows) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
