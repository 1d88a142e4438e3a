"""Charts as drawings inside the page: bars and lines, with the same figures as a table and a CSV.

The colours are the stylesheet's, so that a chart follows light and dark. Each is drawn twice, for
wide and for narrow screens; the stylesheet shows one. Series differ by hatch or marker too.
"""

import io
import math
import re
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import count

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from dashboards.ui.downloads import Download, as_csv
from dashboards.ui.tables import Column, table
from dashboards.ui.text import counted

mpl.rcParams["svg.fonttype"] = "none"  # texts stay texts, in the font of the page

MOST_BARS = 12
WIDTHS = {"wide": 7.2, "narrow": 3.1}
"""Of the two drawings, in inches."""

LETTERS_PER_INCH = 12.5
LINE = 0.18
"""The height of a line of text, in inches."""

INK, SOFT, RULE, PAPER = "#010201", "#010202", "#010203", "#010204"
SERIES = ("#010211", "#010212", "#010213", "#010214", "#010215", "#010216")
STYLES = {
    INK: "--ink",
    SOFT: "--ink-soft",
    RULE: "--line",
    PAPER: "--paper",
    **{colour: f"--chart-{number}" for number, colour in enumerate(SERIES, 1)},
}
"""Colours that nothing else has -> the variables of the stylesheet that take their place."""

HATCHES = ("", "///", "\\\\\\", "---", "xx", "++")
MARKERS = ("o", "s", "^", "D", "v", "P")
_numbers = count(1)


@dataclass(frozen=True)
class Chart:
    """Figures by label, in one or more series; None where there is no figure.

    `heading` names what the labels are, `shown` writes a figure, `explains` says what it counts.
    """

    title: str
    heading: str
    labels: Sequence[str]
    series: Mapping[str, Sequence[float | None]]
    shown: Callable[[float], str]
    explains: str = ""


def bars(chart: Chart) -> str:
    """A bar for each label, its series one after the other; the first 12, all in the table."""
    largest = [f"{label}: {_figures(chart, place)}" for place, label in enumerate(chart.labels[:3])]
    order = ", then ".join(name.casefold() for name in chart.series)
    parts = f" Each bar is {order}." if len(chart.series) > 1 else ""
    cut = len(chart.labels) - MOST_BARS
    rest = f" The chart has the first {MOST_BARS}, the table all." if cut > 0 else ""
    chart = replace(chart, explains=f"{chart.explains}{parts}{rest}".strip())
    return _figure(chart, _draw_bars, f"The first are {'; '.join(largest)}.")


def lines(chart: Chart) -> str:
    """A line for each series over labels in order, such as months."""
    told = [_course(chart, name) for name in chart.series]
    return _figure(chart, _draw_lines, " ".join(told))


def _figure(chart: Chart, draw: Callable[[Chart, float], Figure], words: str) -> str:
    """Drawing, explanation, table and file; without figures only a sentence."""
    title, explains = escape(chart.title), escape(chart.explains)
    if not any(value is not None for values in chart.series.values() for value in values):
        return (
            f'<figure class="bng-chart"><figcaption><strong>{title}.</strong> '
            f"{explains}</figcaption><p>There is nothing to show yet.</p></figure>"
        )
    drawings = "".join(
        _inline(draw(chart, width), name, chart.title, words) for name, width in WIDTHS.items()
    )
    return (
        f'<figure class="bng-chart"><figcaption><strong>{title}.</strong> {explains}</figcaption>'
        f"{drawings}{_twin(chart)}</figure>"
    )


def _twin(chart: Chart) -> str:
    columns = [Column(chart.heading), *(Column(name, is_figure=True) for name in chart.series)]
    rows = [
        [label, *(_shown(chart, values[place]) for values in chart.series.values())]
        for place, label in enumerate(chart.labels)
    ]
    exact = [
        {chart.heading: label} | {name: values[place] for name, values in chart.series.items()}
        for place, label in enumerate(chart.labels)
    ]
    content = as_csv(exact, [chart.heading, *chart.series])
    slug = re.sub(r"[^a-z0-9]+", "-", chart.title.casefold()).strip("-")
    file = Download(f"{chart.title} as CSV", f"bng-{slug}.csv", "text/csv;charset=utf-8", content)
    summary = f"The chart as a table ({counted(len(rows), 'row')})"
    return (
        f"<details><summary>{summary}</summary>{table(chart.title, columns, rows)}</details>"
        f'<p class="bng-downloads">{file.html}</p>'
    )


def _figures(chart: Chart, place: int) -> str:
    """The figures of one label in words."""
    told = [
        f"{_shown(chart, values[place])} {name.casefold()}" if len(chart.series) > 1
        else _shown(chart, values[place])
        for name, values in chart.series.items()
    ]  # fmt: skip
    return ", ".join(told)


def _shown(chart: Chart, value: float | None) -> str:
    return "none" if value is None else chart.shown(value)


