"""Marian weights in the forms that the engines read: conversions, random weights, vocabulary maps."""

import collections
import json
import pathlib
import shutil
import warnings

SHAPES = {
    # For trying the scripts.
    "tiny": {"d_model": 64, "heads": 4, "ffn": 128},
    "base": {"d_model": 512, "heads": 8, "ffn": 2048},
    "big": {"d_model": 1024, "heads": 16, "ffn": 4096},
}


def tokenizer(model):
    warnings.filterwarnings("ignore", message=".*sacremoses.*")
    from transformers import MarianTokenizer

    return MarianTokenizer.from_pretrained(model)


def text(own, ids):
    """SentencePiece's own spacing: the library's clean-up is made for English and harms French."""
    return own.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)


def random_weights(model, shape, folder):
    """A model of another shape with seeded random weights and the tokeniser of `model`."""
    folder = pathlib.Path(folder)
    if (folder / "pytorch_model.bin").exists():
        return folder
    import torch
    from transformers import MarianConfig, MarianMTModel

    folder.mkdir(parents=True, exist_ok=True)
    given, size = json.loads((pathlib.Path(model) / "config.json").read_text()), SHAPES[shape]
    given |= {"d_model": size["d_model"]}
    for side in ("encoder", "decoder"):
        given |= {f"{side}_attention_heads": size["heads"], f"{side}_ffn_dim": size["ffn"]}
    torch.manual_seed(4)
    made = MarianMTModel(MarianConfig(**given)).eval()
    torch.save({name: tensor.contiguous() for name, tensor in made.state_dict().items()}, folder / "pytorch_model.bin")
    (folder / "config.json").write_text(json.dumps(given, indent=1))
    for name in ("source.spm", "target.spm", "vocab.json", "tokenizer_config.json"):
        shutil.copy(pathlib.Path(model) / name, folder / name)
    return folder


def convert(model, folder, vocabulary_map=None):
    """CTranslate2's form of the weights in f32; it makes int8 of them when it loads them."""
    folder = pathlib.Path(folder)
    if not (folder / "model.bin").exists():
        from ctranslate2.converters import TransformersConverter

        TransformersConverter(str(model)).convert(str(folder), vmap=vocabulary_map, force=True)
    return folder


def vocabulary_map(engine, model, texts, path, words=8000, frequent=2000, each=20):
    """Writes CTranslate2's vocabulary map and returns its path.

    The translations it counts are the engine's own: of `texts`, which must not be among the
    sentences measured, and of the `words` most frequent pieces that begin a word, each alone.
    A source token gets the `each` target tokens that go with it most (Dice's coefficient), and
    every sentence also gets the `frequent` commonest. The vocabulary is ordered by frequency, so
    its first entries fill that list up.
    """
    path = pathlib.Path(path)
    if path.exists():
        return path
    own = tokenizer(model)
    vocabulary = json.loads((pathlib.Path(model) / "vocab.json").read_text(encoding="utf-8"))
    special = {"</s>", "<unk>", "<pad>"}
    ordered = sorted((name for name in vocabulary if name not in special), key=vocabulary.get)
    alone = [name[1:] for name in ordered if name[0] == "▁" and name[1:].isalpha()][:words]
    pairs, of_source, of_target, common = (collections.Counter() for _ in range(4))
    for lines, limit, batch in ((texts, 256, 32), (alone, 6, 64)):
        outputs = engine.call("run", texts=lines, batch=batch, new_tokens=limit)["outputs"]
        for line, output in zip(lines, outputs):
            sources = set(own.convert_ids_to_tokens(own(line).input_ids)) - special
            row = own.convert_ids_to_tokens(own(text_target=output).input_ids)
            targets = set(row) - special
            of_source.update(sources)
            of_target.update(targets)
            pairs.update((source, target) for source in sources for target in targets)
            if lines is texts:
                common.update(targets)
    best = collections.defaultdict(list)
    for (source, target), count in pairs.items():
        best[source].append((2 * count / (of_source[source] + of_target[target]), target))
    fixed = [name for name, _ in common.most_common(frequent)]
    known = set(fixed)
    fixed += [name for name in ordered[:frequent] if name not in known][: frequent - len(fixed)]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\t" + " ".join(fixed) + "\n")
        for source, found in sorted(best.items()):
            file.write(source + "\t" + " ".join(name for _, name in sorted(found, reverse=True)[:each]) + "\n")
    return path
