"""What the chart has from elsewhere. Its README's table of values: paths and defaults from values.yaml,
words from the schema. And the alerts of deploy/monitoring. Run as a program it makes both anew."""

import json
import shutil
from pathlib import Path

import yaml

CHART = Path(__file__).resolve().parents[3] / "deploy/helm/presslate"
BEGIN, END = "<!-- values: begin -->\n", "<!-- values: end -->"


def leaves(schema, path=""):
    """Every described value of the schema, with its path."""
    for name, child in schema["properties"].items():
        here = f"{path}.{name}" if path else name
        if "description" in child or "properties" not in child:
            yield here, child
        else:
            yield from leaves(child, here)


def rows(schema, values, path=""):
    """Path, default and description of every value that values.yaml has."""
    for name, value in values.items():
        here = f"{path}.{name}" if path else name
        child = schema["properties"].get(name, {})
        if "properties" in child and "description" not in child:
            yield from rows(child, value, here)
        else:
            yield here, value, child.get("description", "")


def replaced(readme, schema, values):
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    lines = ["| Value | Default | What it says |", "|---|---|---|"]
    for path, value, words in rows(schema, values):
        default = json.dumps(value, ensure_ascii=False)
        lines.append(f"| `{path}` | `{default}` | {words} |")
    return before + BEGIN + "\n".join(lines) + "\n" + END + after


if __name__ == "__main__":
    schema = json.loads((CHART / "values.schema.json").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    readme = CHART / "README.md"
    readme.write_text(replaced(readme.read_text(), schema, values))
    shutil.copyfile(CHART.parents[1] / "monitoring/alerts.yaml", CHART / "files/alerts.yaml")
