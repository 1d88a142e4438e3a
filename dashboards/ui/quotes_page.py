"""The page of the quotes: the one that is open, the list, the customers."""

from dashboards.ui.customers import Customers
from dashboards.ui.opened_quote import OpenedQuote
from dashboards.ui.page import Page
from dashboards.ui.quote_finder import QuoteFinder
from dashboards.ui.site import Site
from dashboards.ui.text import note


class QuotesPage(Page):
    """Three sections, each in a cell of its own."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.opened = OpenedQuote(site)
        self.finder = QuoteFinder(site)
        self.customers = Customers(site)

    def begin(self) -> None:
        """Open the quote that the address names, list the others."""
        query = self.site.query
        if reference := query.get("quote"):
            self.opened.open(reference, query.get("run", ""))
        customer = query.get("customer", "")
        if customer.isascii() and customer.isdigit():
            self.notices.value = note("You see the quotes of one customer; the menu shows all.")
            self.finder.of_customer(int(customer))
        else:
            self.finder.begin()
        self.customers.begin()
