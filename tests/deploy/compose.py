"""What deploy/compose.yaml promises, looked at after it has been read by a strict reader of the
Compose specification: compose.py compose.yaml"""
import json
import re
import sys
from pathlib import Path

import compose_spec
import yaml

PROFILES = {"cpu": 1, "gpu": 1, "offline": 1}
wrong = []


def want(holds, what):
    if not holds:
        wrong.append(what)


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)([sm])", str(text)).groups()
    return int(number) * {"s": 1, "m": 60}[unit]


path = Path(sys.argv[1])
# As Compose does where nothing is set. Every variable must have a default.
text = re.sub(r"\$\{(\w+):-([^}]*)\}", lambda match: match[2], path.read_text(encoding="utf-8"))
want("${" not in text, "a variable has no default")
document = yaml.safe_load(text)
read = compose_spec.PyCompose.from_json(json.dumps(document))
read.validate()
read.validate_networks()
read.validate_volumes()
read.validate_secrets()
services = document["services"]
networks = document["networks"]

for profile, least in PROFILES.items():
    of_it = [name for name, service in services.items() if profile in service.get("profiles", [])]
    workers = [name for name in of_it if services[name]["command"] == ["work"]]
    want(len(workers) == least, f"profile {profile} has the workers {workers}")
unknown = {p for service in services.values() for p in service.get("profiles", [])} - PROFILES.keys()
want(not unknown, f"there are profiles {unknown}")

for name, service in services.items():
    want(service.get("read_only") is True, f"{name} can write its root")
    want(service.get("cap_drop") == ["ALL"] and "cap_add" not in service, f"{name} has capabilities")
    want(service.get("security_opt") == ["no-new-privileges:true"], f"{name} can get more rights")
    want("privileged" not in service and "network_mode" not in service, f"{name} is not contained")
    want(service.get("restart") in ("always", "on-failure"), f"{name} is not started again")
    tag = service["image"].rpartition(":")[2]
    want(re.search(r"\d", tag), f"{name} has no pinned image: {service['image']}")
    for port in service.get("ports", []):
        want(port.startswith("127.0.0.1:"), f"{name} publishes {port} to others")
        want(any(not (networks[n] or {}).get("internal") for n in service["networks"]), f"{name}: {port} cannot be reached")
    for key, value in (service.get("environment") or {}).items():
        want(isinstance(value, str), f"{name}: {key} is {value!r} and no text")
        want(not re.search(r"PASSWORD$|_PASS$|TOKEN$|SECRET$", key), f"{name} has a secret in its environment: {key}")
        want(not re.search(r"://[^/@]*:[^/@]*@", value), f"{name} has a password in an address: {key}")
    for volume in service.get("volumes", []):
        source, _, rest = volume.partition(":")
        # What is a file of the repository is there, and stays as it is.
        if source.startswith("./") and "weights" not in source:
            want(volume.endswith(":ro"), f"{name} may change {source}")
            want((path.parent / source).exists(), f"{name}: there is no {source}")
    # One that waits for a service of another profile would not start.
    for other in service.get("depends_on", {}):
        others = set(services[other].get("profiles", PROFILES))
        want(others >= set(service.get("profiles", PROFILES)), f"{name} waits for {other}, which is not always there")
    build = service.get("build")
    if build:
        want((path.parent / build["context"] / build["dockerfile"]).is_file(), f"{name}: there is no {build['dockerfile']}")

for name, service in services.items():
    if service.get("command") != ["work"]:
        continue
    environment = service["environment"]
    grace, period = int(environment["PRESSLATE_GRACE"]), seconds(service["stop_grace_period"])
    want(period >= grace + 10, f"{name} is killed after {period} s, and its jobs have {grace} s")
    want(list(service["networks"]) == ["inside"] and networks["inside"]["internal"], f"{name} can reach the internet")
    want(service["networks"]["inside"]["aliases"] == ["worker"], f"Prometheus does not find {name}")
    want(service["user"] == "65532:65532", f"{name} runs as {service.get('user')}")
    want(environment["PRESSLATE_ADMIN"].endswith(":9464"), f"{name} is not where it is asked for health")
    timeout = re.search(r"^consumer_timeout = (\d+)000$", (path.parent / "rabbitmq/rabbitmq.conf").read_text(encoding="utf-8"), re.M)
    want(timeout and timeout[1] == environment["PRESSLATE_CONSUMER_TIMEOUT"], f"{name} and the broker do not agree on consumer_timeout")
    weights = [volume for volume in service["volumes"] if re.match(r"(models:|\./weights:)", volume)]
    want(len(weights) == 1 and weights[0].endswith(":ro"), f"{name} may change weights")
offline = services["worker-offline"]
want("models" not in offline["depends_on"] and "hub" not in offline["networks"], "offline is not offline")

for line in wrong:
    print(f"{path}: {line}", file=sys.stderr)
print(f"{path}: {len(services)} services looked at")
sys.exit(1 if wrong else 0)
