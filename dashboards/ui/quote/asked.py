"""What a run was asked, in the words of the form."""

from datetime import date

from bng_core.metric import Source
from bng_core.preferences import Preferences
from bng_core.store import Run
from dashboards.ui.text import day

USES = {
    str(Source.WORKBOOK): "those saved in the workbook",
    str(Source.RECOMPUTED): "those recomputed from its rows",
}


def asked_facts(run: Run) -> dict[str, str]:
    """File, place, preferences, prices, and the reference of the run."""
    asked = run.parameters
    preferences = Preferences.of_json(asked["preferences"])
    stated = [preferences.words(name) for name in preferences.active()]
    facts = {
        "Workbook": run.input_name,
        "Local planning authority (LPA)": str(asked.get("lpa", "")),
        "National character area (NCA)": str(asked.get("nca", "")),
        "Waterbody": str(asked.get("waterbody") or "none given"),
        "Preferences": "; ".join(stated) or "none",
        "Contract size": str(asked["contract_size"]),
        "Prices of": day(date.fromisoformat(str(asked["on_date"]))),
        "Computed": day(run.created_at.date()),
        "Reference": str(run.run_id),
    }
    if use := asked.get("use"):
        facts["Figures that count"] = USES[str(use)]
    if discount := asked.get("charges", {}).get("discount_percent"):
        facts["Discount"] = f"{discount:g} % off the units"
    return facts
