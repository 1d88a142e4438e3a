"""The page of the administrators: people, terms and rules, and what the program does."""

import ipywidgets as widgets

from dashboards.ui.api_keys import ApiKeys
from dashboards.ui.log_view import AuditLog
from dashboards.ui.operation import CachedAnswers, Runs
from dashboards.ui.page import Page
from dashboards.ui.promoters import Promoters
from dashboards.ui.site import Site
from dashboards.ui.stock_rules import Rulebook, StockRules
from dashboards.ui.users import Users


class AdminPage(Page):
    """Eight sections in three cells; each says by itself what went well or wrong."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self._users, self._keys = Users(site), ApiKeys(site)
        self._promoters, self._stock, self._rules = (
            Promoters(site),
            StockRules(site),
            Rulebook(site),
        )
        self._runs, self._cache, self._log = Runs(site), CachedAnswers(site), AuditLog(site)
        self.people = widgets.VBox([self._users.widget, self._keys.widget])
        self.terms = widgets.VBox([self._promoters.widget, self._stock.widget, self._rules.widget])
        self.operation = widgets.VBox([self._runs.widget, self._cache.widget, self._log.widget])

    def begin(self) -> None:
        """Load every section."""
        self._users.begin()
        self._keys.begin()
        self._promoters.begin()
        self._stock.begin()
        self._runs.begin()
        self._cache.begin()
        self._log.begin()
