"""Numbers and names that follow from others."""

import re

import pytest

import chart


def deployment(*words):
    return chart.only(chart.render(*words), "Deployment")["spec"]


def sets(*pairs):
    return [word for pair in pairs for word in ("--set", pair)]


@pytest.mark.parametrize(
    ("pairs", "seconds"),
    [
        ([], 870),
        (["worker.deadline=1200", "worker.consumerTimeout=2600"], 1230),
        (["worker.grace=1"], 31),
        (["worker.grace=600"], 630),
        (["worker.grace=600", "terminationGracePeriodSeconds=620"], 620),
    ],
)
def test_the_time_to_end_follows_from_the_grace(pairs, seconds):
    pod = deployment(*sets(*pairs))["template"]["spec"]
    assert pod["terminationGracePeriodSeconds"] == seconds


@pytest.mark.parametrize("pairs", [[], ["worker.deadline=400"], ["gpu.enabled=true"]])
def test_a_worker_that_is_taken_away_has_time_for_the_longest_job(pairs):
    pod = deployment(*sets(*pairs))["template"]["spec"]
    settings = chart.env(pod["containers"][0])
    deadline, grace = (int(settings[f"PRESSLATE_{name}"]) for name in ("DEADLINE", "GRACE"))
    assert grace >= deadline
    assert pod["terminationGracePeriodSeconds"] >= grace + 20


@pytest.mark.parametrize(
    ("pairs", "threads"),
    [
        ([], "2"),
        (["resources.requests.cpu=1500m"], "2"),
        (["resources.requests.cpu=7"], "7"),
        (["resources.limits.cpu=3500m"], "3"),
        (["resources.limits.cpu=500m"], "1"),
        (["resources.limits.cpu=8", "worker.threads=4"], "4"),
        (["resources.requests.cpu=2.5", "worker.threads=16"], "16"),
    ],
)
def test_threads_are_as_many_as_there_are_cores_for(pairs, threads):
    container = chart.worker(chart.render(*sets(*pairs)))
    assert chart.env(container)["PRESSLATE_THREADS"] == threads


@pytest.mark.parametrize(("budget", "failures"), [(3600, 720), (61, 13), (86400, 17280)])
def test_the_startup_probe_follows_from_the_longest_pull(budget, failures):
    spec = deployment(*sets(f"models.pullBudgetSeconds={budget}"))
    probe = spec["template"]["spec"]["containers"][0]["startupProbe"]
    assert probe["failureThreshold"] == failures
    assert spec["progressDeadlineSeconds"] == budget + 600


def test_the_patience_of_the_broker_is_weighed_as_the_program_weighs_it():
    source = (chart.ROOT / "src/config/queue.rs").read_text()
    publishing = int(re.search(r"const PUBLISHING: u64 = (\d+)", source).group(1))
    assert "let needed = deadline * 2 + PUBLISHING;\n        if needed >= consumer_timeout" in source
    least = 2 * 840 + publishing + 1
    chart.render(*sets(f"worker.consumerTimeout={least}"))
    refused = sets(f"worker.consumerTimeout={least - 1}")
    output = chart.run("template", "press", str(chart.CHART), *refused)
    assert f"for more than {least - 1} seconds" in output.stderr


def scaled(*pairs):
    return chart.only(chart.render(*sets("keda.enabled=true", *pairs)), "ScaledObject")["spec"]


def test_every_queue_that_work_waits_in_wakes_a_worker_and_jobs_in_work_count():
    triggers = {trigger["name"]: trigger["metadata"] for trigger in scaled()["triggers"]}
    assert {name: metadata["queueName"] for name, metadata in triggers.items()} == {
        "jobs": "presslate.jobs",
        "urgent": "presslate.jobs.urgent",
        "suspects": "presslate.suspects",
        "rate": "presslate.jobs",
    }
    assert {name: metadata["mode"] for name, metadata in triggers.items()} == {
        "jobs": "QueueLength",
        "urgent": "QueueLength",
        "suspects": "QueueLength",
        "rate": "MessageRate",
    }
    for metadata in triggers.values():
        assert metadata["protocol"] == "http"
        assert metadata["excludeUnacknowledged"] == "false"
        assert metadata["activationValue"] == "0"
        assert "@" not in metadata["host"], "the account is in a Secret"
        # KEDA counts in thousandths: less would be a division by nothing.
        assert float(metadata["value"]) >= 0.001