def _course(chart: Chart, name: str) -> str:
    """First, last and highest figure of a series."""
    known = [
        (value, label)
        for label, value in zip(chart.labels, chart.series[name], strict=True)
        if value is not None
    ]
    if not known:
        return f"{name}: no figures."
    (first, start), (last, end) = known[0], known[-1]
    highest, peak = max(known, key=lambda pair: pair[0])
    return (
        f"{name}: {chart.shown(first)} in {start}, {chart.shown(last)} in {end}; highest "
        f"{chart.shown(highest)} in {peak}."
    )


def _draw_bars(chart: Chart, width: float) -> Figure:
    """Above each bar what it is and its figures, so that no axis is needed."""
    letters = int(width * LETTERS_PER_INCH)
    texts = [
        textwrap.wrap(f"{label}: {_figures(chart, place)}", letters)
        for place, label in enumerate(chart.labels[:MOST_BARS])
    ]
    height = sum(LINE * len(text) + 0.3 for text in texts) + 0.05
    longest = max(_total(chart, place) for place in range(len(texts)))
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, longest * 1.005 or 1)
    axes.set_ylim(height, 0)
    top = 0.0
    for place, text in enumerate(texts):
        top += LINE * len(text)
        axes.text(0, top, "\n".join(text), va="bottom", fontsize=9, color=INK, linespacing=1.3)
        _bar(axes, chart, place, top + 0.1)
        top += 0.3
    return figure


def _bar(axes: Axes, chart: Chart, place: int, middle: float) -> None:
    start = 0.0
    for number, values in enumerate(chart.series.values()):
        value = values[place] or 0.0
        if value > 0:
            axes.barh(
                middle,
                value,
                left=start,
                height=0.13,
                color=SERIES[number % len(SERIES)],
                hatch=HATCHES[number % len(HATCHES)],
                edgecolor=PAPER,
                linewidth=0.6,
            )
        start += value


def _total(chart: Chart, place: int) -> float:
    return sum(values[place] or 0.0 for values in chart.series.values())


def _draw_lines(chart: Chart, width: float) -> Figure:
    legend = len(chart.series) if len(chart.series) > 1 else 0
    height = 2.1 + 0.2 * legend
    figure = Figure(figsize=(width, height))
    largest = max(v for values in chart.series.values() for v in values if v is not None)
    left, bottom = 0.2 + 0.075 * len(chart.shown(largest)), 0.32 + 0.2 * legend
    axes = figure.add_axes(
        (left / width, bottom / height, 1 - (left + 0.22) / width, 1 - (bottom + 0.12) / height)
    )
    for number, (name, values) in enumerate(chart.series.items()):
        axes.plot(
            range(len(values)),
            [math.nan if value is None else value for value in values],
            color=SERIES[number % len(SERIES)],
            marker=MARKERS[number % len(MARKERS)],
            markersize=4.5,
            label=name,
        )
    _set_axes(axes, chart, width)
    if legend:
        handles, names = axes.get_legend_handles_labels()
        figure.legend(
            handles, names, loc="lower left", fontsize=9, frameon=False, labelcolor=INK,
            borderaxespad=0.1,
        )  # fmt: skip
    return figure


def _set_axes(axes: Axes, chart: Chart, width: float) -> None:
    room = width / (0.15 + 0.075 * max(map(len, chart.labels)))  # labels side by side
    shown = range(0, len(chart.labels), max(1, math.ceil(len(chart.labels) / room)))
    axes.set_xticks(list(shown), [chart.labels[place] for place in shown], fontsize=9)
    axes.set_xlim(-0.3, max(len(chart.labels) - 0.7, 0.3))
    axes.set_ylim(bottom=0)
    figures = [value for values in chart.series.values() for value in values if value is not None]
    counts = all(float(value).is_integer() for value in figures)
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=counts))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: chart.shown(value)))
    axes.tick_params(colors=SOFT, labelcolor=INK, labelsize=9)
    axes.grid(axis="y", color=RULE)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(SOFT)


def _inline(figure: Figure, name: str, title: str, words: str) -> str:
    """The drawing as a piece of the page, with a name and a description."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    drawn = buffer.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    # metadata nobody reads; a style that would hold for the whole page
    drawn = re.sub(r"<(metadata|style).*?</\1>", "", drawn, flags=re.DOTALL)
    used = set(re.findall(r"(?:url\(|href=\")#([^)\"]+)", drawn))
    drawn = re.sub(
        r' id="([^"]+)"', lambda found: found[0] if found[1] in used else "", drawn
    )  # ids of matplotlib are the same in every drawing
    drawn = re.sub(r"font-family:[^;\"]*;?|(?<=px) '[^;\"]*(?=[;\"])", "", drawn)
    for colour, variable in STYLES.items():
        drawn = drawn.replace(colour, f"var({variable})")
    id_ = f"chart-{next(_numbers)}"
    start = (
        f'<svg class="bng-chart-{name}" role="img" aria-labelledby="{id_}" '
        f'aria-describedby="{id_}-desc" viewBox="{_view_box(drawn)}" stroke-linejoin="round">'
        f'<title id="{id_}">{escape(title)}</title><desc id="{id_}-desc">{escape(words)}</desc>'
    )
    return start + drawn[drawn.index(">") + 1 :]


def _view_box(drawn: str) -> str:
    found = re.search(r'viewBox="([^"]+)"', drawn)
    return found[1] if found else ""
