"""What can be asked of DID resolution, as a query says it."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did.key_document import KeyOptions
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.errors import DidResolutionError, SsiError

pytestmark = pytest.mark.spec("DID Resolution", "did-resolution-options")


@pytest.mark.parametrize(
    ("query", "options"),
    [
        ([], {}),
        ([("versionId", "2-Qm")], {"version_id": "2-Qm"}),
        ([("versionNumber", "12")], {"version_number": 12}),
        (
            [("versionTime", "2026-03-01T12:00:00Z")],
            {"version_time": datetime(2026, 3, 1, 12, tzinfo=UTC)},
        ),
        ([("expandRelativeUrls", "true")], {"expand_relative_urls": True}),
        (
            [("publicKeyFormat", "JsonWebKey"), ("enableEncryptionKeyDerivation", "true")],
            {
                "key": KeyOptions(
                    public_key_format="JsonWebKey", enable_encryption_key_derivation=True
                )
            },
        ),
        (
            [("enableExperimentalPublicKeyTypes", "false"), ("versionId", "1")],
            {"version_id": "1"},
        ),
    ],
)
def test_options_are_read(query: Any, options: Any):
    assert ResolutionOptions.parse(query) == ResolutionOptions(**options)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ([("versionNumber", "x")], "invalidOptions"),
        ([("versionNumber", "-1")], "invalidOptions"),
        ([("versionNumber", "")], "invalidOptions"),
        ([("versionNumber", "\u0661")], "invalidOptions"),
        ([("versionNumber", "9" * 5000)], "invalidOptions"),
        ([("versionTime", "yesterday")], "invalidOptions"),
        ([("versionId", "")], "invalidOptions"),
        ([("publicKeyFormat", "")], "invalidOptions"),
        ([("expandRelativeUrls", "1")], "invalidOptions"),
        ([("enableEncryptionKeyDerivation", "TRUE")], "invalidOptions"),
        ([("versionId", "1"), ("versionId", "1")], "invalidOptions"),
        ([("versionId", "1"), ("versionNumber", "1")], "invalidOptions"),
        ([("hl", "z")], "featureNotSupported"),
        ([("VersionId", "1")], "featureNotSupported"),
    ],
)
def test_what_is_no_option_or_no_value_is_refused_by_name(query: Any, error: str):
    with pytest.raises(DidResolutionError) as refused:
        ResolutionOptions.parse(query)

    assert refused.value.error == error


def test_a_method_without_versions_has_none():
    ResolutionOptions().require_no_version()

    with pytest.raises(DidResolutionError) as refused:
        ResolutionOptions(version_number=0).require_no_version()
    assert refused.value.error == "featureNotSupported"


_NAMES = st.sampled_from(["versionId", "versionTime", "versionNumber", "publicKeyFormat", "x"])


@given(st.lists(st.tuples(_NAMES | st.text(), st.text())))
def test_junk_raises_only_our_own_errors(query: Any):
    with suppress(SsiError):
        ResolutionOptions.parse(query)
