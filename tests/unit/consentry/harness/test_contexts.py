"""Which contexts the profile knows, and what a folder of further ones must look like."""

from pathlib import Path

import pytest

from consentry.harness.context_folder import read_contexts
from consentry.harness.contexts import harness_contexts, known_resources
from ssi_core.credential.contexts import CREDENTIALS_V2, bundled
from ssi_core.errors import MalformedError


def test_the_page_of_contexts_has_each_with_its_digest(project: Path) -> None:
    page = (project / "docs/reference/contexts.md").read_text(encoding="utf-8")
    contexts = harness_contexts()

    rows = [line for line in page.splitlines() if line.startswith("| `https")]

    assert len(rows) == len(contexts.urls())
    for url in contexts.urls():
        reader = "the product" if url in bundled() else "harness profile"
        row = next(row for row in rows if f"`{url}`" in row)
        assert contexts.digest(url) in row
        assert reader in row


def test_what_comes_with_the_product_cannot_be_replaced(tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text(f'{{"{CREDENTIALS_V2}": "own.jsonld"}}')
    (tmp_path / "own.jsonld").write_text('{"@context": {}}')

    contexts = harness_contexts().with_more(read_contexts(tmp_path))

    assert contexts.text(CREDENTIALS_V2) == bundled().text(CREDENTIALS_V2)


def test_a_related_resource_may_be_one_of_two_versions_of_the_base_context() -> None:
    known = known_resources(harness_contexts())

    assert len(known[CREDENTIALS_V2]) == 2
    assert known[CREDENTIALS_V2][0] == bundled().text(CREDENTIALS_V2)


@pytest.mark.parametrize(
    "index",
    ['{"https://x.example": "absent.jsonld"}', '{"https://x.example": "../x"}', "[]",
     '{"https://x.example": 7}', '{"https://x.example": ""}'],
)  # fmt: skip
def test_a_folder_that_lacks_what_its_index_lists_is_refused(tmp_path: Path, index: str) -> None:
    (tmp_path / "index.json").write_text(index)

    with pytest.raises(MalformedError):
        read_contexts(tmp_path)
