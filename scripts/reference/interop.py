"""docs/reference/interop.md: who credentials cross with, and where a peer and we differ."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from scripts.reference.page import require_same, table

_PROJECT: Final = Path(__file__).resolve().parent.parent.parent
_PEERS: Final = _PROJECT / "tests" / "interop" / "peers"
_DISAGREEMENTS: Final = _PROJECT / "tests" / "interop" / "test_disagreements.py"

_SELECTIVE: Final = "issue, derive and verify, each at either side"
_PLAIN: Final = "issue and verify both ways; presentations with domain and challenge"
_DIGITAL_BAZAAR: Final = "tests/interop/test_digital_bazaar.py"
_OPENVC: Final = "tests/interop/test_openvc.py"
_ENVELOPES: Final = "tests/interop/test_envelopes.py"

# What crosses, in which direction, held by which tests; by the npm packages that it crosses with.
JAVASCRIPT: Final[Mapping[str, tuple[str, str, str]]] = {
    "@digitalbazaar/eddsa-rdfc-2022-cryptosuite": ("eddsa-rdfc-2022", _PLAIN, _DIGITAL_BAZAAR),
    "@digitalbazaar/eddsa-jcs-2022-cryptosuite": ("eddsa-jcs-2022", _PLAIN, _DIGITAL_BAZAAR),
    "@digitalbazaar/ecdsa-rdfc-2019-cryptosuite": (
        "ecdsa-rdfc-2019, P-256 and P-384",
        _PLAIN,
        _DIGITAL_BAZAAR,
    ),
    "@digitalbazaar/ecdsa-jcs-2019-cryptosuite": (
        "ecdsa-jcs-2019, P-256 and P-384",
        _PLAIN,
        _DIGITAL_BAZAAR,
    ),
    "@digitalbazaar/ecdsa-sd-2023-cryptosuite": ("ecdsa-sd-2023", _SELECTIVE, _DIGITAL_BAZAAR),
    "@digitalbazaar/bbs-2023-cryptosuite": ("bbs-2023", _SELECTIVE, _DIGITAL_BAZAAR),
    "@digitalbazaar/vc-bitstring-status-list": (
        "Bitstring Status List",
        "lists and entries both ways",
        "tests/interop/test_status_list_js.py",
    ),
    "@sd-jwt/sd-jwt-vc": (
        "SD-JWT VC, ES256 and EdDSA; Token Status List (JWT)",
        "issue, present with key binding and verify, each at either side; our lists read there",
        "tests/interop/test_sd_jwt_js.py",
    ),
    "@sd-jwt/core": ("vc+sd-jwt", "issue and verify both ways", _ENVELOPES),
    "jose": (
        "vc+jwt and vp+jwt, ES256, ES384 and EdDSA",
        "issue, present for an audience and verify, both ways",
        _ENVELOPES,
    ),
    "rdf-canonize": (
        "RDFC-1.0, after `jsonld`",
        "the same canonical form of every document",
        "tests/interop/test_rdfc.py",
    ),
}
# What those stand on, or are driven with.
_BENEATH: Final = frozenset(
    {
        "@digitalbazaar/bls12-381-multikey",
        "@digitalbazaar/data-integrity",
        "@digitalbazaar/ecdsa-multikey",
        "@digitalbazaar/ed25519-multikey",
        "@digitalbazaar/vc",
        "jsonld",
        "jsonld-signatures",
    }
)
# The same for packages of Python, each in as many rows as it has subjects.
PYTHON: Final[tuple[tuple[str, str, str, str], ...]] = (
    (
        "openvc-core",
        "eddsa-rdfc-2022, ecdsa-rdfc-2019",
        f"{_PLAIN}; on P-384 without blank nodes only",
        _OPENVC,
    ),
    ("openvc-core", "eddsa-jcs-2022, ecdsa-jcs-2019", "ours verify there", _OPENVC),
    (
        "openvc-core",
        "ecdsa-sd-2023",
        "issue and verify both ways; derived there only where no node lacks an id",
        _OPENVC,
    ),
    (
        "openvc-core",
        "SD-JWT VC, ES256 and EdDSA",
        "issue, present with key binding and verify, each at either side",
        "tests/interop/test_sd_jwt_openvc.py",
    ),
    (
        "openvc-core",
        "Bitstring Status List",
        "lists and entries both ways",
        "tests/interop/test_bitstring_status_list.py",
    ),
    ("openvc-core", "did:webvh 1.0", "our histories resolve there", "tests/interop/test_dids.py"),
    ("pycose", "vc+cose, ES256, ES384 and EdDSA", "issue and verify both ways", _ENVELOPES),
    (
        "sd-jwt",
        "SD-JWT",
        "issue, present and verify, each at either side",
        "tests/vectors/test_sd_jwt.py",
    ),
    (
        "didkit",
        "did:key, Ed25519 and P-256, on Python 3.11",
        "both ways; it has none of our forms of proof",
        "tests/interop/test_dids.py",
    ),
)


def render() -> str:
    """Return the tables of what crosses, and the list of where a peer and we disagree."""
    wanted = json.loads((_PEERS / "package.json").read_text("utf-8"))["dependencies"]
    require_same("npm packages", in_code=wanted, in_words={*JAVASCRIPT, *_BENEATH})
    headings = ["Package", "Version", "What", "How", "Tests"]
    javascript = table(headings, _javascript_rows())
    python = table(headings, _python_rows())
    beneath = ", ".join(f"`{name}` {_npm_version(name)}" for name in sorted(_BENEATH))
    disagreements = table(["What a peer does", "What decides", "Clause"], _differences())
    return (
        f"## JavaScript\n\n{javascript}\nBeneath them: {beneath}.\n\n"
        f"## Python\n\n{python}\n## Where a peer and we disagree\n\n{disagreements}"
    )


def _javascript_rows() -> Iterator[list[str]]:
    for name, (what, how, tests) in JAVASCRIPT.items():
        yield [f"`{name}`", _npm_version(name), what, how, f"`{tests}`"]


def _python_rows() -> Iterator[list[str]]:
    lock = (_PROJECT / "requirements-dev.lock").read_text("utf-8")
    for name, what, how, tests in PYTHON:
        found = re.search(rf"^{re.escape(name)}==([\w.]+)", lock, re.MULTILINE)
        version = "not locked" if found is None else found[1]
        yield [f"`{name}`", version, what, how, f"`{tests}`"]


def _npm_version(name: str) -> str:
    lock = json.loads((_PEERS / "package-lock.json").read_text("utf-8"))
    return str(lock["packages"][f"node_modules/{name}"]["version"])


def _differences() -> Iterator[list[str]]:
    """Yield what each test of a disagreement is called, its words, and its clauses."""
    for node in ast.parse(_DISAGREEMENTS.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            sentence = node.name.removeprefix("test_").replace("_", " ")
            words = (ast.get_docstring(node) or "").replace("\n", " ")
            yield [sentence, words, ", ".join(_clauses(node))]


def _clauses(node: ast.FunctionDef) -> Iterator[str]:
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.spec":
            yield " ".join(str(ast.literal_eval(argument)) for argument in mark.args)
