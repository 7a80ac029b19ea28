import contextlib
import hashlib
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core import strict_json
from ssi_core.claim_path import WITHHELD
from ssi_core.credential.type_metadata import (
    MAX_EXTENDS,
    ClaimMetadata,
    SelectiveDisclosure,
    TypeMetadata,
    check,
    integrity_of,
    load,
    require_integrity,
)
from ssi_core.errors import MalformedError, ProofError, SsiError, UnavailableError

_SPEC = "draft-ietf-oauth-sd-jwt-vc"
_BASE: dict[str, Any] = {
    "vct": "https://example.com/base-type-metadata",
    "display": [{"locale": "en", "name": "Base"}],
    "claims": [
        {"path": ["name"], "display": [{"label": "Full Name", "locale": "en"}]},
        {"path": ["address", "city"], "display": [{"label": "City", "locale": "en"}]},
    ],
}
_CHILD: dict[str, Any] = {
    "vct": "https://example.com/custom-type-metadata",
    "extends": _BASE["vct"],
    "claims": [
        {"path": ["address", "city"], "display": [{"label": "Town", "locale": "en"}]},
        {"path": ["nationalities"], "display": [{"label": "Nationalities", "locale": "en"}]},
    ],
}


def _documents(*documents: Any) -> dict[str, bytes]:
    return {item["vct"]: strict_json.render(item).encode() for item in documents}


def _type(*claims: Any) -> TypeMetadata:
    return TypeMetadata.parse({"vct": "urn:x", "claims": claims})


@pytest.mark.spec(_SPEC, "5.6.5")
def test_the_example_of_an_extended_type_has_the_claims_of_both():
    merged = load(_CHILD["vct"], _documents(_BASE, _CHILD))

    labels = {claim.path: claim.display[0].label for claim in merged.claims}
    assert labels == {
        ("name",): "Full Name",
        ("address", "city"): "Town",
        ("nationalities",): "Nationalities",
    }
    assert merged.vct == _CHILD["vct"]


@pytest.mark.spec(_SPEC, "5.5.2")
def test_a_type_without_a_display_of_its_own_inherits_one():
    own = {**_CHILD, "display": [{"locale": "en", "name": "Child"}]}

    assert load(_CHILD["vct"], _documents(_BASE, _CHILD)).title(locale="en") == "Base"
    assert load(_CHILD["vct"], _documents(_BASE, own)).title(locale="en") == "Child"


def _pair(base: Any, child: Any) -> TypeMetadata:
    return load(
        "urn:child",
        _documents(
            {"vct": "urn:base", "claims": [{"path": ["a"], **base}]},
            {"vct": "urn:child", "extends": "urn:base", "claims": [{"path": ["a"], **child}]},
        ),
    )


@pytest.mark.spec(_SPEC, "5.6.5.1")
@pytest.mark.parametrize(
    ("base", "child"),
    [
        ({"sd": "always"}, {"sd": "never"}),
        ({"sd": "always"}, {"sd": "allowed"}),
        ({"sd": "never"}, {"sd": "always"}),
        ({"mandatory": True}, {"mandatory": False}),
    ],
)
def test_an_override_that_is_forbidden_is_refused(base, child):
    with pytest.raises(MalformedError):
        _pair(base, child)


@pytest.mark.spec(_SPEC, "5.6.5.1")
@pytest.mark.parametrize(
    ("base", "child", "sd", "mandatory"),
    [
        ({}, {"sd": "always"}, "always", False),
        ({"sd": "allowed"}, {"sd": "never"}, "never", False),
        ({"sd": "always"}, {}, "always", False),
        ({"mandatory": True}, {}, "allowed", True),
        ({"mandatory": False}, {"mandatory": True}, "allowed", True),
    ],
)
def test_an_override_that_is_allowed_counts_and_the_rest_is_inherited(base, child, sd, mandatory):
    claim = _pair(base, child).claims[0]

    assert (claim.sd, claim.mandatory) == (sd, mandatory)


@pytest.mark.spec(_SPEC, "9.4")
def test_types_that_extend_each_other_are_refused():
    first = {"vct": "urn:a", "extends": "urn:b"}
    second = {"vct": "urn:b", "extends": "urn:a"}

    with pytest.raises(MalformedError):
        load("urn:a", _documents(first, second))


