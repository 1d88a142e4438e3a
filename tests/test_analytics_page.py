"""What the analytics page draws of the sample's figures."""

import re
from datetime import date

import pytest

from bng_core.actor import SYSTEM
from bng_core.settings import PROJECT_ROOT
from bng_core.store.analytics import Period, open_analytics
from dashboards.ui.analytics_charts import TOPICS
from dashboards.ui.analytics_page import PeriodForm, Views, period_words, topic
from dashboards.ui.market_scarcity import listed_areas, scarcity_chart

SAMPLE = str(PROJECT_ROOT / "sample" / "analytics")


@pytest.fixture(scope="module")
def views() -> Views:
    analytics = open_analytics(SAMPLE, SYSTEM, Period(date(2026, 9, 1), date(2026, 11, 30)))
    return {view: (analytics.rows(view), analytics.explains(view)) for view in analytics.views()}


@pytest.mark.parametrize("title", TOPICS)
def test_every_chart_has_a_name_a_table_a_file_and_says_what_it_counts(
    views: Views, title: str
) -> None:
    html = topic(title, views)

    assert html.startswith(f"<h3>{title}</h3>")
    for drawing in TOPICS[title]:
        assert len(re.findall(rf'<title id="[^"]+">{re.escape(drawing.title)}<', html)) == 2
        assert f"{drawing.title} as CSV</a>" in html
        assert views[drawing.view][1] in html.replace("&gt;", ">").replace("&#x27;", "'")
    assert html.count("The chart as a table") == len(TOPICS[title])


def test_months_are_written_as_months_and_days_as_days(views: Views) -> None:
    months = re.findall(r'<th scope="row">([^<]+)</th>', topic("Revenue", views))

    assert months[:3] == ["Sep 2026", "Oct 2026", "Nov 2026"]
    assert '<th scope="row">1 Nov 2026</th>' in topic("Cache and queue", views)


def test_prices_have_a_line_for_each_account(views: Views) -> None:
    html = topic("Prices", views)

    for name in ("Area habitats", "Hedgerows", "Watercourses"):
        assert f'<th scope="col" class="bng-figure">{name}</th>' in html


def test_scarcity_leaves_out_habitats_without_sales_but_lists_them_by_area(views: Views) -> None:
    habitats, areas = views["scarcity"][0], views["scarcity_by_area"][0]

    assert "None" not in scarcity_chart(habitats)
    listing = listed_areas(areas)
    assert len(listing.rows) == len(areas)
    assert "no sales" in [row[-1] for row in listing.rows]


def test_a_blank_day_has_no_end() -> None:
    form = PeriodForm()
    form._since.value = form._until.value = None

    assert form.period() == Period()
    assert period_words(form.period()) == (
        "Figures from the first day until today. Stock by habitat is as it stands now."
    )
