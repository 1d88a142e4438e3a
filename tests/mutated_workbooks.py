"""Workbooks damaged, forged and hostile, from a seed: `python -m tests.mutated_workbooks 2000`.

Each is read as `bng metric` reads it, figures and words included. What must never happen: an
exception other than MetricError, more than 10 s, more than 500 MB. Batches run in processes of
their own, so that the memory of each is known.
"""

import io
import json
import multiprocessing
import random
import re
import resource
import sys
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator

from bng_core.console import metric_text
from bng_core.errors import MetricError
from bng_core.metric import Source, metric_json, read_metric
from bng_core.metric.writer import metric_bytes
from tests.metric_builders import parts_of
from tests.oracle.metric_scenarios import SCENARIOS

Chance = random.Random
Parts = dict[str, bytes]
MOST_SECONDS, MOST_MB = 10.0, 500.0
_BATCH = 20
_CELL = re.compile(rb'(<c r="[A-Z]+\d+"[^>]*?)( t="\w+")?>(?:<is><t>.*?</t></is>|<v>(.*?)</v>)')
_VALUES = [
    b"-1", b"0", b"1e308", b"-1e308", b"1e-320", b"nan", b"inf", b"", b"TRUE", b"#REF!", b"30+",
    b"Good", b"=1+1", b"=cmd|' /C calc'!A0", b"=HYPERLINK(&quot;http://x&quot;)", b"\xe2\x96\xb2",
    b"99999999999999999999", b"1,5", b"0x10", b"Yes", b"Pending", b" ",
]  # fmt: skip
_TYPES = [b' t="n"', b' t="s"', b' t="str"', b' t="b"', b' t="e"', b' t="d"', b""]
_ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(12))
    + b"]><worksheet><sheetData><row><c><v>&m;</v></c></row></sheetData></worksheet>"
)
_EXTERNAL = b'<!DOCTYPE w [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


def _sheets(parts: Parts) -> list[str]:
    return [name for name in parts if name.startswith("xl/worksheets/sheet")]


def _flip(data: bytes, chance: Chance) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 4, 30, 300])):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def change_bytes(data: bytes, chance: Chance) -> bytes:
    """Bytes of the file changed, some files cut off."""
    changed = _flip(data, chance)
    return changed[: chance.randrange(len(changed))] if chance.random() < 0.2 else changed


def change_parts(data: bytes, chance: Chance) -> bytes:
    """XML parts changed, dropped, cut, swapped."""
    parts = parts_of(data)
    for name in chance.sample(sorted(parts), k=3):
        change = chance.choice(["flip", "drop", "cut", "swap"])
        if change == "drop":
            del parts[name]
        elif change == "cut":
            parts[name] = parts[name][: chance.randrange(len(parts[name]) + 1)]
        elif change == "swap":
            parts[name] = parts[chance.choice(sorted(parts))]
        else:
            parts[name] = _flip(parts[name], chance)
    return _packed(parts)


def change_cells(data: bytes, chance: Chance) -> bytes:
    """Cells of other types and values, formula strings among them."""
    parts = parts_of(data)
    share = chance.choice([0.002, 0.02, 0.3])

    def other(match: re.Match[bytes]) -> bytes:
        if chance.random() > share:
            return match[0]
        value = chance.choice(_VALUES)
        formula = b"<f>%s</f>" % value if chance.random() < 0.2 else b""
        return match[1] + chance.choice(_TYPES) + b">" + formula + b"<v>" + value + b"</v>"

    for name in chance.sample(_sheets(parts), k=6):
        parts[name] = _CELL.sub(other, parts[name])
    return _packed(parts)


def stretch_sheets(data: bytes, chance: Chance) -> bytes:
    """Dimensions beyond all measure: far cells, cells without addresses, repeated rows."""
    parts = parts_of(data)
    name = chance.choice(_sheets(parts))
    far = chance.choice(
        [
            b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
            b'<row r="99999999999"><c r="A99999999999"><v>1</v></c></row>',
            b"<row>" + b"<c><v>1</v></c>" * chance.choice([1000, 200000]) + b"</row>",
            b'<row r="11"><c r="E11"><v>1</v></c></row>' * chance.choice([2, 50000]),
            b"<row>" * 20000,
        ]
    )
    parts[name] = parts[name].replace(b"</sheetData>", far + b"</sheetData>")
    return _packed(parts)