def test_the_queues_have_the_names_that_the_program_gives_them():
    topology = (chart.ROOT / "src/queue/topology/names.rs").read_text()
    for trigger in scaled()["triggers"]:
        ending = trigger["metadata"]["queueName"].removeprefix("presslate.")
        assert f'name("{ending}")' in topology, ending


def test_the_last_worker_outlives_the_longest_job():
    assert scaled()["cooldownPeriod"] == 900
    assert scaled("worker.deadline=1200", "worker.consumerTimeout=2600")["cooldownPeriod"] == 1260
    behaviour = scaled()["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behaviour["scaleDown"]["stabilizationWindowSeconds"] == 840
    long = scaled("worker.deadline=7200", "worker.consumerTimeout=15000")
    behaviour = long["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    assert behaviour["scaleDown"]["stabilizationWindowSeconds"] == 3600


def test_a_share_of_the_work_follows_from_slots_and_measured_speed():
    values = {trigger["name"]: trigger["metadata"]["value"] for trigger in scaled()["triggers"]}
    assert values == {"jobs": "2", "urgent": "1", "suspects": "2", "rate": "0.0021"}
    triggers = scaled("worker.slots=16", "keda.articlesPerMinutePerWorker=30")["triggers"]
    values = {trigger["name"]: trigger["metadata"]["value"] for trigger in triggers}
    assert (values["jobs"], values["rate"]) == ("16", "0.5000")


@pytest.mark.parametrize("slots", [1, 3, 64])
def test_no_job_waits_while_a_worker_could_be_had_for_it(slots):
    (jobs,) = [
        trigger["metadata"]
        for trigger in scaled(f"worker.slots={slots}")["triggers"]
        if trigger["name"] == "jobs"
    ]
    assert 0 < int(jobs["value"]) <= slots


@pytest.mark.parametrize(
    ("pairs", "url"),
    [
        ([], "amqps://presslate-worker@rabbitmq:5671/%2F"),
        (["broker.tls.enabled=false"], "amqp://presslate-worker@rabbitmq:5672/%2F"),
        (["broker.vhost=a/b c"], "amqps://presslate-worker@rabbitmq:5671/a%2Fb%20c"),
        (["broker.username=e@d"], "amqps://e%40d@rabbitmq:5671/%2F"),
        (
            ["broker.username=", "broker.existingSecret=", "broker.tls.clientSecret=c"],
            "amqps://rabbitmq:5671/%2F",
        ),
    ],
)
def test_the_address_of_the_broker_is_put_together_and_holds_no_password(pairs, url):
    container = chart.worker(chart.render(*sets(*pairs)))
    assert chart.env(container)["PRESSLATE_AMQP_URL"] == url


def test_only_what_computes_uses_the_image_for_a_gpu():
    pairs = ["gpu.enabled=true", "models.from=init", "topology.apply=true"]
    documents = chart.render(*sets(*pairs))
    pod = chart.only(documents, "Deployment")["spec"]["template"]["spec"]
    version = chart.worker(chart.render())["image"]
    assert pod["containers"][0]["image"] == f"{version}-cuda-sm80"
    assert pod["initContainers"][0]["image"] == version
    assert chart.only(documents, "Job")["spec"]["template"]["spec"]["containers"][0]["image"] == (
        version
    )
    assert pod["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert chart.env(pod["containers"][0])["PRESSLATE_DEVICE"] == "cuda"
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in pod[
        "tolerations"
    ]
    rollout = chart.only(documents, "Deployment")["spec"]["strategy"]["rollingUpdate"]
    assert rollout == {"maxSurge": 0, "maxUnavailable": 1}, "a card to spare is rare"


def test_a_volume_of_one_node_is_handed_over_rather_than_shared():
    pairs = ["models.cache.type=claim", "models.cache.accessModes={ReadWriteOnce}"]
    spec = deployment(*sets(*pairs, "replicaCount=1"))
    assert spec["strategy"] == {"type": "Recreate"}


def test_who_lets_a_job_make_the_queues_has_workers_that_do_not():
    name = "PRESSLATE_AMQP_NO_DECLARE"
    declare = "broker.declare=true"
    assert name not in chart.env(chart.worker(chart.render(*sets(declare))))
    for pairs in ([], [declare, "topology.apply=true"]):
        assert chart.env(chart.worker(chart.render(*sets(*pairs))))[name] == "true"
    job = chart.only(chart.render(*sets("topology.apply=true")), "Job")
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert chart.env(container)["PRESSLATE_AMQP_URL"].startswith("amqps://presslate-admin@")


def test_a_bundle_is_all_that_a_worker_without_network_needs():
    documents = chart.render("--values", str(chart.CHART / "examples/air-gap.yaml"))
    pod = chart.only(documents, "Deployment")["spec"]["template"]["spec"]
    (install,) = pod["initContainers"]
    assert install["args"][:4] == ["bundle", "install", "/bundle/presslate-bundle.tar", "--to"]
    target, expect, digest = install["args"][4:]
    assert (expect, len(digest)) == ("--expect", 64)
    settings = chart.env(pod["containers"][0])
    assert settings["PRESSLATE_MODEL_DIR"] == f"{target}/models"
    assert settings["PRESSLATE_GLOSSARIES"] == f"{target}/glossaries"
    assert settings["HF_HUB_OFFLINE"] == "1"
    # A bundle is put beside its folder first and then renamed, which a mount point cannot be.
    mounts = {mount["mountPath"] for mount in install["volumeMounts"]}
    assert target not in mounts
    assert target.rpartition("/")[0] in mounts


def test_alerts_go_by_the_settings_of_the_release():
    words = sets(
        "monitoring.rules.enabled=true",
        "broker.queuePrefix=desk.one",
        "worker.grace=100",
        "worker.deadline=400",
        "monitoring.rules.runbookUrl=https://wiki.example/presslate",
    )
    rules = chart.only(chart.render(*words), "PrometheusRule")
    text = str(rules)
    assert "presslate.example" not in text
    assert 'queue=~"presslate' not in text
    assert r'queue=~"desk\\.one\\..+"' in rules["spec"]["groups"][0]["rules"][0]["expr"]
    alerts = {
        rule["alert"]: rule
        for group in rules["spec"]["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    assert alerts["PresslateDrainSlow"]["expr"].strip().endswith("> 130")
    assert alerts["PresslateJobsNearDeadline"]["expr"].strip().endswith("> 300")
    assert alerts["PresslateDrainSlow"]["annotations"]["runbook_url"].startswith(
        "https://wiki.example/presslate#"
    )
    # Braces that are Prometheus' own are still there.
    assert "{{ $labels.instance }}" in text


def test_notes_say_what_is_not_as_it_should_be():
    def notes(*pairs):
        words = ("install", "press", str(chart.CHART), "--dry-run=client", *sets(*pairs))
        output = chart.run(*words)
        assert output.returncode == 0, output.stderr
        return output.stdout.partition("NOTES:")[2]

    assert "Do not publish" in notes()
    assert "in clear" not in notes()
    assert "in clear" in notes("broker.tls.enabled=false")
    good = notes(
        "models.names={standard}",
        "models.cache.type=claim",
        "networkPolicy.broker.to[0].ipBlock.cidr=10.0.0.1/32",
    )
    assert "NOTE" not in good
    assert "2 workers for presslate.jobs on rabbitmq:5671" in good
    assert "0 to 10 workers" in notes("keda.enabled=true")
