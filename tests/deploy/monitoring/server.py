"""A Prometheus of our own, with the configuration that is shipped: on a free port, in a folder that goes
away with it."""

import json
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

SHIPPED = Path(__file__).resolve().parents[3] / "deploy/monitoring"
# What Prometheus may take to start, and a scrape to arrive, on a machine that has other things to do.
PATIENCE = 90


class Refused(Exception):
    """Prometheus does not take a query."""


class Prometheus:
    """Scrapes every second what is shipped to be scraped every 15."""

    def __init__(self, worker, broker):
        self.folder = Path(tempfile.mkdtemp(prefix="presslate-prometheus-"))
        config = (SHIPPED / "prometheus.yml").read_text()
        fast, changed = re.subn(r"(?m)^(  (?:scrape|evaluation)_interval:) .*$", r"\1 1s", config)
        if changed != 2:
            raise SystemExit("prometheus.yml: no scrape_interval and evaluation_interval to shorten")
        (self.folder / "prometheus.yml").write_text(fast)
        shutil.copy(SHIPPED / "alerts.yaml", self.folder)
        (self.folder / "targets").mkdir()
        for name, target in (("workers", worker), ("rabbitmq", broker)):
            (self.folder / f"targets/{name}.yaml").write_text(json.dumps([{"targets": [target]}]))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.log = self.folder / "log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["prometheus", f"--config.file={self.folder}/prometheus.yml",
                 f"--storage.tsdb.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{port}"],
                cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)

    def ask(self, path, **parameters):
        """The data of an answer of the API."""
        body = urllib.parse.urlencode(parameters, doseq=True).encode() if parameters else None
        request = urllib.request.Request(f"{self.url}/api/v1/{path}", data=body)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as error:
            if error.code == 503:  # It is still starting.
                raise
            raise Refused(json.load(error)["error"]) from None

    def get(self, path, **parameters):
        """Where the API takes no POST."""
        return self.ask(path + "?" + urllib.parse.urlencode(parameters, doseq=True))

    def wait_for(self, what, ready):
        """Asks again and again, until `ready` gives something that counts as true."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise SystemExit(f"Prometheus ended:\n{self.log.read_text()}")
            try:
                if found := ready():
                    return found
            except (urllib.error.URLError, ConnectionError):
                pass
            time.sleep(0.5)
        raise SystemExit(f"waited for {what}, in vain:\n{self.log.read_text()[-3000:]}")

    def targets(self):
        """Waits until all are scraped, and gives their jobs."""
        def all_up():
            active = self.ask("targets")["activeTargets"]
            return active if len(active) >= 3 and all(t["health"] == "up" for t in active) else None

        return sorted(t["labels"]["job"] for t in self.wait_for("targets that answer", all_up))
