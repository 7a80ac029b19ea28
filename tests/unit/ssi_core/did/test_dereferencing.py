"""DID URLs: parts of a document, services, and paths of did:webvh."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did.dereferencing import (
    Dereferenced,
    Selection,
    dereference,
    dereferencing_failure,
    dereferencing_result,
    resolve_url,
)
from ssi_core.did.document import DidDocument
from ssi_core.did.resolution import Form, Resolution
from ssi_core.did.resolution_options import ResolutionOptions
from ssi_core.did.syntax import Did, DidUrl
from ssi_core.errors import DidResolutionError, NotFoundError, SsiError

pytestmark = pytest.mark.spec("DID Resolution", "dereferencing")

DID = "did:web:a.example"
TWO = ["https://b.example/x", {"uri": "https://c.example"}]
SOURCE: dict[str, Any] = {
    "@context": ["https://www.w3.org/ns/did/v1"],
    "id": DID,
    "verificationMethod": [
        {"id": f"{DID}#signs", "type": "Multikey", "controller": DID, "publicKeyMultibase": "z6Mk"},
        {"id": "#agrees", "type": "Multikey", "controller": DID, "publicKeyMultibase": "z6LS"},
    ],
    "assertionMethod": [f"{DID}#signs"],
    "authentication": [{"id": "#embedded", "type": "Multikey", "controller": DID}],
    "keyAgreement": ["#agrees"],
    "service": [
        {"id": "#files", "type": "LinkedFiles", "serviceEndpoint": "https://a.example/f/"},
        {"id": f"{DID}#two", "type": ["LinkedFiles", "X"], "serviceEndpoint": TWO},
        {"id": "#map", "type": "DIDComm", "serviceEndpoint": {"uri": "https://c.example"}},
        {"id": "#mail", "type": "Mail", "serviceEndpoint": "mailto:a@a.example"},
        {"id": "#header", "type": "Bad", "serviceEndpoint": "https://a.example/\r\nSet-Cookie: x"},
        {"id": "#fragment", "type": "Fragment", "serviceEndpoint": "https://a.example/#here"},
    ],
}
FOUND = Resolution(document=DidDocument.parse(SOURCE), metadata={"versionId": "1"})


def at(url: str, resolution: Resolution = FOUND, *, urls_wanted: bool = False, **selected: Any):
    selection, others = Selection.split(list(selected.items()))
    assert not others
    return dereference(DidUrl.parse(url), resolution, selection, urls_wanted=urls_wanted)


def refusal(url: str, **selected: Any) -> str:
    with pytest.raises(DidResolutionError) as refused:
        at(url, **selected)
    return refused.value.error


def test_a_bare_did_is_its_document():
    assert at(DID) == Dereferenced(content=SOURCE, metadata={"versionId": "1"})


@pytest.mark.parametrize(
    ("fragment", "found"),
    [
        ("signs", SOURCE["verificationMethod"][0]),
        ("agrees", SOURCE["verificationMethod"][1]),
        ("embedded", SOURCE["authentication"][0]),
        ("files", SOURCE["service"][0]),
        ("two", SOURCE["service"][1]),
    ],
)
def test_a_fragment_is_a_method_or_a_service_with_the_documents_context(fragment: str, found: Any):
    assert at(f"{DID}#{fragment}").content == {"@context": SOURCE["@context"], **found}


@pytest.mark.parametrize("fragment", ["nothing", "", "Signs", "did:web:a.example"])
def test_a_fragment_that_is_not_there_is_not_found(fragment: str):
    assert refusal(f"{DID}#{fragment}") == "notFound"


def test_a_method_is_authorised_for_what_it_is_asked_for():
    found = at(f"{DID}#signs", verificationRelationship="assertionMethod").content

    assert found is not None
    assert found["id"] == f"{DID}#signs"
    assert at(f"{DID}#embedded", verificationRelationship="authentication").content
    wrong = "invalidRelationshipForVerificationMethod"
    assert refusal(f"{DID}#signs", verificationRelationship="authentication") == wrong
    none = "invalidVerificationMethod"
    assert refusal(f"{DID}#files", verificationRelationship="authentication") == none
    assert refusal(f"{DID}#signs", verificationRelationship="everything") == "invalidOptions"


@pytest.mark.parametrize(
    ("selected", "ids"),
    [
        ({"service": "files"}, ["#files"]),
        ({"service": "#files"}, ["#files"]),
        ({"service": f"{DID}#files"}, ["#files"]),
        ({"service": "two"}, [f"{DID}#two"]),
        ({"serviceType": "LinkedFiles"}, ["#files", f"{DID}#two"]),
        ({"serviceType": "X", "service": "two"}, [f"{DID}#two"]),
        ({"serviceType": "DIDComm", "service": "two"}, []),
        ({"service": "nothing"}, []),
    ],
)
def test_services_are_selected_by_id_and_type(selected: Any, ids: list[str]):
    found = at(DID, **selected)

    content: Any = found.content
    assert [service["id"] for service in content["service"]] == ids
    assert {**content, "service": SOURCE["service"]} == SOURCE
    assert found.metadata == {"versionId": "1"}


@pytest.mark.parametrize(
    ("url", "selected", "urls"),
    [
        (DID, {"service": "files", "relativeRef": "x/y?z=1"}, ["https://a.example/f/x/y?z=1"]),
        (DID, {"service": "files", "relativeRef": "/x"}, ["https://a.example/x"]),
        (f"{DID}#intro", {"service": "files", "relativeRef": "x"}, ["https://a.example/f/x#intro"]),
        (
            DID,
            {"serviceType": "LinkedFiles", "relativeRef": "/x"},
            ["https://a.example/x", "https://b.example/x"],
        ),
    ],
)
def test_a_relative_reference_leads_below_a_service(url: str, selected: Any, urls: list[str]):
    found = at(url, **selected)

    assert list(found.urls) == urls
    assert found.content_type == "text/uri-list"
    assert at(DID, service="files", urls_wanted=True).urls == ("https://a.example/f/",)


@pytest.mark.parametrize(
    ("url", "selected", "error"),
    [
        (DID, {"service": "map", "relativeRef": "x"}, "notFound"),
        (DID, {"service": "nothing", "relativeRef": "x"}, "notFound"),
        (DID, {"service": "mail", "relativeRef": ""}, "notFound"),
        (DID, {"service": "header", "relativeRef": ""}, "notFound"),
        (DID, {"service": "files", "relativeRef": "//evil.example/x"}, "invalidDidUrl"),
        (DID, {"service": "files", "relativeRef": "http://a.example/x"}, "invalidDidUrl"),
        (DID, {"service": "files", "relativeRef": "javascript:x"}, "invalidDidUrl"),
        (DID, {"service": "files", "relativeRef": "//[::1"}, "invalidDidUrl"),
        (f"{DID}#b", {"service": "files", "relativeRef": "x#a"}, "invalidDidUrl"),
        (f"{DID}#b", {"service": "fragment", "relativeRef": ""}, "invalidDidUrl"),
        (DID, {"relativeRef": "x"}, "invalidDidUrl"),
        (f"{DID}/path", {}, "notFound"),
    ],
)
def test_what_leads_nowhere_or_elsewhere_is_refused(url: str, selected: Any, error: str):
    assert refusal(url, **selected) == error


def test_a_parameter_is_given_once():
    with pytest.raises(DidResolutionError) as refused:
        Selection.split([("service", "a"), ("service", "b")])

    assert refused.value.error == "invalidDidUrl"
    assert Selection.split([("versionId", "1"), ("service", "a")]) == (
        Selection(service="a"),
        [("versionId", "1")],
    )


WEBVH = "did:webvh:QmXhVjFG6EBTosDastaaHMRypm2qSv4SMGctADsx878Yux:a.example"


def moved(**endpoints: str) -> Resolution:
    services = [{"id": f"#{name}", "serviceEndpoint": url} for name, url in endpoints.items()]
    return Resolution(document=DidDocument.parse({"id": WEBVH, "service": services}))


@pytest.mark.spec("did:webvh 1.0", "DID URL Resolution")
@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/whois", "https://w.example/whois.vp"),
        ("/governance/issuers.json", "https://a.example/d/governance/issuers.json"),
        ("/a%20b", "https://a.example/d/a%20b"),
        ("/", "https://a.example/d/"),
    ],
)
def test_a_path_of_a_did_webvh_leads_where_its_services_say(path: str, place: str):
    resolution = moved(files="https://a.example/d/", whois="https://w.example/whois.vp")

    assert at(f"{WEBVH}{path}", resolution).urls == (place,)


@pytest.mark.spec("did:webvh 1.0", "DID URL Resolution")
@pytest.mark.parametrize(
    "path", ["/..", "/../x", "/a/../../x", "/%2e%2E/x", "/./x", "/..%5Cx", "/a%5c..%5cx"]
)
def test_a_path_stays_below_its_did(path: str):
    with pytest.raises(DidResolutionError) as refused:
        at(f"{WEBVH}{path}", moved(files="https://a.example/d/"))

    assert refused.value.error == "invalidDidUrl"


def test_a_path_without_a_service_leads_nowhere():
    for resolution in (moved(), moved(files="ftp://a.example/")):
        with pytest.raises(DidResolutionError) as refused:
            at(f"{WEBVH}/x", resolution)
        assert refused.value.error == "notFound"


def test_of_a_did_that_has_ended_only_that_is_known():
    ended = Resolution(document=None, metadata={"deactivated": True})

    assert at(f"{DID}#signs", ended) == Dereferenced(metadata={"deactivated": True})
    earlier = Resolution(document=FOUND.document, metadata={"deactivated": True, "x": 1})
    assert at(f"{DID}#signs", earlier).metadata == {"deactivated": True}


def test_a_result_is_written_for_both_readers():
    found = at(f"{DID}#signs")

    assert dereferencing_result(found) == {
        "contentStream": found.content,
        "dereferencingMetadata": {"contentType": "application/did"},
        "contentMetadata": {},
    }
    assert dereferencing_result(found, Form.OLDER) == {
        "@context": "https://w3id.org/did-resolution/v1",
        "didDocument": found.content,
        "didDereferencingMetadata": {"contentType": "application/did"},
        "didDocumentMetadata": {},
    }
    current: Any = dereferencing_failure(NotFoundError("x"))
    older: Any = dereferencing_failure(NotFoundError("x"), Form.OLDER)
    assert current["dereferencingMetadata"]["error"]["type"].endswith("#NOT_FOUND")
    assert current["contentStream"] is None
    assert older["didDereferencingMetadata"]["error"] == "notFound"


class Versions:
    """Resolves one DID, and says in the document which version was asked for."""

    def resolve_with(self, did: Did, options: ResolutionOptions) -> Resolution:
        source = {**SOURCE, "id": str(did), "asked": options.version_id}
        return Resolution(document=DidDocument.parse(source))


def test_a_did_url_says_which_version_and_which_part():
    whole = resolve_url(Versions(), DidUrl.parse(f"{DID}?versionId=1-Qm"))
    part = resolve_url(Versions(), DidUrl.parse(f"{DID}?versionId=1-Qm#agrees"))
    place = resolve_url(Versions(), DidUrl.parse(f"{DID}?service=files&relativeRef=%2Fx%3Fy"))

    assert whole.content is not None
    assert whole.content["asked"] == "1-Qm"
    assert part.content is not None
    assert part.content["id"] == "#agrees"
    assert place.urls == ("https://a.example/x?y",)
    with pytest.raises(DidResolutionError):
        resolve_url(Versions(), DidUrl.parse(f"{DID}?versionId=1&versionId=2"))


JUNK = st.recursive(
    st.none() | st.integers() | st.sampled_from(["#a", "https://a.example", "", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "type", "serviceEndpoint", "x"]), inner, max_size=3
        )
    ),
    max_leaves=10,
)


@given(
    members=st.dictionaries(
        st.sampled_from(["verificationMethod", "assertionMethod", "service", "@context"]), JUNK
    ),
    url=st.sampled_from([WEBVH, f"{WEBVH}#a", f"{WEBVH}/x", f"{WEBVH}/whois"]),
    selected=st.dictionaries(
        st.sampled_from(["service", "serviceType", "relativeRef", "verificationRelationship"]),
        st.sampled_from(["a", "#a", "/x", "assertionMethod", "", "//", "["]),
    ),
)
def test_a_document_of_junk_raises_only_our_own_errors(members: Any, url: str, selected: Any):
    document = DidDocument.parse({**members, "id": WEBVH})

    try:
        found = at(url, Resolution(document=document), **selected)
    except SsiError:
        return
    assert found.urls or found.content is not None
