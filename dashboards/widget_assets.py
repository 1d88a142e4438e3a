"""Which widget code the browser loads: of the installed JupyterLab extensions, what a page uses."""

from pathlib import Path
from typing import Any

from dashboards.pages import find_page

MAPS = "jupyter-leaflet"
WIDGET_EXTENSIONS = (
    "@jupyter-widgets/jupyterlab-manager",
    "@voila-dashboards/widgets-manager8",
    MAPS,
)
"""Those that draw widgets and maps; others that happen to be installed stay out."""


def only_used(page_config: dict[str, Any], notebook_path: str, **_: Any) -> dict[str, Any]:
    """The page's configuration without the code of maps where the page has none (half a MB)."""
    page = find_page(Path(notebook_path).name)
    if page is not None and page.has_map:
        return page_config
    extensions = page_config["federated_extensions"]
    kept = [extension for extension in extensions if extension["name"] != MAPS]
    return page_config | {"federated_extensions": kept}
