import zipfile
from datetime import date
from pathlib import Path

import pytest

from bng_core.demand import demand_of_file
from bng_core.errors import BadInput, PortfolioError
from bng_core.portfolio.folder import in_order_of_arrival, read_portfolio
from bng_core.settings import PROJECT_ROOT
from bng_core.terms import ContractSize
from tests.builders import MODIFIED, ORCHARD, TODAY

PLACE = "South Oxfordshire,Upper Thames Clay Vales"
HEAD = "site_id,lpa,nca"


def a_folder(folder: Path, sites: str, demand: str | None = None) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "sites.csv").write_text(sites, encoding="utf-8")
    if demand is not None:
        text = f"site_id,module,habitat,units\n{demand}"
        (folder / "site_demand.csv").write_text(text, encoding="utf-8")
    return folder


def fault(folder: Path) -> str:
    with pytest.raises(PortfolioError) as refused:
        read_portfolio(folder, TODAY)
    return str(refused.value).removeprefix(f"The portfolio {folder} cannot be used: ")


def test_each_site_has_its_own_place_day_size_and_demand(tmp_path):
    folder = a_folder(
        tmp_path,
        f"{HEAD},waterbody_id,on_date,contract_size\n"
        f"A,{PLACE},GB106039023233,2026-12-01,large\n"
        "B,Cornwall,Bodmin Moor,,,\n",
        f"A,area,{ORCHARD},1.5\nB,area,{MODIFIED},0.5\nB,area,Net gain,0.05\n",
    )

    first, second = read_portfolio(folder, TODAY)

    assert (first.site_id, first.on_date, first.contract_size) == (
        "A", date(2026, 12, 1), ContractSize.LARGE
    )  # fmt: skip
    assert (first.place.lpa, first.place.waterbody_id) == (
        "South Oxfordshire LPA",
        "GB106039023233",
    )
    assert {h: float(u) for h, u in first.demand.changes.items()} == {ORCHARD: -1.5}
    # 0.55 units make a small contract
    assert (second.on_date, second.contract_size) == (TODAY, ContractSize.SMALL)
    assert float(second.demand.units_required) == 0.55


def test_a_site_may_name_a_workbook_of_the_folder(tmp_path):
    sample = PROJECT_ROOT / "sample" / "metric.xlsx"
    folder = a_folder(tmp_path, f"{HEAD},metric\nA,{PLACE},metric.xlsx\n")
    (folder / "metric.xlsx").write_bytes(sample.read_bytes())

    (site,) = read_portfolio(folder, TODAY)

    assert site.demand == demand_of_file(sample)


def test_every_fault_of_every_file_is_told_at_once(tmp_path):
    folder = a_folder(
        tmp_path,
        f"{HEAD},on_date,contract_size,metric\n"
        f"A,{PLACE},1.12.2026,,\n"
        f"A,{PLACE},,huge,\n"
        ",Zzzzzz,Upper Thames Clay Vales,,,\n"
        f"D,{PLACE},,,none.xlsx\n"
        f"E,{PLACE},,,../metric.xlsx\n"
        f"F,{PLACE},,,\n",
        f"A,area,{ORCHARD},1\nA,area,Meadow of dreams,1\nX,area,{ORCHARD},1\nD,area,{ORCHARD},-1\n",
    )

    assert fault(folder).splitlines() == [
        "11 faults.",
        "  sites.csv line 4: site_id is blank; fill it in",
        "  sites.csv line 3: site_id A was used on an earlier line",
        "  sites.csv line 4: lpa: Local planning authority “Zzzzzz” is not in the tables."
        " Give its official name.",
        "  sites.csv line 2: on_date “1.12.2026”: expected a date such as 2026-11-24",
        "  sites.csv line 3: contract_size “huge”: expected one of auto, fractional, small, medium,"
        " large",
        "  site_demand.csv line 4: site_id X is not in sites.csv",
        "  site_demand.csv line 3: habitat “Meadow of dreams” is not among the area habitats of"
        " the statutory metric; expected an official name or “Net gain”",
        "  site_demand.csv line 5: units are “-1”: expected units, 0 to 1,000,000,000",
        "  sites.csv line 5: D has a workbook and lines in site_demand.csv; keep one",
        "  sites.csv line 6: metric: “../metric.xlsx” is not a file name; put the workbook into the"
        " folder itself.",
        "  sites.csv line 7: F has no lines in site_demand.csv; add them, or name its metric",
    ]


@pytest.mark.parametrize(
    ("sites", "demand", "message"),
    [
        ("", "", "1 fault.\n  sites.csv: is empty; expected a line of column names"),
        (f"{HEAD}\n", "", "1 fault.\n  sites.csv: has no lines; give at least one development"),
        ("site,lpa,nca\n", "", "1 fault.\n  sites.csv line 1: has no column site_id; found site,"),
        (
            f"{HEAD}\nA,{PLACE}\n",
            None,
            "1 fault.\n  site_demand.csv: is missing from the portfolio folder; add it",
        ),
    ],
)
def test_a_folder_without_developments_is_refused(tmp_path, sites, demand, message):
    folder = a_folder(tmp_path, sites, demand)

    assert fault(folder).startswith(message)


def test_a_folder_that_is_none_is_named(tmp_path):
    with pytest.raises(PortfolioError) as refused:
        read_portfolio(tmp_path / "none", TODAY)

    assert str(refused.value) == (
        f"The portfolio cannot be read: 1 fault.\n  {tmp_path / 'none'}: is not a folder; give the"
        " folder that holds sites.csv"
    )


def test_the_order_of_arrival_is_by_day_then_as_listed(tmp_path):
    folder = a_folder(
        tmp_path,
        f"{HEAD},on_date\nA,{PLACE},2026-12-01\nB,{PLACE},2026-11-01\nC,{PLACE},2026-11-01\n",
        "".join(f"{site},area,{ORCHARD},1\n" for site in "ABC"),
    )

    arrived = in_order_of_arrival(read_portfolio(folder, TODAY))

    assert [site.site_id for site in arrived] == ["B", "C", "A"]


def zipped(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path


def test_a_folder_may_be_sent_as_one_file(tmp_path):
    files = {
        "portfolio/sites.csv": f"{HEAD}\nA,{PLACE}\n",
        "portfolio/site_demand.csv": f"site_id,module,habitat,units\nA,area,{ORCHARD},1\n",
    }

    (site,) = read_portfolio(zipped(tmp_path / "portfolio.zip", files), TODAY)

    assert site.site_id == "A"


def test_nothing_is_written_outside_its_own_folder(tmp_path):
    packed = zipped(tmp_path / "a.zip", {"../../sites.csv": f"{HEAD}\n", "site_demand.csv": ""})

    with pytest.raises(PortfolioError):
        read_portfolio(packed, TODAY)

    assert [path.name for path in tmp_path.iterdir()] == ["a.zip"]


def test_an_archive_beyond_the_limits_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("bng_core.archive.MOST_BYTES", 1024**2)
    packed = zipped(tmp_path / "a.zip", {"sites.csv": "x" * 1024**2 + "x"})

    with pytest.raises(BadInput) as refused:
        read_portfolio(packed, TODAY)

    assert str(refused.value) == "a.zip holds more than 1 MB; send less at once."


def test_a_file_that_is_no_archive_is_named(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"none")

    with pytest.raises(BadInput) as refused:
        read_portfolio(tmp_path / "a.zip", TODAY)

    assert str(refused.value) == (
        "a.zip is not a readable .zip (File is not a zip file); pack the portfolio folder again."
    )
