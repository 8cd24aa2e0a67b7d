"""The chart's files beside the templates: what they say about each other and about the program."""

import json
import re
import tarfile
import tomllib

import pytest
import yaml

import chart
import refresh

REFUSED = sorted((chart.ROOT / "tests/deploy/helm/refused").glob("*.yaml"))
REFRESH = "run python tests/deploy/helm/refresh.py"
SCHEMA = json.loads((chart.CHART / "values.schema.json").read_text())
VALUES = yaml.safe_load((chart.CHART / "values.yaml").read_text())


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_wrong_values_are_refused_with_a_word_on_why(path):
    why = path.read_text().splitlines()[0].removeprefix("# refused: ")
    output = chart.run("template", "press", str(chart.CHART), "--values", str(path))
    assert output.returncode != 0, output.stdout
    assert why in output.stderr


def test_every_value_has_a_schema_and_every_schema_a_value():
    described = {path for path, _ in refresh.leaves(SCHEMA)}
    known = {path for path, *_ in refresh.rows(SCHEMA, VALUES)}
    assert described - {"global"} == known
    for path, leaf in refresh.leaves(SCHEMA):
        assert leaf.get("description"), path


def test_a_name_that_is_not_known_is_refused_at_every_depth():
    def objects(schema):
        if "properties" in schema and "description" not in schema:
            yield schema
            for child in schema["properties"].values():
                yield from objects(child)

    found = list(objects(SCHEMA))
    assert len(found) > 15
    for schema in found:
        assert schema["additionalProperties"] is False, schema


def test_the_readme_has_the_table_of_values():
    readme = (chart.CHART / "README.md").read_text()
    assert refresh.replaced(readme, SCHEMA, VALUES) == readme, REFRESH


def test_the_chart_is_of_the_version_of_the_program():
    about = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())
    program = tomllib.loads((chart.ROOT / "Cargo.toml").read_text())["package"]
    assert about["appVersion"] == program["version"]


def test_the_alerts_are_those_of_the_monitoring():
    copy = (chart.CHART / "files/alerts.yaml").read_bytes()
    original = chart.ROOT / "deploy/monitoring/alerts.yaml"
    assert copy == original.read_bytes(), REFRESH


@chart.every_setup
def test_every_setting_is_one_of_the_program(setup):
    sources = "\n".join(path.read_text() for path in (chart.ROOT / "src").rglob("*.rs"))
    known = set(re.findall(r'"(PRESSLATE_[A-Z_]+)"', sources))
    for name, _, pod in chart.pods(chart.render(*setup)):
        for container in pod["containers"] + pod.get("initContainers", []):
            for variable in chart.env(container):
                if variable.startswith("PRESSLATE_"):
                    assert variable in known, (name, variable)


def test_the_package_holds_what_a_cluster_needs(tmp_path):
    output = chart.run("package", str(chart.CHART), "--destination", str(tmp_path))
    assert output.returncode == 0, output.stderr
    (archive,) = tmp_path.glob("*.tgz")
    with tarfile.open(archive) as package:
        names = {name.removeprefix("presslate/") for name in package.getnames()}
    assert {"Chart.yaml", "values.schema.json", "files/alerts.yaml", "README.md"} <= names
    assert not [name for name in names if name.startswith("examples")]