def test_a_chain_that_is_longer_than_allowed_is_refused():
    chain = [{"vct": f"urn:{i}", "extends": f"urn:{i + 1}"} for i in range(MAX_EXTENDS + 1)]

    with pytest.raises(MalformedError):
        load("urn:0", _documents(*chain))


@pytest.mark.spec(_SPEC, "5.7")
def test_a_document_that_was_not_collected_leaves_the_type_unknown():
    with pytest.raises(UnavailableError):
        load(_CHILD["vct"], _documents(_CHILD))


@pytest.mark.spec(_SPEC, "5.3")
def test_metadata_of_another_type_is_not_used():
    with pytest.raises(MalformedError):
        load("urn:wanted", {"urn:wanted": strict_json.render(_BASE).encode()})


@pytest.mark.spec(_SPEC, "6")
def test_the_bytes_of_a_type_and_of_what_it_extends_are_those_that_were_promised():
    base = strict_json.render(_BASE).encode()
    child = strict_json.render({**_CHILD, "extends#integrity": integrity_of(base)}).encode()
    documents = {_BASE["vct"]: base, _CHILD["vct"]: child}

    loaded = load(_CHILD["vct"], documents, integrity=integrity_of(child))
    assert loaded.vct == _CHILD["vct"]
    with pytest.raises(ProofError):
        load(_CHILD["vct"], {**documents, _BASE["vct"]: base + b" "})
    with pytest.raises(ProofError):
        load(_CHILD["vct"], documents, integrity=integrity_of(base))


def _sri(algorithm: str, data: bytes) -> str:
    return f"{algorithm}-{b64encode(hashlib.new(algorithm, data).digest()).decode()}"


@pytest.mark.spec(_SPEC, "6")
@pytest.mark.parametrize(
    "integrity",
    [
        _sri("sha256", b"x"),
        _sri("sha384", b"x"),
        _sri("sha512", b"x"),
        _sri("sha512", b"x") + "?option",
        _sri("sha256", b"x") + " " + _sri("sha256", b"y"),
        _sri("sha256", b"y") + " " + _sri("sha512", b"x"),
        "md5-eA== " + _sri("sha256", b"x"),
    ],
)
def test_the_strongest_promised_hash_decides(integrity):
    require_integrity(b"x", integrity)


@pytest.mark.spec(_SPEC, "6")
@pytest.mark.parametrize(
    "integrity",
    [
        "",
        "md5-eA==",
        "sha256",
        "sha256-",
        "sha256-!",
        _sri("sha256", b"y"),
        _sri("sha256", b"x") + " " + _sri("sha512", b"y"),
    ],
)
def test_a_promise_that_is_not_kept_or_not_understood_is_refused(integrity):
    with pytest.raises((ProofError, MalformedError)):
        require_integrity(b"x", integrity)


@pytest.mark.spec(_SPEC, "5.2")
@pytest.mark.parametrize(
    "change",
    [
        {"vct": None},
        {"vct": 1},
        {"name": 1},
        {"extends": []},
        {"extends#integrity": 1},
        {"display": {}},
        {"display": [1]},
        {"display": [{"locale": "en"}]},
        {"display": [{"name": "x"}]},
        {"claims": {}},
        {"claims": [1]},
        {"claims": [{}]},
        {"claims": [{"path": []}]},
        {"claims": [{"path": ["a"], "sd": "sometimes"}]},
        {"claims": [{"path": ["a"], "mandatory": "yes"}]},
        {"claims": [{"path": ["a"], "svg_id": "1a"}]},
        {"claims": [{"path": ["a"], "svg_id": ""}]},
        {"claims": [{"path": ["a"], "display": [{"locale": "en", "name": "x"}]}]},
        {"claims": [{"path": ["a"]}, {"path": ["a"]}]},
        {"claims": [{"path": ["a"], "svg_id": "x"}, {"path": ["b"], "svg_id": "x"}]},
    ],
    ids=repr,
)
def test_metadata_that_breaks_the_format_is_refused(change):
    with pytest.raises(MalformedError):
        TypeMetadata.parse({"vct": "urn:x", **change})


@pytest.mark.spec(_SPEC, "5.2")
def test_members_that_are_not_understood_are_kept():
    assert TypeMetadata.parse({**_BASE, "more": 1}).source["more"] == 1


