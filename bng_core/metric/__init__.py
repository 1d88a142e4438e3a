"""The statutory biodiversity metric workbook: reading its results, writing its layout."""

from bng_core.metric.records import Change, Finding, Headline, Metric, Severity
from bng_core.metric.results import metric_json, read_metric

__all__ = ["Change", "Finding", "Headline", "Metric", "Severity", "metric_json", "read_metric"]
