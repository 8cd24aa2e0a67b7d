"""Stands in for a worker and for RabbitMQ's plugin rabbitmq_prometheus: every series that there can be,
with numbers that move. To try the dashboard and the check without a worker; says nothing about one.

    stand_in.py WORKER_PORT BROKER_PORT
"""

import math
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 840)
COUNTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048)
MODELS = ("opus-mt-en-ru", "qwen3-4b")
STAGES = (("clean", "none", 0.02), ("summarise", "none", 12), ("translate", "ko", 18), ("translate", "ru", 9))


def each(label, values):
    return [((label, value),) for value in values]


# Name, what it is, and its series: labels, and for a counter how many a second, for a gauge its mean, for a
# histogram how many a second, the middle value and the bounds.
JOBS = (("done", "none", 0.4), ("duplicate", "none", 0.01), ("failed", "deadline", 0.01),
        ("failed", "invalid_field", 0.005), ("failed", "model_failed", 0.002), ("failed", "no_model", 0.001),
        ("called_off", "cancelled", 0.01), ("retried", "model_failed", 0.01), ("waiting", "none", 0.02),
        ("isolated", "none", 0.003), ("returned", "none", 0.002), ("given_away", "none", 0.001))
WORKER = [
    ("presslate_build_info", "gauge", [((("version", "0.1.0"), ("device", "cpu")), 1, 0)]),
    ("presslate_jobs_total", "counter", [((("outcome", o), ("reason", r)), n) for o, r, n in JOBS]),
    ("presslate_job_duration_seconds", "histogram",
     [(labels, rate, 20, SECONDS) for labels, rate in zip(each("outcome", ("done", "failed")), (0.4, 0.02))]),
    ("presslate_queue_wait_seconds", "histogram",
     [(labels, 0.2, 3 + 20 * i, SECONDS) for i, labels in enumerate(each("lane", ("urgent", "normal", "suspect")))]),
    ("presslate_stage_duration_seconds", "histogram",
     [((("stage", s), ("target", t)), 0.4, middle, SECONDS) for s, t, middle in STAGES]),
    ("presslate_slots", "gauge", [((), 8, 0)]),
    ("presslate_jobs_in_work", "gauge", [((), 5, 3)]),
    ("presslate_oldest_job_timestamp_seconds", "gauge", [((), -120, 90)]),
    ("presslate_redeliveries_total", "counter", [(labels, 0.01) for labels in each("lane", ("normal", "suspect"))]),
    ("presslate_results_total", "counter", list(zip(each("status", ("ok", "needs_review")), (0.37, 0.03)))),
    ("presslate_segments_total", "counter",
     [((("target", t), ("status", s)), n) for t in ("ko", "ru") for s, n in (("ok", 9), ("retried", 0.5), ("needs_review", 0.3))]),
    ("presslate_segment_cache_lookups_total", "counter", list(zip(each("outcome", ("hit", "miss")), (2, 7)))),
    ("presslate_segment_cache_bytes", "gauge", [((), 4e7, 1e7)]),
    ("presslate_findings_total", "counter",
     [((("code", c), ("severity", s), ("target", t)), n) for c, s, n in
      (("figures", "error", 0.03), ("name_varies", "notice", 0.1)) for t in ("ko", "ru")]),
    ("presslate_publish_duration_seconds", "histogram", [((), 0.4, 0.02, (0.001, 0.005, *SECONDS))]),
    ("presslate_publish_failures_total", "counter",
     [(labels, 0.002) for labels in each("reason", ("lost", "refused", "unroutable", "not_confirmed"))]),
    ("presslate_settlements_lost_total", "counter", [((), 0.002)]),
    ("presslate_broker_state", "gauge",
     [(labels, float(labels[0][1] == "up"), 0)
      for labels in each("state", ("connecting", "up", "blocked", "refusing", "down", "refused", "closed"))]),
    ("presslate_broker_sessions_total", "counter", [((), 0.001)]),
    ("presslate_drain_started_timestamp_seconds", "gauge", [((), -20, 0)]),
    ("presslate_ready", "gauge", [((), 1, 0)]),
    ("presslate_requests_waiting", "gauge", [((), 40, 30)]),
    ("presslate_batch_rows", "histogram", [(labels, 6, 9, COUNTS) for labels in each("model", MODELS)]),
    ("presslate_batch_tokens", "histogram", [(labels, 6, 60, COUNTS) for labels in each("model", MODELS)]),
    ("presslate_tokens_total", "counter",
     [((("model", m), ("kind", k)), n) for m in MODELS for k, n in (("prompt", 300), ("generated", 90))]),
    ("presslate_pass_duration_seconds", "histogram",
     [((("model", m), ("phase", p)), 6, middle, SECONDS) for m in MODELS
      for p, middle in (("prefill", 0.4), ("decode", 0.08))]),
    ("presslate_model_memory_bytes", "gauge", list(zip(each("model", MODELS), (3e8, 2.6e9), (0, 0)))),
    ("presslate_model_loads_total", "counter",
     [((("model", m), ("outcome", o)), n) for m in MODELS for o, n in (("loaded", 0.01), ("failed", 0.001))]),
    ("presslate_model_load_duration_seconds", "histogram",
     [(labels, 0.01, 3, SECONDS) for labels in each("model", MODELS)]),
    ("presslate_device_memory_total_bytes", "gauge", list(zip(each("device", ("cpu", "cuda:0")), (3.2e10, 8e10), (0, 0)))),
    ("presslate_device_memory_free_bytes", "gauge", list(zip(each("device", ("cpu", "cuda:0")), (2e10, 3e10), (2e9, 9e9)))),
    ("process_resident_memory_bytes", "gauge", [((), 3.4e9, 2e8)]),
    ("process_cpu_seconds_total", "counter", [((), 3.2)]),
    ("process_start_time_seconds", "gauge", [((), time.time() - 900, 0)]),
    ("process_open_fds", "gauge", [((), 60, 5)]),
    ("process_threads", "gauge", [((), 24, 1)]),
]
QUEUES = (("jobs", 30, 20), ("jobs.urgent", 2, 2), ("suspects", 1, 1), ("results", 6, 5), ("dead", 1, 0),
          ("retry.5s", 2, 1), ("control", 0, 0))
