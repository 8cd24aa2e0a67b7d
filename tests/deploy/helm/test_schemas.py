"""What is rendered, against the schemas of Kubernetes, KEDA and the Prometheus operator."""

import kubernetes_validate
import pytest
from cloudcoil.models.keda.v1alpha1 import ScaledObject, TriggerAuthentication
from cloudcoil.models.prometheus_operator.v1 import PrometheusRule, ServiceMonitor

import chart

# The oldest that Chart.yaml allows, and the newest that the package knows.
VERSIONS = ["1.29", "1.33", "1.37"]
CUSTOM = {
    model.__name__: model
    for model in (PrometheusRule, ScaledObject, ServiceMonitor, TriggerAuthentication)
}
# Younger than the models: KEDA 2.17.
YOUNGER = {("ScaledObject", "fallback", "behavior")}


@chart.every_setup
def test_helm_finds_nothing_to_complain_about(setup):
    output = chart.run("lint", "--strict", str(chart.CHART), *setup)
    assert output.returncode == 0, output.stdout + output.stderr


@pytest.mark.parametrize("version", VERSIONS)
@chart.every_setup
def test_kubernetes_understands_every_field(setup, version):
    kinds = set()
    for document in chart.render(*setup):
        if document["kind"] not in CUSTOM:
            kubernetes_validate.validate(document, version, strict=True)
            kinds.add(document["kind"])
    assert {"Deployment", "NetworkPolicy", "Service", "ServiceAccount"} <= kinds


def without_younger(document):
    for kind, part, field in YOUNGER:
        if document["kind"] == kind:
            del document["spec"][part][field]
    return document


@chart.every_setup
def test_operators_understand_every_field(setup):
    for document in chart.render(*setup):
        if model := CUSTOM.get(document["kind"]):
            model.model_validate(without_younger(document), strict=True, extra="forbid")


def test_the_setups_have_every_kind_of_custom_resource():
    kinds = {
        document["kind"] for setup in chart.SETUPS.values() for document in chart.render(*setup)
    }
    assert set(CUSTOM) <= kinds


def test_a_wrong_field_would_be_found():
    documents = chart.render(*chart.SETUPS["everything"])
    deployment = chart.only(documents, "Deployment")
    deployment["spec"]["replica"] = 2
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(deployment, VERSIONS[-1], strict=True)
    scaled = without_younger(chart.only(documents, "ScaledObject"))
    scaled["spec"]["triggers"][0]["authentication"] = {}
    with pytest.raises(ValueError, match="authentication"):
        ScaledObject.model_validate(scaled, strict=True, extra="forbid")


@chart.every_setup
def test_names_are_names(setup):
    for release in ("p", "a-release-whose-name-is-as-long-as-helm-lets-it-be-53"):
        names = []
        for document in chart.render(*setup, release=release):
            name = document["metadata"]["name"]
            assert len(name) <= 63, name
            assert name == name.lower().strip("-."), name
            names.append((document["kind"], name))
            for value in document["metadata"]["labels"].values():
                assert len(value) <= 63, value
        assert len(names) == len(set(names)), names
