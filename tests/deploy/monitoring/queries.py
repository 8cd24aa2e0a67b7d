"""The queries of the dashboard, with variables put in as Grafana does it, and those of the rules."""

import dataclasses
import json
import re

from server import SHIPPED

DASHBOARD = SHIPPED / "grafana/dashboards/presslate.json"
# Names of metrics of ours, of the broker's, and those that Prometheus makes itself.
NAME = r"(?:presslate|process|rabbitmq|queue:presslate)[a-z0-9_:]*|ALERTS|up"
SELECTOR = re.compile(rf"(?<![\w:\"$.{{,=~-])({NAME})(?![\w:\"(])(\{{(?:[^}}\"]|\"(?:[^\"\\]|\\.)*\")*\}})?")


@dataclasses.dataclass
class Query:
    """One thing to ask."""

    where: str
    expr: str
    legend: str = ""
    # One moment, not a range.
    instant: bool = False
    may_be_empty: bool = False

    def selectors(self):
        """The metrics it reads, each with its labels as they are matched."""
        # What is summed or joined by are names of labels.
        plain = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", self.expr)
        return [name + (labels or "") for name, labels in SELECTOR.findall(plain)]


def dashboard():
    """The dashboard itself."""
    return json.loads(DASHBOARD.read_text())


def seconds(number):
    """A duration as Prometheus reads it."""
    return f"{max(1, round(number))}s"


def escaped(value):
    """As Grafana puts one of several values into a regular expression inside a string."""
    return re.sub(r"[\\^$*+?.()|\[\]{}]", lambda found: "\\\\" + found.group(), value)


class Variables:
    """Values of a dashboard's variables for a look at `window` seconds in steps of `step`."""

    def __init__(self, board, prometheus, window, step, scrape=1):
        self.values = {
            "__interval": seconds(step),
            "__interval_ms": str(round(step * 1000)),
            "__range": seconds(window),
            "__range_s": str(round(window)),
            "__rate_interval": seconds(max(step + scrape, 4 * scrape)),
        }
        for variable in board["templating"]["list"]:
            name = variable["name"]
            if variable["type"] == "textbox":
                self.values[name] = variable["query"]
            elif variable["type"] == "query":
                self.values[name] = self.choose_all(variable, prometheus)
            elif variable["type"] != "datasource":
                raise SystemExit(f"the variable {name} is of a type that is not known here: {variable['type']}")

    @staticmethod
    def choose_all(variable, prometheus):
        query = variable["query"]["query"]
        metric, label = re.fullmatch(r"label_values\((.+), (\w+)\)", query).groups()
        found = prometheus.wait_for(
            f"values of the variable {variable['name']}",
            lambda: prometheus.get(f"label/{label}/values", **{"match[]": metric}))
        return "(" + "|".join(map(escaped, found)) + ")"

    def fill(self, text):
        def value(found):
            name = found.group(1) or found.group(2)
            if name not in self.values:
                raise SystemExit(f"no variable {name} for: {text}")
            return self.values[name]

        return re.sub(r"\$(?:(\w+)|\{(\w+)\})", value, text)


def of_dashboard(board, variables):
    """Every query of a panel or an annotation."""
    row = ""
    for panel in board["panels"]:
        if panel["type"] == "row":
            row = panel["title"]
        for target in panel.get("targets", []):
            yield Query(f"{row} / {panel['title']} / {target['refId']}", variables.fill(target["expr"]),
                        target["legendFormat"], target["instant"])
    for annotation in board["annotations"]["list"]:
        if "expr" in annotation:
            yield Query(f"annotation / {annotation['name']}", variables.fill(annotation["expr"]))


def of_rules(prometheus):
    """Every query of the rules, and what Prometheus itself says is wrong with them."""
    for group in prometheus.ask("rules")["groups"]:
        for rule in group["rules"]:
            where, alert = f"{group['name']} / {rule['name']}", rule["type"] == "alerting"
            yield Query(where, rule["query"], may_be_empty=alert), rule
