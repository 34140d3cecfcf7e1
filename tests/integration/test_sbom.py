"""`make sbom` writes what the image is made of, as a valid CycloneDX document."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).parents[2]
VENV = Path(sys.executable).parents[1]


@pytest.fixture
def sbom(tmp_path: Path) -> str:
    path = tmp_path / "sbom.json"
    made = ("-o", ".venv/dev-ready", "-o", ".venv/shop-ready")  # the environment is there
    command = ("make", *made, "sbom", f"SBOM={path}", f"BIN={VENV / 'bin'}")
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=50)
    return path.read_text()


def test_the_sbom_is_valid_and_names_each_locked_package_with_its_hashes(sbom: str) -> None:
    document: Any = json.loads(sbom)
    version = SchemaVersion.from_version(document["specVersion"])
    assert JsonStrictValidator(version).validate_str(sbom) is None
    lock = (ROOT / "requirements-image.lock").read_text()
    components = {f"{each['name']}=={each['version']}": each for each in document["components"]}
    assert components.keys() == set(re.findall(r"^([\w.-]+==[^\s;]+)", lock, re.MULTILINE))
    for component in components.values():
        hashes = component["externalReferences"][0]["hashes"]
        assert all(each["content"] in lock for each in hashes)
        assert component["purl"].startswith("pkg:pypi/")


def test_the_sbom_says_whose_it_is_and_under_which_licence(sbom: str) -> None:
    component = json.loads(sbom)["metadata"]["component"]
    assert component["name"] == "coffeeshop"
    assert component["licenses"][0]["license"]["id"] == "Apache-2.0"
