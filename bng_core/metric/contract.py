"""The JSON object of `bng metric` (§4.3): the contract, and what was added to it later."""

from dataclasses import asdict

from bng_core.metric.recompute import PRINTED_FIGURES, Recomputed
from bng_core.metric.records import Change, Headline, Metric
from bng_core.metric.requirement import requirement_json
from bng_core.terms import Distinctiveness, Module

Json = dict[str, object]


def metric_json(metric: Metric) -> Json:
    """The JSON object of `bng metric`; later keys: source, recomputed, differences, requirement."""
    return {
        "metric_version": metric.metric_version,
        "target": metric.target,
        **_results(metric.headline, (metric.trading_satisfied, metric.bands), metric.changes),
        "credits": metric.credits,
        "findings": [asdict(finding) for finding in metric.findings],
        "source": str(metric.source),
        "recomputed": None if metric.recomputed is None else recomputed_json(metric.recomputed),
        "differences": [
            {**asdict(difference), "by": difference.by} for difference in metric.differences
        ],
        "requirement": requirement_json(metric),
    }


def _results(
    headline: dict[Module, Headline],
    trading: tuple[bool, dict[Module, dict[Distinctiveness, bool]]],
    changes: list[Change],
) -> Json:
    satisfied, bands = trading
    return {
        "headline": {
            str(module): {name: getattr(line, name) for name in PRINTED_FIGURES}
            for module, line in headline.items()
        },
        "trading": {
            "satisfied": satisfied,
            "bands": {
                str(module): {str(band): met for band, met in lines.items()}
                for module, lines in bands.items()
            },
            "changes": [
                {
                    "module": str(change.module),
                    "band": str(change.distinctiveness),
                    "habitat": change.habitat,
                    "broad_habitat": change.broad_habitat,
                    "on_site": change.on_site,
                    "off_site": change.off_site,
                    "project": change.project,
                }
                for change in changes
            ],
        },
    }


def recomputed_json(recomputed: Recomputed) -> Json:
    """The recomputed results in the shape of the workbook's, with every row's units."""
    trading = (recomputed.trading.satisfied, recomputed.bands)
    return {
        **_results(recomputed.headline, trading, recomputed.changes),
        "credits": recomputed.credits,
        "gain_sites": [asdict(site) for site in recomputed.gain_sites],
        "rows": [
            {"sheet": row.sheet, "row": row.row, **row.cells, **row.result}
            for rows in recomputed.units.values()
            for row in rows
        ],
    }
