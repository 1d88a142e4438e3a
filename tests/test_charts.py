"""Charts: the same figures as drawing, words, table and file."""

import csv
import io
import re
from base64 import b64decode
from dataclasses import replace

from dashboards.ui.charts import STYLES, Chart, bars, lines

MONTHS = Chart(
    title="Quotes by month",
    heading="Month",
    labels=["Jan 2026", "Feb 2026", "Mar 2026"],
    series={"Made": [3, 5, 2], "Sold": [1, None, 2]},
    shown=lambda value: f"{value:,.0f}",
    explains="A thread of requotes counts once.",
)


def csv_of(html: str) -> list[list[str]]:
    data = re.search(r'href="data:text/csv;charset=utf-8;base64,([^"]+)"', html)
    assert data is not None
    return list(csv.reader(io.StringIO(b64decode(data[1]).decode("utf-8-sig"))))


def test_a_chart_has_a_name_a_description_its_table_and_its_file() -> None:
    html = lines(MONTHS)

    names = re.findall(r'role="img" aria-labelledby="([^"]+)" aria-describedby="([^"]+)"', html)
    assert len(names) == 2  # for wide and for narrow screens
    for title, description in names:
        assert f'<title id="{title}">Quotes by month</title>' in html
        assert (
            f'<desc id="{description}">Made: 3 in Jan 2026, 2 in Mar 2026; highest 5 in Feb 2026. '
            "Sold: 1 in Jan 2026, 2 in Mar 2026; highest 2 in Mar 2026.</desc>"
        ) in html
    assert csv_of(html) == [
        ["Month", "Made", "Sold"],
        ["Jan 2026", "3", "1"],
        ["Feb 2026", "5", ""],
        ["Mar 2026", "2", "2"],
    ]
    assert '<th scope="row">Feb 2026</th><td class="bng-figure">5</td>' in html
    assert "A thread of requotes counts once." in html


def test_a_figure_that_is_not_there_is_called_none_and_not_zero() -> None:
    assert '<td class="bng-figure">none</td>' in lines(MONTHS)


def test_each_bar_says_its_figures_and_the_caption_says_what_is_left_out() -> None:
    html = bars(
        replace(MONTHS, labels=[f"Habitat {i}" for i in range(20)], series={"Free": [1.0] * 20})
    )

    assert "Habitat 11: 1" in html
    assert "Habitat 12: 1" not in html
    assert "The chart has the first 12, the table all." in html
    assert len(csv_of(html)) == 21


def test_the_parts_of_a_bar_are_named_in_their_order() -> None:
    html = bars(replace(MONTHS, series={"Free": [1, 2, 3], "Held": [0, 1, 0]}))

    assert "Each bar is free, then held." in html
    assert "Jan 2026: 1 free, 0 held" in html


def test_no_figures_are_said_in_words_and_not_drawn() -> None:
    html = lines(replace(MONTHS, series={"Made": [None, None, None]}))

    assert "There is nothing to show yet." in html
    assert "<svg" not in html


def test_colours_follow_the_page_and_no_id_or_style_leaks_into_it() -> None:
    html = lines(MONTHS) + bars(MONTHS)

    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))
    assert not any(colour in html for colour in STYLES)
    assert "var(--chart-1)" in html
    assert "<style" not in html
    assert "http://www.w3.org" not in html.replace("http://www.w3.org/1999/xlink", "")


def test_names_in_a_chart_are_text_never_markup_nor_a_formula() -> None:
    script = "<script>alert('x')</script>"
    formula = "=1+1"

    html = bars(replace(MONTHS, title=script, labels=[script, formula, "c"]))

    assert "<script>" not in html
    assert csv_of(html)[2][0] == "'=1+1"