def inflate(data: bytes, chance: Chance) -> bytes:
    """Parts that unfold to hundreds of megabytes."""
    parts = parts_of(data)
    name = chance.choice([*_sheets(parts), "xl/sharedStrings.xml", "xl/media/image1.png"])
    size = chance.choice([30, 63, 65, 120]) * 1024 * 1024
    fill = chance.choice([b" ", b"<c/>", b"<si><t>x</t></si>"])
    parts[name] = parts.get(name, b"")[:-20] + fill * (size // len(fill))
    return _packed(parts)


def declare_entities(data: bytes, chance: Chance) -> bytes:
    """Entities that expand without end, or that name files."""
    parts = parts_of(data)
    targets = [*_sheets(parts), "xl/workbook.xml", "xl/_rels/workbook.xml.rels"]
    name = chance.choice(targets)
    if chance.random() < 0.5:
        parts[name] = _ENTITIES
    else:
        parts[name] = _EXTERNAL + parts[name].replace(b"<v>", b"<v>&x;")
    return _packed(parts)


def repeat_texts(data: bytes, chance: Chance) -> bytes:
    """One long shared text shown in very many cells."""
    parts = parts_of(data)
    long = chance.choice([1000, 1_000_000])
    text = b"<sst><si><t>" + b"x" * long + b"</t></si></sst>"
    parts["xl/sharedStrings.xml"] = text
    cell = b'<c t="s"><v>0</v></c>'
    rows = b"<row>" + cell * chance.choice([100, 50_000]) + b"</row>"
    name = chance.choice(_sheets(parts))
    parts[name] = parts[name].replace(b"</sheetData>", rows + b"</sheetData>")
    return _packed(parts)


def link_elsewhere(data: bytes, chance: Chance) -> bytes:
    """External links and macros, which are named or ignored and never followed or run."""
    parts = parts_of(data)
    target = chance.choice([b"http://127.0.0.1:9/x.xlsx", b"file:///etc/passwd", b"", b"%ff%00"])
    parts["xl/externalLinks/_rels/externalLink1.xml.rels"] = (
        b'<Relationships><Relationship Id="r" Target="' + target + b'"/></Relationships>'
    )
    parts["xl/vbaProject.bin"] = bytes(chance.randrange(256) for _ in range(200))
    if chance.random() < 0.3:
        rels = "xl/externalLinks/_rels/externalLink1.xml.rels"
        parts[rels] = _flip(parts[rels], chance)
    return _packed(parts)


KINDS: list[Callable[[bytes, Chance], bytes]] = [
    change_bytes,
    change_parts,
    change_cells,
    change_cells,
    change_cells,
    stretch_sheets,
    inflate,
    declare_entities,
    repeat_texts,
    link_elsewhere,
]


def _packed(parts: Parts) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def originals() -> list[bytes]:
    """Sound workbooks that use every sheet."""
    names = ("off_site_relations", "bespoke", "encroachment")
    return [metric_bytes(SCENARIOS[name]()) for name in names]


def mutated(whole: list[bytes], seed: int) -> bytes:
    """The workbook of a seed."""
    chance = random.Random(seed)
    return KINDS[seed % len(KINDS)](chance.choice(whole), chance)


def read_all(data: bytes) -> str:
    """Read it as `bng metric` does, by either figures; "read", or "refused" with a sentence."""
    answer = "refused"
    for use in (None, Source.RECOMPUTED):
        try:
            metric = read_metric(data, "f.xlsx", use)
        except MetricError:
            continue
        json.dumps(metric_json(metric), allow_nan=False)
        metric_text(metric)
        answer = "read"
    return answer


def _read_batch(batch: list[tuple[int, bytes]]) -> tuple[list[tuple[int, str, float]], float]:
    """Answers by seed with their seconds; failures are answers that begin with "FAILED"."""
    answers = []
    for seed, data in batch:
        started = time.perf_counter()
        try:
            answer = read_all(data)
        except Exception as error:  # the very thing that is looked for
            answer = f"FAILED {error!r}"
        answers.append((seed, answer, time.perf_counter() - started))
    return answers, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _batches(count: int) -> Iterator[list[tuple[int, bytes]]]:
    whole = originals()
    for first in range(0, count, _BATCH):
        seeds = range(first, min(first + _BATCH, count))
        yield [(seed, mutated(whole, seed)) for seed in seeds]


def main(count: int) -> int:
    """Read so many and print what came of it; 1 where something went wrong."""
    totals: Counter[str] = Counter()
    peak, slow = 0.0, (0.0, 0)
    failures: list[str] = []
    for batch in _batches(count):
        # A process of its own for every batch: its peak memory is that of reading alone.
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            answers, megabytes = pool.apply(_read_batch, (batch,))
        peak = max(peak, megabytes)
        for seed, answer, seconds in answers:
            slow = max(slow, (seconds, seed))
            totals[answer.split()[0]] += 1
            if answer.startswith("FAILED"):
                failures.append(f"seed {seed} ({KINDS[seed % len(KINDS)].__name__}): {answer}")
    kind = KINDS[slow[1] % len(KINDS)].__name__
    sys.stdout.write(
        f"{count} workbooks: {dict(totals)}; longest {slow[0]:.2f} s (seed {slow[1]}, {kind}),"
        f" peak {peak:.0f} MB\n" + "".join(f"{line}\n" for line in failures)
    )
    return 1 if failures or slow[0] > MOST_SECONDS or peak > MOST_MB else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
