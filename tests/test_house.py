"""The house around the code: environments, compose file, hooks, and what may lie in the tree."""

import os
import re
import subprocess
import sys
import tomllib
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from bng_core.errors import BadInput
from bng_core.settings import PROJECT_ROOT, load_settings
from flows.kernels import imports_of

MARKDOWN = {"README.md", "CHANGELOG.md", "bng_core/DESIGN.md"}
LARGEST_FILE_BYTES = 1_000_000


@cache
def tracked_files() -> list[Path]:
    """Files of the project, as git sees them, so without the environment and caches."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git working tree: what belongs to the project cannot be told")
    names = [name for name in listed.stdout.decode().split("\0") if name]
    return [PROJECT_ROOT / name for name in names if (PROJECT_ROOT / name).is_file()]


def project() -> dict[str, Any]:
    return tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text())["project"]


def direct_dependencies() -> list[str]:
    return project()["dependencies"] + project()["optional-dependencies"]["dev"]


def locked() -> dict[str, str]:
    lines = (PROJECT_ROOT / "requirements.lock").read_text().splitlines()
    pins = [Requirement(line) for line in lines if line and not line.startswith((" ", "#"))]
    return {
        canonicalize_name(pin.name): str(pin.specifier).removeprefix("==")
        for pin in pins
        if pin.marker is None or pin.marker.evaluate()
    }


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((PROJECT_ROOT / "docker-compose.yml").read_text()))


def test_environment_yml_and_pyproject_name_the_same_direct_dependencies() -> None:
    environment = yaml.safe_load((PROJECT_ROOT / "environment.yml").read_text())
    pip_part = next(part["pip"] for part in environment["dependencies"] if isinstance(part, dict))

    assert pip_part == direct_dependencies()


def test_every_direct_dependency_is_locked_at_a_version_that_it_allows() -> None:
    pins = locked()

    wrong = [
        text
        for text in direct_dependencies()
        if not Requirement(text).specifier.contains(pins[canonicalize_name(Requirement(text).name)])
    ]
    assert wrong == []


def test_what_is_installed_is_what_is_locked() -> None:
    assert {name: version(name) for name in locked()} == locked()


def test_compose_file_is_valid() -> None:
    checked = subprocess.run(
        [
            *(sys.executable, "-m", "check_jsonschema"),
            *("--builtin-schema", "vendor.compose-spec", "docker-compose.yml"),
        ],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_compose_services_depend_on_services_that_exist_and_report_their_health() -> None:
    services = compose()["services"]

    for service in services.values():
        for name, rule in service.get("depends_on", {}).items():
            assert name in services
            if rule["condition"] == "service_healthy":
                assert "healthcheck" in services[name]


def test_compose_opens_ports_on_the_loopback_address_only() -> None:
    ports = [
        port for service in compose()["services"].values() for port in service.get("ports", [])
    ]

    assert ports
    assert [port for port in ports if not re.fullmatch(r"127\.0\.0\.1:\d{1,5}:\d{1,5}", port)] == []


def test_compose_pins_every_image() -> None:
    images = [service["image"] for service in compose()["services"].values()]

    assert [image for image in images if not re.search(r":\d+\.\d+", image)] == []


def test_compose_holds_no_password_and_refuses_to_start_without_one() -> None:
    text = (PROJECT_ROOT / "docker-compose.yml").read_text()

    substitutions = re.findall(r"(?<!\$)\$\{[^}]*\}", text)
    assert substitutions
    assert [found for found in substitutions if ":?" not in found] == []
    secrets = re.findall(r"(?:PASSWORD|TOKEN|AUTH_STRING): (.*)", text)
    assert [found for found in secrets if "${" not in found] == []


def test_hooks_fetch_nothing() -> None:
    hooks = yaml.safe_load((PROJECT_ROOT / ".pre-commit-config.yaml").read_text())["repos"]

    assert [repo["repo"] for repo in hooks] == ["local"]
    assert {hook["language"] for hook in hooks[0]["hooks"]} == {"system"}


def test_the_only_markdown_is_the_agreed_documents() -> None:
    found = {
        path.relative_to(PROJECT_ROOT).as_posix()
        for path in tracked_files()
        if path.suffix == ".md" and path.name != "ORIGIN.md"
    }

    assert found <= MARKDOWN


def test_no_path_of_a_machine_stands_in_the_tree() -> None:
    pattern = re.compile(rb"(?<![\w.])/(?:work|root|home/(?!bng\b)\w+|Users)/\w")

    found = [
        f"{path.relative_to(PROJECT_ROOT)}: {match.group().decode()}"
        for path in tracked_files()
        if path.suffix not in {".xlsx", ".png"}
        for match in [pattern.search(path.read_bytes())]
        if match
    ]
    assert found == []


def test_no_file_is_large_and_none_is_a_workbook_or_map_of_others() -> None:
    large = [path.name for path in tracked_files() if path.stat().st_size > LARGEST_FILE_BYTES]
    foreign = [
        path.name
        for path in tracked_files()
        if path.suffix in {".xlsm", ".gpkg", ".shp", ".geojson"}
    ]

    assert large == []
    assert foreign == []


def test_the_scripts_of_the_house_may_be_run() -> None:
    for name in (".ci/run", ".ci/setup"):
        assert os.access(PROJECT_ROOT / name, os.X_OK)


def test_settings_take_the_environment_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody@elsewhere/bng")
    monkeypatch.setenv("CACHE_TTL", "60")

    settings = load_settings()

    assert settings.database_url == "postgresql://somebody@elsewhere/bng"
    assert settings.cache_ttl_seconds == 60
    assert settings.given == {"DATABASE_URL"}


def test_settings_of_a_machine_without_stack_are_empty(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BNG_DATA_DIR", str(tmp_path))

    settings = load_settings()

    assert settings.database_url is None
    assert settings.redis_url is None
    assert settings.prefect_api_url is None
    assert settings.cache_ttl_seconds == 43_200


def test_a_state_file_cut_short_counts_as_no_stack(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BNG_DATA_DIR", str(tmp_path))
    (tmp_path / "state.json").write_text('{"environment": {"DATABASE_URL": "postg')

    assert load_settings().database_url is None


def test_a_cache_ttl_that_is_no_number_of_seconds_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CACHE_TTL", "12h")

    with pytest.raises(BadInput) as refused:
        load_settings()

    assert str(refused.value) == (
        "CACHE_TTL is '12h'; expected a whole number of seconds above 0, such as 43200. "
        "Correct or unset it."
    )


MACHINERY = ("prefect", "papermill", "voila", "jupyter_server", "nbconvert", "fastapi")
"""What a page's kernel has no use for, and which takes more memory than the page itself."""


def test_no_kernel_of_a_page_loads_the_machinery_of_server_and_workers() -> None:
    pages = imports_of(*sorted((PROJECT_ROOT / "dashboards").glob("*.ipynb")))
    asked = f"{pages}\nimport sys; print(*sorted(set({MACHINERY}) & set(sys.modules)))"

    done = subprocess.run(
        [sys.executable, "-c", asked], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "\n"
