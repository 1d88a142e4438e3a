"""The habitats of the rulebook as rows, so that stock and prices can refer to them."""

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from bng_core.reference import load_habitats
from bng_core.store.tables_market import habitats


def write_habitats(connection: Connection) -> None:
    """Add and update the habitats of this release where they differ; those of earlier ones stay."""
    rows = [
        {
            "habitat": habitat.label,
            "module": habitat.module.value,
            "broad_habitat": habitat.broad_habitat,
            "distinctiveness": habitat.distinctiveness.value,
        }
        for habitat in load_habitats().by_label.values()
    ]
    present = connection.execute(select(*(habitats.c[name] for name in rows[0]))).mappings()
    known = [dict(row) for row in present]
    rows = [row for row in rows if row not in known]
    if not rows:
        return
    new = insert(habitats)
    values = {name: new.excluded[name] for name in rows[0] if name != "habitat"}
    connection.execute(new.on_conflict_do_update(index_elements=["habitat"], set_=values), rows)
