"""The pages: their addresses, names, and what a visitor must be allowed to do to open one."""

from dataclasses import dataclass

from bng_core.actor import Action, Actor


@dataclass(frozen=True)
class SitePage:
    """One page: `name` is that of its notebook and its address, `label` what the menu calls it.

    `has_map` lets the page load the code that draws maps.
    """

    name: str
    label: str
    action: Action
    has_map: bool = False

    @property
    def path(self) -> str:
        """The address on this site."""
        return f"/voila/render/{self.name}.ipynb"


PAGES = (
    SitePage("quote", "Quote", Action.OPTIMISE, has_map=True),
    SitePage("quotes", "Quotes", Action.SEE_OWN_QUOTES),
    SitePage("market", "Market", Action.SEE_MARKET, has_map=True),
    SitePage("portfolio", "Portfolio", Action.OPTIMISE),
    SitePage("analytics", "Analytics", Action.SEE_ANALYTICS),
    SitePage("admin", "Administration", Action.MANAGE_USERS),
)


def find_page(path: str) -> SitePage | None:
    """The page of a notebook's name, as it stands in an address."""
    return next((page for page in PAGES if path == f"{page.name}.ipynb"), None)


def menu(actor: Actor) -> list[SitePage]:
    """The pages that somebody may open."""
    return [page for page in PAGES if actor.may(page.action)]
