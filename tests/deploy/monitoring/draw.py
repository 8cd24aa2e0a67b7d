"""Draws the dashboard as one page, panel by panel where gridPos has it: what to look at where there is no
Grafana. Numbers are the dashboard's own queries; colours and fonts are not Grafana's."""

import datetime
import html
import io
import re

import matplotlib

matplotlib.use("svg")
import matplotlib.dates  # noqa: E402
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib.ticker import FuncFormatter  # noqa: E402

from queries import Query  # noqa: E402

# Grafana's: pixels of a row of the grid, between rows, and of the page.
ROW, GAP, WIDTH = 30, 8, 1680
STYLE = f"""
body {{ margin: 16px; background: #111217; color: #ccccdc; font: 13px sans-serif; width: {WIDTH}px }}
main {{ display: grid; grid-template-columns: repeat(24, 1fr); grid-auto-rows: {ROW}px; gap: {GAP}px }}
section {{ background: #181b1f; border: 1px solid #2c3235; border-radius: 3px; padding: 6px 8px; overflow: hidden;
  min-width: 0 }}
h1 {{ font-size: 18px }} h2 {{ font-size: 15px; margin: 6px 0 0 }} h3 {{ font-size: 12px; margin: 0 0 4px }}
.value {{ font-size: 26px; line-height: 34px }} .value small {{ font-size: 12px; color: #8e8e9e }}
.empty {{ color: #8e8e9e; padding-top: 20px; text-align: center }}
table {{ border-collapse: collapse; width: 100% }} td, th {{ text-align: left; padding: 2px 6px; border-bottom: 1px solid #2c3235 }}
pre {{ white-space: pre-wrap; margin: 0; font-size: 11px }} svg {{ width: 100%; height: auto }}
"""
COLORS = {"green": "#73bf69", "orange": "#ff9830", "red": "#f2495c", "text": "#ccccdc"}


def in_unit(number, unit, decimals=None):
    """A number as a person reads it."""
    if unit == "percentunit":
        return f"{100 * number:.{1 if decimals is None else decimals}f} %"
    if unit == "bytes":
        for name in ("B", "KiB", "MiB", "GiB"):
            if abs(number) < 1024 or name == "GiB":
                return f"{number:.3g} {name}"
            number /= 1024
    if unit == "s":
        for least, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
            if abs(number) >= least:
                return f"{number / least:.3g} {name}"
        return f"{1000 * number:.3g} ms"
    if decimals is not None:
        return f"{number:.{decimals}f}"
    return f"{number:.3g}" if abs(number) < 1000 else f"{number:,.0f}"


def name_of(labels, legend):
    """What the legend says of a series."""
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found.group(1), ""), legend) or str(labels)


def series_of(panel, variables, ask):
    for target in panel.get("targets", []):
        query = Query("", variables.fill(target["expr"]), target["legendFormat"], target["instant"])
        for labels, points in ask(query):
            yield name_of(labels, query.legend), labels, points


def last_of(points):
    """The last number that is one; each series has some."""
    return [number for _, number in points if number == number][-1]


def color_of(number, defaults):
    steps = defaults["thresholds"]["steps"]
    reached = [step["color"] for step in steps if step["value"] is None or number >= step["value"]]
    return COLORS[reached[-1]]


def stat(panel, variables, ask):
    defaults = panel["fieldConfig"]["defaults"]
    shown = []
    for name, _, points in series_of(panel, variables, ask):
        last = last_of(points)
        text = html.escape(in_unit(last, defaults["unit"], defaults.get("decimals")))
        label = html.escape(name) if panel["options"]["textMode"] == "value_and_name" else ""
        shown.append(f'<div class="value" style="color: {color_of(last, defaults)}">{text} <small>{label}</small></div>')
    return "".join(shown)


def table(panel, variables, ask):
    rows = [labels for _, labels, _ in series_of(panel, variables, ask)]
    if not rows:
        return ""
    columns = ["alertname", "severity", "alertstate", "instance", "queue"]
    cells = ["".join(f"<td>{html.escape(row.get(column, ''))}</td>" for column in columns) for row in rows]
    head = "".join(f"<th>{column}</th>" for column in columns)
    return f"<table><tr>{head}</tr>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"


def plot(panel, variables, ask):
    found = sorted(series_of(panel, variables, ask), key=lambda series: series[0])
    if not found:
        return ""
    defaults, place = panel["fieldConfig"]["defaults"], panel["gridPos"]
    width = place["w"] * (WIDTH + GAP) / 24 - GAP - 18
    height = place["h"] * (ROW + GAP) - GAP - 34
    with plt.style.context("dark_background"):
        figure, axes = plt.subplots(figsize=(width / 72, height / 72), layout="constrained", facecolor="#181b1f")
        axes.set_facecolor("#181b1f")
        custom = defaults["custom"]
        moments = sorted({at for _, _, points in found for at, _ in points})
        clock = [datetime.datetime.fromtimestamp(at) for at in moments]
        rows = [[dict(points).get(at, float("nan")) for at in moments] for _, _, points in found]
        if custom["stacking"]["mode"] == "normal":
            axes.stackplot(clock, [[0 if n != n else n for n in row] for row in rows], alpha=0.6)
        else:
            for row in rows:
                axes.plot(clock, row, linewidth=1.2)
        labels = [f"{name}  {in_unit(last_of(points), defaults['unit'], defaults.get('decimals'))}"
                  for name, _, points in found]
        handles = axes.collections or axes.lines
        figure.legend(handles, labels, loc="outside lower center", ncols=max(1, min(3, int(width / 190))),
                      fontsize=7, frameon=False)
        # Room above what stays the same all the time.
        top = 1.1 * max((axes.dataLim.ymax, 1e-9))
        axes.set_ylim(bottom=defaults.get("min"), top=defaults.get("max") or top)
        axes.yaxis.set_major_formatter(FuncFormatter(lambda n, _: in_unit(n, defaults["unit"])))
        axes.xaxis.set_major_formatter(matplotlib.dates.DateFormatter("%H:%M:%S"))
        axes.xaxis.set_major_locator(matplotlib.dates.AutoDateLocator(maxticks=6))
        axes.tick_params(labelsize=7)
        axes.grid(color="#2c3235")
        image = io.StringIO()
        figure.savefig(image, format="svg")
        plt.close(figure)
    return image.getvalue().partition("<svg")[1] + image.getvalue().partition("<svg")[2]


def page(board, variables, ask, path):
    """Writes the page."""
    kinds = {"stat": stat, "table": table, "timeseries": plot}
    parts = []
    for panel in board["panels"]:
        place, title = panel["gridPos"], html.escape(panel["title"])
        where = (f"grid-column: {place['x'] + 1} / span {place['w']}; "
                 f"grid-row: {place['y'] + 1} / span {place['h']}")
        if panel["type"] == "row":
            parts.append(f'<h2 style="{where}">{title}</h2>')
            continue
        if panel["type"] == "text":
            body = f"<pre>{html.escape(panel['options']['content'])}</pre>"
        else:
            body = kinds[panel["type"]](panel, variables, ask)
        empty = panel["fieldConfig"]["defaults"].get("noValue", "No data")
        body = body or f'<div class="empty">{html.escape(empty)}</div>'
        parts.append(f'<section style="{where}" title="{html.escape(panel.get("description", ""))}">'
                     f"<h3>{title}</h3>{body}</section>")
    path.write_text(f'<!doctype html><meta charset="utf-8"><title>{html.escape(board["title"])}</title>'
                    f"<style>{STYLE}</style><h1>{html.escape(board['title'])}</h1><main>{''.join(parts)}</main>\n")
