#!/usr/bin/env python3
"""Compares pairs of sentences with all-MiniLM-L6-v2, through the transformers library: the mean over the
tokens of the last hidden states. Prints the table that tests/bert/real.rs compares with."""

import sys

import torch
from transformers import AutoModel, AutoTokenizer

PAIRS = [
    ("The ferry ran aground in thick fog.", "The ship got stuck in shallow water when visibility was poor."),
    ("Repairs will cost more than the insurers pay.", "Fixing the damage will exceed what the insurance covers."),
    ("The minister will not resign.", "The minister will resign."),
    ("Rain is expected on Sunday.", "Rain is expected on Sunday."),
    ("A late frost destroyed the apple blossom.", "The central bank left interest rates alone."),
    ("Nurses stopped work over pay.", "Hospital carers walked out in a dispute about wages."),
    ("Zażółć gęślą jaźń, said Łukasz — “naïve”.", "ZAZOLC GESLA JAZN said Lukasz naive"),
    ("No.", "Under an agreement that took eleven years to negotiate, the two cities will share the water of the river, "
            "build a third bridge, and let fishermen of either side work on both banks from the first of May on."),
    ("word " * 400, "word " * 250),
    ("서울에 비가 온다.", "It rains in Seoul."),
]


def main() -> None:
    folder = sys.argv[1]
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder).eval()

    def vector(text: str) -> torch.Tensor:
        inputs = tokenizer(text, truncation=True, max_length=256, return_tensors="pt")
        with torch.no_grad():
            mean = model(**inputs).last_hidden_state.mean(dim=1)[0]
        return torch.nn.functional.normalize(mean, dim=0)

    print("left\tright\tcosine")
    for left, right in PAIRS:
        print(f"{left}\t{right}\t{(vector(left) @ vector(right)).item():.6f}")


if __name__ == "__main__":
    main()
