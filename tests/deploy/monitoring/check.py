"""Asks a Prometheus of its own everything that the dashboard, the recording rules and the alerts ask, and says
what has no answer. Its status is 0 when nothing is wrong.

    check.py --worker-metrics http://127.0.0.1:9464/metrics --rabbitmq http://127.0.0.1:15692 [--draw PAGE.html]
    check.py --stand-in [--draw PAGE.html]

With a running worker, have it work meanwhile: many things have no answer while nothing happens. It prints
`scraping` when it begins to look. What may be empty on a good day is in quiet.json, with the reason. With the
stand-in, which shows every series, nothing may be empty.
"""

import argparse
import json
import math
import re
import sys
import time
import urllib.parse
from pathlib import Path

import queries
import stand_in
from server import SHIPPED, Prometheus, Refused

WINDOW = 60


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worker-metrics", metavar="URL", help="a running worker's /metrics")
    parser.add_argument("--rabbitmq", metavar="URL", help="the broker's port of rabbitmq_prometheus; else a stand-in")
    parser.add_argument("--stand-in", action="store_true", help="a stand-in for both")
    parser.add_argument("--reference", metavar="FILE", default=SHIPPED.parent / "METRICS.md", type=Path)
    parser.add_argument("--patience", metavar="SECONDS", default=300, type=float,
                        help="how long to wait for what has no answer yet [300]")
    parser.add_argument("--draw", metavar="PAGE", type=Path, help="draw the dashboard, as it would look")
    given = parser.parse_args()
    if given.stand_in == bool(given.worker_metrics):
        parser.error("either --worker-metrics or --stand-in")
    return given


def reference(path):
    """Names and types of the metrics that a worker has, by the table of the reference."""
    rows = re.findall(r"(?m)^\| `(\w+)` \| (\w+) \|", path.read_text())
    if not rows:
        raise SystemExit(f"{path}: no rows such as | `presslate_jobs_total` | counter | …")
    return dict(rows)


def known(name, families):
    """Whether a worker has such a series."""
    base = re.sub(r"_(bucket|sum|count)$", "", name)
    return name in families and families[name] != "histogram" or families.get(base) == "histogram" and base != name


def place(url):
    """Host and port of a URL, whose path is the one that prometheus.yml asks."""
    parts = urllib.parse.urlsplit(url)
    if parts.path.rstrip("/") not in ("", "/metrics"):
        raise SystemExit(f"{url}: only /metrics is asked")
    return parts.netloc


def answers(prometheus, query, now):
    """Series of numbers, without those that are not one."""
    if query.instant:
        found = prometheus.ask("query", query=query.expr, time=now)
        series = [(s["metric"], [s["value"]]) for s in found["result"]]
    else:
        found = prometheus.ask("query_range", query=query.expr, start=now - WINDOW, end=now, step=1)
        series = [(s["metric"], s["values"]) for s in found["result"]]
    series = [(labels, [(at, float(n)) for at, n in points]) for labels, points in series]
    return [s for s in series if not all(math.isnan(n) for _, n in s[1])]


class Quiet:
    """What may be empty on a good day."""

    def __init__(self, entries):
        self.entries = entries

    def why(self, query, selectors):
        for entry in self.entries:
            if entry.get("query", query) != query:
                continue
            if "selector" not in entry or any(matches(entry["selector"], s) for s in selectors):
                return entry["why"]
        return None


def matches(wanted, selector):
    """Whether a selector asks for what the wanted one does, or for less of it."""
    name, _, labels = wanted.partition("{")
    asked = selector.partition("{")[0]
    return asked == name and all(label in selector for label in re.findall(r'\w+[=!~]+"[^"]*"', labels))


def check_names(asked, families, reference_name):
    """What a query reads and a worker does not have. Of the broker's, the answers tell."""
    for query in asked:
        selectors = query.selectors()
        if not selectors:
            yield f"{query.where}: no metric found in {query.expr}"
        for name in (selector.partition("{")[0] for selector in selectors):
            if name.startswith(("presslate_", "process_")) and not known(name, families):
                yield f"{query.where}: {name} is not in {reference_name}"


def ask_until_answered(prometheus, asked, quiet, patience):
    """Asks for everything until it has an answer; gives what is wrong, and what is quiet with a reason."""
    missing, wrong = {query.where: query for query in asked}, []
    reasons = {query.where: quiet.why(query.where, query.selectors()) for query in asked}
    until = time.monotonic() + patience
    while True:
        now = time.time()
        for where, query in list(missing.items()):
            try:
                # An alert that does not fire has none; it must only be no error.
                done = answers(prometheus, query, now) or query.may_be_empty
            except Refused as error:
                wrong.append(f"{where}: {error}\n    {query.expr}")
                done = True
            if done:
                del missing[where]
        if all(reasons[where] for where in missing) or time.monotonic() > until:
            break
        time.sleep(2)
    wrong += [f"{where}: no answer\n    {query.expr}" for where, query in missing.items() if not reasons[where]]
    return wrong, {where: reasons[where] for where in missing if reasons[where]}


def evaluated(prometheus):
    """The rules, once each has had its turn."""
    rules = list(queries.of_rules(prometheus))
    return rules if all(rule["health"] != "unknown" for _, rule in rules) else None


def main():
    given = arguments()
    families, board, wrong = reference(given.reference), queries.dashboard(), []
    listed = [] if given.stand_in else json.loads((Path(__file__).parent / "quiet.json").read_text())
    if given.stand_in:
        differ = sorted(set(stand_in.families().items()) ^ set(families.items()))
        wrong += [f"the stand-in and {given.reference.name} differ: {name}, {kind}" for name, kind in differ]
    worker, broker = (f"127.0.0.1:{port}" for port in stand_in.start())
    worker = place(given.worker_metrics) if given.worker_metrics else worker
    broker = place(given.rabbitmq) if given.rabbitmq else broker
    with Prometheus(worker, broker) as prometheus:
        print("scraping", *prometheus.targets(), flush=True)
        began = time.time()
        variables = queries.Variables(board, prometheus, WINDOW, 1)
        rules = prometheus.wait_for("the rules' first turn", lambda: evaluated(prometheus))
        wrong += [f"{query.where}: {rule.get('lastError')}" for query, rule in rules if rule["health"] != "ok"]
        asked = [*queries.of_dashboard(board, variables), *(query for query, _ in rules)]
        wrong += check_names(asked, families, given.reference.name)
        # The metrics alone are asked for too: an alert that reads a label which nobody sets is silent for ever.
        asked += [queries.Query(f"{query.where} / {selector}", selector)
                  for query in list(asked) for selector in dict.fromkeys(query.selectors())]
        failed, empty = ask_until_answered(prometheus, asked, Quiet(listed), given.patience)
        wrong += failed
        if given.draw:
            import draw  # Needs more than Python's own.

            prometheus.wait_for("a picture's worth of samples", lambda: time.time() - began > WINDOW)
            # One moment for all, as in Grafana: otherwise the points of a panel would not meet.
            now = round(time.time())
            draw.page(board, variables, lambda query: answers(prometheus, query, now), given.draw)
    for where, why in empty.items():
        print(f"quiet: {where}: {why}")
    for line in wrong:
        print(f"WRONG: {line}")
    print(f"{len(asked)} queries, {len(empty)} quiet, {len(wrong)} wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
