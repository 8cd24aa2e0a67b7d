"""What was measured, as JSON and as a table of Markdown."""

import json
import platform


def machine():
    """The processor, in its own words."""
    model, count = platform.machine(), 0
    try:
        with open("/proc/cpuinfo", encoding="ascii") as file:
            lines = file.read().splitlines()
        model = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
        count = sum(line.startswith("processor") for line in lines)
        flags = next(line for line in lines if line.startswith("flags")).split()
        known = [flag for flag in ("avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni") if flag in flags]
        return {"processor": model, "processors": count, "features": known}
    except (OSError, StopIteration):
        return {"processor": model, "processors": count, "features": []}


def digits(number):
    return f"{number:.0f}" if number >= 100 else f"{number:.1f}" if number >= 10 else f"{number:.2f}"


def speeds(cases):
    """A row for each engine of each case; ours first."""
    rows = [
        "| what | engine | setting | rate | texts/s | per CPU-second | peak MiB | presslate / it (rounds) | by CPU time |",
        "|---|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for case in cases:
        for name, engine in case["engines"].items():
            compared = case["ratios"].get(name)
            cells = [
                case["case"],
                name,
                engine["setting"],
                f"{digits(engine['rate'])} {case['unit']}",
                digits(engine["texts_per_second"]),
                digits(engine["per_cpu_second"]),
                f"{engine['peak_memory_bytes'] / 2**20:.0f}" if engine["peak_memory_bytes"] else "",
                f"**{compared['ratio']:.2f}** ({compared['least']:.2f} to {compared['most']:.2f})" if compared else "",
                f"{compared['by_cpu']:.2f}" if compared else "",
            ]
            rows.append("| " + " | ".join(cells) + " |")
    return rows


def agreements(found):
    """A row for each pair of outputs."""
    rows = ["| outputs | compared with | lines | identical | chrF |", "|---|---|---:|---:|---:|"]
    for one in found:
        same = f"{one['identical']} ({100 * one['identical'] / one['lines']:.1f} %)" if one["identical"] is not None else ""
        rows.append(f"| {one['outputs']} | {one['against']} | {one['lines']} | {same} | {one['chrf']:.2f} |")
    return rows


def write(results, json_path, table_path):
    """Both files; what earlier runs of other kinds put there stays."""
    kept = json.loads(json_path.read_text()) if json_path.exists() else {}
    kept |= results | {"machine": machine()}
    json_path.write_text(json.dumps(kept, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    about = kept["machine"]
    lines = [f"{about['processor']}, {about['processors']} processors, {' '.join(about['features'])}", ""]
    cases = [case for kind in ("marian", "random", "gguf") for case in kept.get(kind, [])]
    lines += speeds(cases) + [""] if cases else []
    lines += agreements(kept["agreement"]) + [""] if kept.get("agreement") else []
    table_path.write_text("\n".join(lines), encoding="utf-8")
    return "\n".join(lines)