BROKER = [(f"rabbitmq_detailed_queue_{name}", "gauge",
           [((("vhost", "/"), ("queue", f"presslate.{q}")), share * mean, share * swing) for q, mean, swing in QUEUES])
          for name, share in (("messages_ready", 1), ("messages_unacked", 0.3))]
BROKER.append(("rabbitmq_detailed_queue_consumers", "gauge",
               [((("vhost", "/"), ("queue", f"presslate.{q}")), 1, 0) for q, *_ in QUEUES]))
ALARMS = [(f"rabbitmq_alarms_{name}_watermark", "gauge", [((), 0, 0)]) for name in ("memory_used", "free_disk_space")]

STARTED = time.time() - 3600


def line(name, labels, value):
    inside = ",".join(f'{key}="{text}"' for key, text in labels)
    return f"{name}{{{inside}}} {value}" if inside else f"{name} {value}"


def histogram(name, labels, count, middle, bounds):
    """Half of the values below the middle, nine tenths below some three times of it."""
    for bound in bounds:
        share = 1 / (1 + (middle / bound) ** 2)
        yield line(f"{name}_bucket", (*labels, ("le", bound)), int(count * share))
    yield line(f"{name}_bucket", (*labels, ("le", "+Inf")), int(count))
    yield line(f"{name}_sum", labels, int(count) * middle * 1.2)
    yield line(f"{name}_count", labels, int(count))


def page(metrics, now):
    age = now - STARTED
    wave = math.sin(age / 20)
    for name, kind, series in metrics:
        yield f"# TYPE {name} {kind}"
        for labels, *numbers in series:
            if kind == "histogram":
                rate, middle, bounds = numbers
                yield from histogram(name, labels, rate * age, middle, bounds)
            elif kind == "counter":
                yield line(name, labels, numbers[0] * age)
            else:
                mean, swing = numbers
                # A moment is said by how long ago it was.
                value = mean + swing * wave + (now if mean < 0 else 0)
                yield line(name, labels, value)


def serve(port, pages):
    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            metrics = pages.get(self.path.partition("?")[0])
            body = "\n".join(page(metrics or [], time.time())).encode() + b"\n"
            self.send_response(200 if metrics else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except BrokenPipeError:
                pass  # Prometheus waits a second at most.

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Answer)
    threading.Thread(target=server.serve_forever, name="stand-in", daemon=True).start()
    return server.server_address[1]


def start(worker_port=0, broker_port=0):
    """Both, in threads of their own; gives their ports."""
    return (serve(worker_port, {"/metrics": WORKER}),
            serve(broker_port, {"/metrics": ALARMS, "/metrics/detailed": BROKER}))


def families():
    """What it says of itself: the name and the type of each metric of a worker."""
    return {name: kind for name, kind, _ in WORKER}


if __name__ == "__main__":
    print(*start(int(sys.argv[1]), int(sys.argv[2])), flush=True)
    threading.Event().wait()
