"""Whatever happens to a workbook's bytes, the reader answers with a metric or a MetricError."""

import io
import random
import zipfile

import pytest

from bng_core.errors import MetricError
from bng_core.metric import Metric, read_metric
from bng_core.metric.writer import metric_cells
from tests.metric_builders import (
    SCENARIO,
    a_binary_workbook,
    a_metric,
    an_archive,
    parts_of,
    some_results,
)

MUTATIONS = 100
READ_PARTS = ("xl/workbook.xml", "xl/_rels/workbook.xml.rels", "xl/sharedStrings.xml")


@pytest.fixture(scope="module")
def whole() -> bytes:
    return a_metric()


@pytest.fixture(scope="module")
def binary() -> dict[str, bytes]:
    return parts_of(a_binary_workbook(metric_cells(SCENARIO, some_results())))


def read(data: bytes) -> Metric | str:
    """The metric, or the sentence that refuses it; any other exception fails the test."""
    try:
        return read_metric(data, "f.xlsx")
    except MetricError as error:
        return str(error)


def flip_bytes(data: bytes, chance: random.Random, count: int) -> bytes:
    changed = bytearray(data)
    for _ in range(count):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


@pytest.mark.parametrize("seed", range(MUTATIONS))
def test_changed_bytes_of_the_file_never_break_the_reader(whole: bytes, seed: int) -> None:
    chance = random.Random(seed)
    data = flip_bytes(whole, chance, chance.choice([1, 3, 20, 200]))
    if chance.random() < 0.2:
        data = data[: chance.randrange(len(data))]

    read(data)


@pytest.mark.parametrize("seed", range(MUTATIONS))
def test_changed_parts_of_the_workbook_never_break_the_reader(whole: bytes, seed: int) -> None:
    """Inside the archive, where no checksum stands in front of the parser."""
    chance = random.Random(1000 + seed)
    parts = parts_of(whole)
    sheets = [part for part in parts if part.startswith("xl/worksheets/sheet")]
    for part in chance.sample([*READ_PARTS, *sheets], k=3):
        if part not in parts:
            continue
        change = chance.choice(["drop", "cut", "flip", "flip", "swap"])
        if change == "drop":
            del parts[part]
        elif change == "cut":
            parts[part] = parts[part][: chance.randrange(len(parts[part]))]
        elif change == "swap":
            parts[part] = parts[chance.choice(sorted(parts))]
        else:
            parts[part] = flip_bytes(parts[part], chance, chance.choice([1, 5, 50]))

    read(an_archive(parts))


@pytest.mark.parametrize("seed", range(MUTATIONS))
def test_changed_parts_of_a_binary_workbook_never_break_the_reader(
    binary: dict[str, bytes], seed: int
) -> None:
    chance = random.Random(2000 + seed)
    parts = dict(binary)
    for part in chance.sample(sorted(parts), k=3):
        parts[part] = flip_bytes(parts[part], chance, chance.choice([1, 5, 50]))

    read(an_archive(parts))


@pytest.mark.parametrize(
    "bytes_of",
    [
        lambda part: part.replace(b"<v>", b"<v>1e999"),
        lambda part: part.replace(b"<v>", b"<v>nan"),
        lambda part: part.replace(b't="n"', b't="s"'),
        lambda part: part.replace(b't="n"', b't="b"'),
        lambda part: part.replace(b't="n"', b't="d"'),
        lambda part: part.replace(b't="n"', b't="e"'),
        lambda part: part.replace(b'r="H', b'r="ZZZZZZZ'),
        lambda part: part.replace(b'r="H', b'r="0'),
        lambda part: part.replace(b"<row ", b"<row ></row><row "),
        lambda part: b"",
        lambda part: b"<worksheet/>",
        lambda part: part.decode().encode("utf-16"),
    ],
)
def test_odd_but_well_packed_sheets_never_break_the_reader(whole: bytes, bytes_of) -> None:
    parts = parts_of(whole)
    changed = {
        name: bytes_of(data) if name.startswith("xl/worksheets/sheet") else data
        for name, data in parts.items()
    }

    read(an_archive(changed))


def test_a_part_that_lies_about_its_size_is_damage(whole: bytes) -> None:
    data = bytearray(whole)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        directory = archive.start_dir
    # The central directory's entry of the list of sheets: its name is 46 bytes into the entry,
    # the unpacked size 24 bytes.
    size_at = whole.index(b"xl/workbook.xml", directory) - 46 + 24
    data[size_at : size_at + 4] = (16).to_bytes(4, "little")

    assert read(bytes(data)) == (
        "f.xlsx is damaged or incomplete and cannot be read: save it again in Excel or ask the "
        "sender for another copy."
    )