@pytest.mark.spec(_SPEC, "5.6.2")
@pytest.mark.parametrize(
    ("locale", "label"),
    [("de-AT", "Befund AT"), ("de-DE", "Befund"), ("de", "Befund"), ("EN", "Code"), ("fr", "Code")],
)
def test_a_label_is_in_the_language_that_fits_best(locale, label):
    metadata = _type(
        {
            "path": ["codes", None, "display"],
            "display": [
                {"locale": "en", "label": "Code"},
                {"locale": "de", "label": "Befund"},
                {"locale": "de-AT", "label": "Befund AT"},
            ],
        }
    )

    assert metadata.labels(("codes", 3, "display"), locale) == label
    assert metadata.labels(("codes", 3), locale) is None


_ALWAYS, _NEVER = {"path": ["a"], "sd": "always"}, {"path": ["a"], "sd": "never"}


@pytest.mark.spec(_SPEC, "5.6.4")
@pytest.mark.parametrize(
    ("claim", "claims", "disclosed"),
    [
        (_ALWAYS, {"a": 1}, {("a",)}),
        (_ALWAYS, {}, set()),
        (_NEVER, {"a": 1}, set()),
        ({"path": ["a"]}, {"a": 1}, set()),
        ({"path": ["a"]}, {"a": 1}, {("a",)}),
        ({"path": ["a", "b"], "sd": "never"}, {"a": {"b": 1}}, {("a",)}),
        ({"path": ["a", None], "sd": "always"}, {"a": [WITHHELD, 1]}, {("a", 1)}),
    ],
    ids=repr,
)
def test_a_credential_that_follows_its_type_passes(claim, claims, disclosed):
    check(_type(claim), as_issued=claims, disclosed=disclosed, all_disclosed=False)


@pytest.mark.spec(_SPEC, "5.6.4")
@pytest.mark.parametrize(
    ("claim", "claims", "disclosed"),
    [
        (_ALWAYS, {"a": 1}, set()),
        (_NEVER, {"a": 1}, {("a",)}),
        ({"path": ["a", "b"], "sd": "always"}, {"a": {"b": 1}}, {("a",)}),
        ({"path": ["a", None], "sd": "never"}, {"a": [WITHHELD]}, set()),
        ({"path": ["a", "b"]}, {"a": "text"}, set()),
        ({"path": ["a", None]}, {"a": {}}, set()),
    ],
    ids=repr,
)
def test_a_credential_that_does_not_follow_its_type_is_refused(claim, claims, disclosed):
    with pytest.raises(MalformedError):
        check(_type(claim), as_issued=claims, disclosed=disclosed, all_disclosed=False)


@pytest.mark.spec(_SPEC, "5.6.3")
def test_a_holder_misses_every_mandatory_claim_and_a_verifier_only_what_is_never_withheld():
    withheld = _type({"path": ["a"], "mandatory": True})
    plain = _type({"path": ["a"], "mandatory": True, "sd": "never"})

    check(withheld, as_issued={}, disclosed=(), all_disclosed=False)
    with pytest.raises(MalformedError):
        check(withheld, as_issued={}, disclosed=(), all_disclosed=True)
    with pytest.raises(MalformedError):
        check(plain, as_issued={}, disclosed=(), all_disclosed=False)


def test_what_a_claim_may_be_is_what_the_specification_says_by_default():
    assert ClaimMetadata.parse({"path": ["a"]}, at="") == ClaimMetadata(
        path=("a",), mandatory=False, sd=SelectiveDisclosure.ALLOWED
    )


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("en"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["vct", "claims", "path", "display", "locale", "sd", "label"]), inner
        )
    ),
    max_leaves=15,
)


@given(st.dictionaries(st.sampled_from(["vct", "claims", "display", "extends"]), _JUNK))
def test_junk_raises_nothing_but_our_own_errors(document):
    with contextlib.suppress(SsiError):
        metadata = TypeMetadata.parse(document)
        check(metadata, as_issued=document, disclosed=(), all_disclosed=True)


@given(st.text())
def test_junk_as_integrity_raises_nothing_but_our_own_errors(integrity):
    with contextlib.suppress(SsiError):
        require_integrity(b"x", integrity)
