"""The statutory biodiversity metric workbook: reading, recomputing and writing it."""

from bng_core.metric.contract import metric_json
from bng_core.metric.records import Change, Finding, Headline, Metric, Severity, Source
from bng_core.metric.results import read_metric

__all__ = [
    "Change",
    "Finding",
    "Headline",
    "Metric",
    "Severity",
    "Source",
    "metric_json",
    "read_metric",
]
