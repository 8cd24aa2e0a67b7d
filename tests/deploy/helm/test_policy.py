"""What a careful operator would look for in the objects, whatever the values are."""

import re

import chart


@chart.every_setup
def test_no_container_can_become_root_or_write_where_it_should_not(setup):
    for name, _, pod in chart.pods(chart.render(*setup)):
        assert pod["automountServiceAccountToken"] is False, name
        # A Service named presslate-… would otherwise set variables named PRESSLATE_….
        assert pod["enableServiceLinks"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        for host in ("hostNetwork", "hostPID", "hostIPC"):
            assert host not in pod, name
        for container in pod["containers"] + pod.get("initContainers", []):
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name


@chart.every_setup
def test_every_image_is_of_one_version(setup):
    for name, _, pod in chart.pods(chart.render(*setup)):
        for container in pod["containers"] + pod.get("initContainers", []):
            image = container["image"].rpartition("/")[2]
            assert re.search(r"(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})$", image), name


@chart.every_setup
def test_every_container_says_what_it_needs_and_none_is_throttled_by_its_threads(setup):
    documents = chart.render(*setup)
    for name, _, pod in chart.pods(documents):
        for container in pod["containers"] + pod.get("initContainers", []):
            resources = container["resources"]
            assert {"cpu", "memory"} <= resources["requests"].keys(), name
            assert "memory" in resources["limits"], name
    container = chart.worker(documents)
    limit = container["resources"]["limits"].get("cpu")
    threads = int(chart.env(container)["PRESSLATE_THREADS"])
    assert threads >= 1
    if limit:
        assert threads <= cores(limit)


def cores(quantity):
    text = str(quantity)
    return int(text[:-1]) / 1000 if text.endswith("m") else float(text)


def budget(probe):
    """Seconds without a good answer after which a container is killed, at the least."""
    return probe["periodSeconds"] * probe["failureThreshold"]


@chart.every_setup
def test_only_a_process_that_does_not_answer_is_killed(setup):
    container = chart.worker(chart.render(*setup))
    for probe in ("startupProbe", "livenessProbe"):
        # Not /ready, which says no while models are pulled and while the broker is away.
        assert container[probe]["httpGet"] == {"path": "/live", "port": "admin"}, probe
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert "lifecycle" not in container
    # A node that is busy for a minute is no reason.
    assert budget(container["livenessProbe"]) >= 120
    assert container["livenessProbe"]["timeoutSeconds"] >= 10
    assert [port["containerPort"] for port in container["ports"] if port["name"] == "admin"] == [
        int(chart.env(container)["PRESSLATE_ADMIN"].rpartition(":")[2])
    ]


@chart.every_setup
def test_a_first_pull_has_the_time_it_is_given(setup):
    deployment = chart.only(chart.render(*setup), "Deployment")
    container = deployment["spec"]["template"]["spec"]["containers"][0]
    assert budget(container["startupProbe"]) >= 3600
    assert deployment["spec"]["progressDeadlineSeconds"] > 3600


@chart.every_setup
def test_jobs_in_work_have_their_grace_and_the_broker_its_goodbye(setup):
    deployment = chart.only(chart.render(*setup), "Deployment")
    pod = deployment["spec"]["template"]["spec"]
    settings = chart.env(pod["containers"][0])
    assert pod["terminationGracePeriodSeconds"] >= int(settings["PRESSLATE_GRACE"]) + 20
    assert 2 * int(settings["PRESSLATE_DEADLINE"]) < int(settings["PRESSLATE_CONSUMER_TIMEOUT"])


@chart.every_setup
def test_what_is_mounted_is_there_and_secrets_are_files(setup):
    for name, _, pod in chart.pods(chart.render(*setup)):
        volumes = [volume["name"] for volume in pod["volumes"]]
        assert len(volumes) == len(set(volumes)), name
        mounted = set()
        for container in pod["containers"] + pod.get("initContainers", []):
            paths = [mount["mountPath"] for mount in container["volumeMounts"]]
            assert len(paths) == len(set(paths)), name
            for mount in container["volumeMounts"]:
                assert mount["name"] in volumes, (name, mount)
                assert "subPath" not in mount, "a Secret mounted so stays as it was"
                mounted.add(mount["name"])
            variables = container.get("env", [])
            names = [variable["name"] for variable in variables]
            assert len(names) == len(set(names)), name
            secret = {v["name"] for v in variables if "secretKeyRef" in v.get("valueFrom", {})}
            assert secret <= {"HF_TOKEN"}, name
            for variable in variables:
                path = variable.get("value") or ""
                if variable["name"].endswith(("_FILE", "_DIR")) or path.startswith("/"):
                    assert any(path.startswith(mount) for mount in paths), (name, variable)
        assert mounted == set(volumes), name


@chart.every_setup
def test_selectors_find_what_they_are_for(setup):
    documents = chart.render(*setup)
    deployment = chart.only(documents, "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]

    def finds(selector):
        return selector.items() <= labels.items()

    selector = deployment["spec"]["selector"]["matchLabels"]
    assert finds(selector)
    changing = {"app.kubernetes.io/version", "helm.sh/chart"}
    assert not changing & selector.keys(), "selectors cannot be changed by an upgrade"
    service = chart.only(documents, "Service")
    assert finds(service["spec"]["selector"])
    assert service["spec"]["publishNotReadyAddresses"] is True
    policy = chart.only(documents, "NetworkPolicy")["spec"]
    for name, pod_labels, _ in chart.pods(documents):
        assert policy["podSelector"]["matchLabels"].items() <= pod_labels.items(), name
        if not name.startswith("Deployment"):
            assert not selector.items() <= pod_labels.items(), f"{name} counts as a worker"
    for document in documents:
        spec = document.get("spec", {})
        if document["kind"] == "PodDisruptionBudget":
            assert finds(spec["selector"]["matchLabels"])
            assert "minAvailable" not in spec
        elif document["kind"] == "ServiceMonitor":
            wanted = spec["selector"]["matchLabels"]
            assert wanted.items() <= service["metadata"]["labels"].items()
            ports = {port["name"] for port in service["spec"]["ports"]}
            assert {endpoint["port"] for endpoint in spec["endpoints"]} <= ports
            assert service["metadata"]["labels"][spec["jobLabel"]] == "presslate"
        elif document["kind"] == "ScaledObject":
            assert spec["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
            assert "replicas" not in deployment["spec"], "an upgrade would undo what KEDA did"


@chart.every_setup
def test_workers_reach_the_broker_and_names_and_little_else(setup):
    documents = chart.render(*setup)
    policy = chart.only(documents, "NetworkPolicy")["spec"]
    assert set(policy["policyTypes"]) == {"Ingress", "Egress"}
    container = chart.worker(documents)
    broker = re.fullmatch(
        r"amqps?://(?:[^@/]*@)?[^:/@]+:(\d+)/[^/ ]*", chart.env(container)["PRESSLATE_AMQP_URL"]
    )
    ports = {port["port"] for rule in policy["egress"] for port in rule["ports"]}
    extra = {4318} if "OTEL_EXPORTER_OTLP_ENDPOINT" in chart.env(container) else set()
    offline = "HF_HUB_OFFLINE" in chart.env(container)
    pulls = any(
        init["args"][:2] == ["models", "pull"]
        for _, _, pod in chart.pods(documents)
        for init in pod.get("initContainers", [])
    )
    hub = set() if offline and not pulls else {443}
    assert ports == {int(broker.group(1)), 53} | hub | extra
    (ingress,) = policy["ingress"]
    (peer,) = ingress["from"]
    assert peer["namespaceSelector"]["matchLabels"], "an empty selector means every namespace"
    assert [port["port"] for port in ingress["ports"]] == [container["ports"][0]["containerPort"]]
    for rule in policy["egress"]:
        for peer in rule.get("to", []):
            block = peer.get("ipBlock", {})
            if block.get("cidr") == "0.0.0.0/0":
                assert "169.254.0.0/16" in block["except"], "clouds give out credentials there"
