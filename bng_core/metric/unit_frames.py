"""Units of many rows at once: a frame of input rows in, the same rows with their results out.

For analysts: the rows of one development or of thousands, of gain sites or of what-ifs, without a
workbook. The rows are worked out one after another by the same functions as a workbook's (§7.2);
the frame is the form, not another engine.
"""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd

from bng_core.errors import BadInput
from bng_core.metric import layout
from bng_core.metric.input_rows import filled_row
from bng_core.metric.input_tables import InputRow, Inputs, Key
from bng_core.metric.units import SCOPES, UnitRow, Units, listed, work_out

_PLACE = ("development", "scope", "table")
_KEYS = {f"{scope}.{table}" for scope, table in layout.input_tables()}


def units_frame(units: Units) -> pd.DataFrame:
    """All rows as one frame: scope, table, sheet, row, inputs and results by field."""
    return pd.DataFrame(
        [
            {"scope": key[0], "table": key[1], "sheet": row.sheet, "row": row.row}
            | dict(row.cells)
            | dict(row.result)
            for key, rows in units.items()
            for row in rows
        ]
    )


def work_out_frame(rows: pd.DataFrame) -> pd.DataFrame:
    """Official cells of every input row, in the index and order of the given frame.

    Columns: `scope` ("onsite", "offsite"), `table` ("area_baseline", "hedge_creation", ...), and
    the fields of input_columns.csv, sizes in hectares or kilometres; drop-down texts in full or in
    short ("low", "inside"). A blank, None or NaN, is a blank cell. An optional `development` keeps
    developments apart. An enhancement row has `baseline_ref`, the index of its baseline row.
    Results are named as in unit_columns.csv; units are before the SRM, `units_x_srm` after it.

    Raises BadInput for a missing or unknown scope, table or baseline_ref, or an index that repeats.
    """
    _check(rows)
    apart = "development" in rows
    grouped = rows.groupby("development", sort=False, dropna=False) if apart else [("", rows)]
    results: dict[Any, dict[str, Any]] = {}
    for _, development in grouped:
        results |= dict(_results(development))
    found = pd.DataFrame.from_dict(results, orient="index").reindex(rows.index)
    return rows.join(found.drop(columns=[c for c in found if c in rows]))


def _check(rows: pd.DataFrame) -> None:
    for column in _PLACE[1:]:
        if column not in rows:
            raise BadInput(f"The frame has no column {column}; expected scope, table and fields.")
    if not rows.index.is_unique:
        raise BadInput("The frame's index repeats itself: give every row an index of its own.")
    for index, scope, table in zip(rows.index, rows["scope"], rows["table"], strict=True):
        if f"{scope}.{table}" not in _KEYS:
            raise BadInput(
                f"Row {index} is in {scope}.{table}; expected {' or '.join(SCOPES)}, and a table "
                "such as area_baseline, hedge_creation or watercourse_enhancement."
            )


def _results(rows: pd.DataFrame) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The results of one development's rows, by their index."""
    places: dict[Key, list[Any]] = {key: [] for key in layout.input_tables()}
    records = zip(rows.index, rows.to_dict("records"), strict=True)
    cells = {index: _cells(row) for index, row in records}
    for index, row in cells.items():
        places[row["scope"], row["table"]].append(index)
    for (scope, table), indices in places.items():
        if table.endswith("_enhancement"):
            baseline = places[scope, table.replace("_enhancement", "_baseline")]
            order = {index: i for i, index in enumerate(baseline)}
            places[scope, table] = sorted(indices, key=partial(_position, cells, order))
    yield from _worked_out(places, cells)


def _cells(row: dict[Any, Any]) -> dict[str, Any]:
    return {str(name): value for name, value in row.items() if not pd.isna(value)}


def _position(cells: dict[Any, dict[str, Any]], order: dict[Any, int], index: Any) -> int:
    reference = cells[index].get("baseline_ref")
    if reference not in order:
        raise BadInput(
            f"Row {index} is an enhancement of {reference or 'blank'!r}, which is the index of no "
            "baseline row of its development, scope and kind."
        )
    return order[reference]


def _worked_out(
    places: dict[Key, list[Any]], cells: dict[Any, dict[str, Any]]
) -> Iterator[tuple[Any, dict[str, Any]]]:
    inputs: Inputs = {}
    for key, indices in places.items():
        fields, first = layout.input_tables()[key].columns, layout.input_tables()[key].first_row
        inputs[key] = [
            InputRow(
                first + i,
                filled_row(key[1], {n: v for n, v in cells[index].items() if n in fields}),
            )
            for i, index in enumerate(indices)
        ]
    units = work_out(inputs)
    for key, indices in places.items():
        _check_listing(key, indices, units)
        first = layout.input_tables()[key].first_row
        by_row: dict[int, UnitRow] = {row.row: row for row in units[key]}
        for i, index in enumerate(indices):
            yield index, dict(by_row[first + i].result)


def _check_listing(key: Key, indices: list[Any], units: Units) -> None:
    """Every enhanced baseline row needs its enhancement: the tool pairs them by their order."""
    if not key[1].endswith("_enhancement"):
        return
    enhanced = len(listed(key, units[key[0], key[1].replace("_enhancement", "_baseline")]))
    if enhanced != len(indices):
        raise BadInput(
            f"{key[0]}.{key[1]} has {len(indices)} rows, and {enhanced} baseline rows have an "
            "enhanced part: give one enhancement row for each."
        )
