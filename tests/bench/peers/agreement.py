"""Whether outputs are the same, and how near they are where they are not."""

import language_model
import marian
import sacrebleu
import sentences
from presslate_engine import Engine as Presslate


def compared(outputs, against, ours, theirs, count_identical=True):
    """How `ours` differs from `theirs`, line by line and as chrF."""
    pairs = [(one.strip(), other.strip()) for one, other in zip(ours, theirs, strict=True)]
    return {
        "outputs": outputs,
        "against": against,
        "lines": len(pairs),
        "identical": sum(one == other for one, other in pairs) if count_identical else None,
        "chrf": sacrebleu.corpus_chrf([one for one, _ in pairs], [[other for _, other in pairs]]).score,
        "differing": [pair for pair in pairs if pair[0] != pair[1]][:20] if count_identical else [],
    }


def marian_outputs(options, rows, say):
    """Every engine's greedy translation of the same lines, beside what transformers writes in f32."""
    texts = sentences.column(rows, "en")
    expected = marian.reference(options, texts, say)
    own = marian.Marian(options, options.marian, say)
    written = {}
    for compute in ("float32", "int8"):
        worker = own.ctranslate2(compute, 1, options.threads)
        written[f"CTranslate2 {compute}"] = worker.call("run", texts=texts, batch=8)["outputs"]
    mapped = own.ctranslate2("int8", 1, options.threads, mapped=True)
    written["CTranslate2 int8 with a map"] = mapped.call("run", texts=texts, batch=8, vocabulary_map=True)["outputs"]
    own.close()
    if options.presslate:
        kinds = [("f32", "off"), (options.ours, "off"), (options.ours, "auto")]
        for quantization, shortlist in kinds:
            say(f"  presslate {quantization}, shortlist {shortlist}")
            engine = Presslate(options.presslate, options.marian, quantization, options.reference)
            sample = engine.run(texts, batch=8, shortlist=shortlist, threads=options.threads)
            written[f"presslate {quantization}{'' if shortlist == 'off' else ' with a shortlist'}"] = sample["outputs"]
    found = [compared(name, "transformers f32", outputs, expected) for name, outputs in written.items()]
    for name, outputs in written.items():
        engine = name.split(" ")[0]
        exact = next((other for other in (f"{engine} f32", f"{engine} float32") if other in written), None)
        if exact and exact != name:
            found.append(compared(name, exact, outputs, written[exact]))
    if "fr" in rows[0]:
        references = sentences.column(rows, "fr")
        for name, outputs in ({"transformers f32": expected} | written).items():
            found.append(compared(name, "the references", outputs, references, count_identical=False))
    return found


def gguf_outputs(options, rows, say):
    """The language model's translations by both engines, cut off where a line ends."""
    own, found = language_model.LanguageModel(options, say), []
    for lang in options.langs:
        prefix, before, after = language_model.instruction(options, lang)
        texts = [before + text for text in sentences.column(rows, "en")]
        references, written = sentences.column(rows, lang), {"llama.cpp": []}
        asked = {"prefix": prefix, "suffix": after, "new_tokens": options.segment_tokens}
        size = options.segments
        worker = own.llama(size, 1024 + (160 + options.segment_tokens) * size)
        for start in range(0, len(texts), size):
            answer = worker.call("run", texts=texts[start : start + size], **asked)
            written["llama.cpp"] += answer["outputs"]
            say(f"  llama.cpp, {lang}: {len(written['llama.cpp'])} of {len(texts)}")
        if own.ours:
            say(f"  presslate, {lang}")
            written["presslate"] = own.ours.run(texts, batch=size, threads=options.threads, **asked)["outputs"]
        first = {name: [cut(line) for line in outputs] for name, outputs in written.items()}
        if own.ours:
            found.append(compared(f"presslate, {lang}", "llama.cpp", first["presslate"], first["llama.cpp"]))
        for name, outputs in first.items():
            found.append(compared(f"{name}, {lang}", "the references", outputs, references, count_identical=False))
    own.close()
    return found


def cut(output):
    """The translation alone. `presslate bench` writes spaces for the ends of lines, so that where
    the model began another example is found by the example's own first word."""
    return output.strip().split("\n")[0].split(" English:")[0].strip()
