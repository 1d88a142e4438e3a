"""A portfolio to fill in: both tables with an example each, and every official habitat name."""

import csv
import io
from collections.abc import Sequence

from bng_core.archive import pack
from bng_core.portfolio.folder import SITE_DEMAND, SITES, columns_of
from bng_core.reference import load_habitats
from bng_core.terms import NET_GAIN, Module

HABITATS = "habitats.csv"
"""For looking up only; no portfolio reads it."""
_SITE = ("Long Field", "South Oxfordshire LPA", "Upper Thames Clay Vales")
_LOSSES = (
    (_SITE[0], Module.AREA, "Grassland - Modified grassland", "1.20"),
    (_SITE[0], Module.AREA, NET_GAIN, "0.15"),
    (_SITE[0], Module.HEDGEROW, "Native hedgerow", "0.40"),
)


def portfolio_template() -> bytes:
    """A .zip that can be uploaded as it is: one invented development, to be overwritten."""
    sold = [habitat for habitat in load_habitats().by_label.values() if habitat.score]
    return pack(
        {
            SITES: _csv([columns_of(SITES), _SITE]),
            SITE_DEMAND: _csv([columns_of(SITE_DEMAND), *_LOSSES]),
            HABITATS: _csv([("module", "habitat"), *((h.module, h.label) for h in sold)]),
        }
    )


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    """As Excel opens it: UTF-8 with a byte order mark."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8-sig")
