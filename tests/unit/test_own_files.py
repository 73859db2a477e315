"""No test reads what a person changes: `make test` passes whatever params.yaml, datasets/ and reports/ hold."""

import re

from tests.conftest import ROOT

# Ways to the working tree's settings, results and list of tables. tests/conftest.py offers SETTINGS, shipped_config and
# DATASETS in their place, tests/pipeline/conftest.py a finished pipeline.
OWN = re.compile(
    r"""ROOT\s*/\s*(f?["'](params\.yaml|dvc\.lock|reports\b|data\b|models\b)|paths\.)"""
    r"""|(load_config|Result|whole_result|whole_lock|chdir)\(ROOT\b"""
    r"""|ROOT\s*/\s*["']datasets["']\)?\.(glob|iterdir)"""
)


def test_no_test_reads_what_a_person_changes() -> None:
    files = [file for file in (ROOT / "tests").rglob("*.py") if file.name != "test_own_files.py"]
    assert len(files) > 100
    found = {str(file.relative_to(ROOT)): OWN.findall(file.read_text(encoding="utf-8")) for file in files}
    assert {file for file, ways in found.items() if ways} == set()
