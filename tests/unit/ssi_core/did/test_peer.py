"""did:peer, numalgo 2 and 4: documents that are in the DID itself."""

import json
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssi_core.did import peer, peer_2, peer_4
from ssi_core.did.document import DidDocument, VerificationRelationship
from ssi_core.did.syntax import Did
from ssi_core.encoding import (
    base64url_encode,
    multibase_decode,
    multibase_encode,
    sha256_multihash,
)
from ssi_core.errors import (
    AlgorithmError,
    DidMethodError,
    MalformedError,
    ProofError,
    SsiError,
    UnavailableError,
)
from ssi_core.keys import Bls12381G2Signer, Ed25519Signer, P256Signer

NUMALGO_2 = pytest.mark.spec("did:peer", "numalgo 2")
NUMALGO_4 = pytest.mark.spec("did:peer", "numalgo 4")

# The specification's own example of numalgo 2.
SIGNING: Final = "z6Mkj3PUd1WjvaDhNZhhhXQdz5UnZXmS7ehtx8bsPpD47kKc"
AGREEMENT: Final = "z6LSg8zQom395jKLrGiBNruB9MM6V8PWuf2FpEy4uRFiqQBR"
EXAMPLE: Final = (
    f"did:peer:2.V{SIGNING}.E{AGREEMENT}"
    ".SeyJ0IjoiZG0iLCJzIjp7InVyaSI6Imh0dHA6Ly9leGFtcGxlLmNvbS9kaWRjb21tIiwiYSI6WyJkaWRjb21tL3YyIl0s"
    "InIiOlsiZGlkOmV4YW1wbGU6MTIzNDU2Nzg5YWJjZGVmZ2hpI2tleS0xIl19fQ"
    ".SeyJ0IjoiZG0iLCJzIjp7InVyaSI6Imh0dHA6Ly9leGFtcGxlLmNvbS9hbm90aGVyIiwiYSI6WyJkaWRjb21tL3YyIl0s"
    "InIiOlsiZGlkOmV4YW1wbGU6MTIzNDU2Nzg5YWJjZGVmZ2hpI2tleS0yIl19fQ"
)
SECP256K1: Final = "zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme"
# ... and of numalgo 4, with the hash that it publishes for it.
INPUT: Final[dict[str, Any]] = {
    "@context": [
        "https://www.w3.org/ns/did/v1",
        "https://w3id.org/security/suites/x25519-2020/v1",
        "https://w3id.org/security/suites/ed25519-2020/v1",
    ],
    "verificationMethod": [
        {
            "id": "#6LSqPZfn",
            "type": "X25519KeyAgreementKey2020",
            "publicKeyMultibase": "z6LSqPZfn9krvgXma2icTMKf2uVcYhKXsudCmPoUzqGYW24U",
        },
        {
            "id": "#6MkrCD1c",
            "type": "Ed25519VerificationKey2020",
            "publicKeyMultibase": "z6MkrCD1csqtgdj8sjrsu8jxcbeyP6m7LiK87NzhfWqio5yr",
        },
    ],
    "authentication": ["#6MkrCD1c"],
    "assertionMethod": ["#6MkrCD1c"],
    "keyAgreement": ["#6LSqPZfn"],
    "capabilityInvocation": ["#6MkrCD1c"],
    "capabilityDelegation": ["#6MkrCD1c"],
    "service": [
        {
            "id": "#didcommmessaging-0",
            "type": "DIDCommMessaging",
            "serviceEndpoint": {
                "uri": "didcomm:transport/queue",
                "accept": ["didcomm/v2"],
                "routingKeys": [],
            },
        }
    ],
}
SHORT: Final = "did:peer:4zQmd8CpeFPci817KDsbSAKWcXAE2mjvCQSasRewvbSF54Bd"
ED25519: Final = Ed25519Signer(bytes(32)).public_key.multikey


def resolve(text: str) -> DidDocument:
    return peer.resolve(Did.parse(text))


def source_of(text: str) -> Any:
    return resolve(text).source


def block(service: Any) -> str:
    return ".S" + base64url_encode(json.dumps(service).encode())


def long_form_of(document: Any) -> str:
    """Encode whatever it is as numalgo 4, rules or not."""
    return long_form_around(b"\x80\x04" + json.dumps(document).encode())


def long_form_around(content: bytes) -> str:
    encoded = multibase_encode(content)
    hashed = multibase_encode(sha256_multihash(encoded.encode()))
    return f"did:peer:4{hashed}:{encoded}"


# Numalgo 2


@NUMALGO_2
def test_the_specifications_example_resolves_as_published():
    document = source_of(EXAMPLE)

    assert document == {
        "@context": [
            "https://www.w3.org/ns/did/v1",
            "https://w3id.org/security/multikey/v1",
        ],
        "id": EXAMPLE,
        "alsoKnownAs": ["did:peer:3zQmd6RdU6e2nDrLn1rjwdA5Buzq7wJwsv3WJ1AgrwKYJoLE"],
        "verificationMethod": [
            {
                "id": "#key-1",
                "controller": EXAMPLE,
                "type": "Multikey",
                "publicKeyMultibase": SIGNING,
            },
            {
                "id": "#key-2",
                "controller": EXAMPLE,
                "type": "Multikey",
                "publicKeyMultibase": AGREEMENT,
            },
        ],
        "authentication": ["#key-1"],
        "keyAgreement": ["#key-2"],
        "service": [
            {
                "type": "DIDCommMessaging",
                "serviceEndpoint": {
                    "uri": f"http://example.com/{path}",
                    "accept": ["didcomm/v2"],
                    "routingKeys": [f"did:example:123456789abcdefghi#key-{number}"],
                },
                "id": service_id,
            }
            for path, number, service_id in (
                ("didcomm", 1, "#service"),
                ("another", 2, "#service-1"),
            )
        ],
    }


@NUMALGO_2
def test_what_is_created_is_what_the_specification_has():
    relationships = VerificationRelationship
    services: list[Any] = [
        {
            "type": "DIDCommMessaging",
            "serviceEndpoint": {
                "uri": f"http://example.com/{path}",
                "accept": ["didcomm/v2"],
                "routingKeys": [f"did:example:123456789abcdefghi#key-{number}"],
            },
        }
        for path, number in (("didcomm", 1), ("another", 2))
    ]

    did = peer_2.create(
        [(relationships.AUTHENTICATION, SIGNING), (relationships.KEY_AGREEMENT, AGREEMENT)],
        services,
    )

    assert str(did) == EXAMPLE


@NUMALGO_2
@pytest.mark.parametrize(
    ("code", "relationship"),
    [
        ("A", "assertionMethod"),
        ("V", "authentication"),
        ("I", "capabilityInvocation"),
        ("D", "capabilityDelegation"),
    ],
)
def test_a_key_is_authorised_for_its_purpose_and_no_other(code: str, relationship: str):
    document = resolve(f"did:peer:2.{code}{ED25519}")

    for wanted in VerificationRelationship:
        if wanted.value == relationship:
            assert document.key_for("#key-1", wanted).multikey == ED25519
        else:
            with pytest.raises(ProofError):
                document.key_for("#key-1", wanted)


@NUMALGO_2
def test_an_agreement_key_is_in_the_document_and_verifies_nothing():
    document = resolve(f"did:peer:2.E{AGREEMENT}")

    with pytest.raises(AlgorithmError):
        document.key_for("#key-1", VerificationRelationship.KEY_AGREEMENT)


@NUMALGO_2
def test_a_p256_key_both_signs_and_agrees():
    multikey = P256Signer((7).to_bytes(32, "big")).public_key.multikey

    assert len(source_of(f"did:peer:2.E{multikey}.A{multikey}")["verificationMethod"]) == 2


@NUMALGO_2
def test_a_key_of_an_unsupported_kind_stays_in_the_document_unused():
    document = resolve(f"did:peer:2.V{SECP256K1}.A{ED25519}")

    usable = document.key_for("#key-2", VerificationRelationship.ASSERTION_METHOD)
    assert usable.multikey == ED25519
    with pytest.raises(AlgorithmError):
        document.key_for("#key-1", VerificationRelationship.AUTHENTICATION)


@NUMALGO_2
@pytest.mark.parametrize(
    "elements",
    [
        "",
        ".",
        "..",
        "V" + ED25519,
        ".V",
        ".V" + ED25519 + ".",
        ".V" + ED25519 + "..A" + ED25519,
        ".v" + ED25519,
        ".X" + ED25519,
        ".1" + ED25519,
        ".V" + ED25519[1:],
        ".Vu" + ED25519[1:],
        ".V" + ED25519[:-1],
        ".V" + ED25519 + "1",
        ".V" + ED25519[:-1] + "0",
        ".V" + multibase_encode(b"\xed\x01" + bytes(31)),
        ".V" + multibase_encode(b"\xed\x01" + bytes(33)),
        ".V" + multibase_encode(b"\x80\x24" + b"\x02" + b"\xff" * 32),
        ".V" + multibase_encode(b"\xe7\x01"),
        ".V" + multibase_encode(b"\xe7"),
        ".V" + multibase_encode(b"\xe7\x80\x00" + bytes(33)),
        ".E" + multibase_encode(b"\xec\x01" + bytes(31)),
    ],
)
def test_keys_that_are_none_are_malformed(elements: str):
    with pytest.raises(MalformedError):
        resolve(f"did:peer:2{elements}")


@NUMALGO_2
@pytest.mark.parametrize("code", ["A", "V", "I", "D"])
def test_a_key_that_only_agrees_does_not_sign(code: str):
    with pytest.raises(MalformedError, match="purpose"):
        resolve(f"did:peer:2.{code}{AGREEMENT}")


@NUMALGO_2
@pytest.mark.parametrize(
    "multikey", [ED25519, Bls12381G2Signer(b"\x01".rjust(32, b"\0")).public_key.multikey]
)
def test_a_key_that_only_signs_does_not_agree(multikey: str):
    with pytest.raises(MalformedError, match="purpose"):
        resolve(f"did:peer:2.E{multikey}")


@NUMALGO_2
def test_abbreviations_are_written_out_at_every_depth():
    service = {"t": "dm", "s": {"uri": "https://a.example", "r": [{"a": 1}], "t": "other"}, "x": 1}

    found = source_of(f"did:peer:2{block(service)}")["service"]

    assert found == [
        {
            "id": "#service",
            "type": "DIDCommMessaging",
            "serviceEndpoint": {
                "uri": "https://a.example",
                "routingKeys": [{"accept": 1}],
                "type": "other",
            },
            "x": 1,
        }
    ]


@NUMALGO_2
def test_services_keep_their_own_ids_and_others_are_counted():
    blocks = [
        {"t": "a", "s": "https://1"},
        {"t": "b", "s": "https://2", "id": "#mine"},
        {"t": "c", "s": "https://3"},
        {"t": "d", "s": "https://4"},
    ]

    found = source_of("did:peer:2" + "".join(block(item) for item in blocks))["service"]

    assert [service["id"] for service in found] == ["#service", "#mine", "#service-1", "#service-2"]


@NUMALGO_2
@pytest.mark.parametrize(
    "service",
    [
        [{"t": "dm", "s": "https://a.example"}],
        "dm",
        {},
        {"t": "dm"},
        {"s": "https://a.example"},
        {"t": "dm", "type": "other", "s": "https://a.example"},
        {"t": "dm", "s": {"a": [], "accept": []}},
        {"t": "dm", "s": "https://a.example", "id": "did:example:1#service"},
        {"t": "dm", "s": "https://a.example", "id": ""},
        {"t": "dm", "s": "https://a.example", "id": 1},
        {"t": "dm", "s": "https://a.example", "id": "#key-1"},
    ],
)
def test_services_that_are_none_are_malformed(service: Any):
    with pytest.raises(MalformedError):
        resolve(f"did:peer:2.V{ED25519}{block(service)}")


@NUMALGO_2
def test_two_services_of_one_name_are_malformed():
    named = {"t": "x", "s": "https://1", "id": "#service"}

    with pytest.raises(MalformedError):
        resolve("did:peer:2" + block({"t": "x", "s": "https://2"}) + block(named))


@NUMALGO_2
@pytest.mark.parametrize(
    "text", ['{"t":"x","s":1,"s":2}', '{"t":"x","s":NaN}', '{"t":"x","s":', "\ud800"]
)
def test_a_block_is_strict_json(text: str):
    encoded = base64url_encode(text.encode("utf-8", "surrogatepass"))

    with pytest.raises(MalformedError):
        resolve(f"did:peer:2.S{encoded}")


@NUMALGO_2
def test_a_block_has_one_spelling():
    encoded = block({"t": "dm", "s": "https://a.example/1"})

    with pytest.raises(MalformedError):
        resolve(f"did:peer:2{encoded[:-1]}{chr(ord(encoded[-1]) + 1)}")


@NUMALGO_2
@pytest.mark.parametrize(
    "service",
    [
        {"type": "dm", "serviceEndpoint": "https://a.example"},
        {"type": "x", "serviceEndpoint": {"s": 1}},
        {"t": "x", "serviceEndpoint": "https://a.example"},
        {"serviceEndpoint": "https://a.example"},
    ],
)
def test_a_service_that_would_be_read_as_another_is_not_written(service: Any):
    with pytest.raises(MalformedError):
        peer_2.create([], [service])


_NAMES = st.sampled_from(["uri", "accept", "routingKeys", "x", "serviceEndpoint", "type"])
_ENDPOINT = st.recursive(
    st.text(max_size=5) | st.integers(-9, 9),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_NAMES, inner, max_size=3),
    max_leaves=6,
)


@NUMALGO_2
@given(
    purposes=st.lists(
        st.sampled_from([r for r in VerificationRelationship if r.value != "keyAgreement"]),
        max_size=4,
    ),
    endpoints=st.lists(_ENDPOINT, min_size=1, max_size=3),
)
def test_keys_and_services_come_back_as_they_were(purposes: Any, endpoints: Any):
    services = [
        {"id": f"#s{number}", "type": "DIDCommMessaging", "serviceEndpoint": endpoint}
        for number, endpoint in enumerate(endpoints)
    ]

    try:
        did = peer_2.create([(purpose, ED25519) for purpose in purposes], services)
    except MalformedError:
        # "dm" as the type of something, which hypothesis does find.
        assert "dm" in json.dumps(services) or len(json.dumps(services)) > 2000
        return

    document: Any = peer_2.resolve(did).source
    assert document["service"] == services
    assert len(document.get("verificationMethod", [])) == len(purposes)


# Numalgo 4


@NUMALGO_4
def test_the_input_document_has_the_published_hash():
    did = peer_4.create(INPUT)

    assert str(peer_4.short_form(did)) == SHORT
    assert str(did).startswith(
        f"{SHORT}:z2M1k7h4psgp4CmJcnQn2Ljp7Pz7ktsd7oBhMU3dWY5s4fhFNj17qcRTQ4"
    )


@NUMALGO_4
def test_a_long_form_is_its_own_document():
    did = peer_4.create(INPUT)

    document: Any = peer.resolve(did).source

    assert document["id"] == str(did)
    assert document["alsoKnownAs"] == [SHORT]
    assert [method["controller"] for method in document["verificationMethod"]] == [str(did)] * 2
    given_members = {name for name in INPUT if name != "verificationMethod"}
    assert {name: document[name] for name in given_members} == {
        name: INPUT[name] for name in given_members
    }


@NUMALGO_4
def test_a_short_form_needs_the_long_form_that_was_exchanged():
    long_form, short_form = peer_4.create(INPUT), Did.parse(SHORT)

    document: Any = peer.resolve(short_form, long_form=long_form).source

    assert document["id"] == SHORT
    assert document["alsoKnownAs"] == [str(long_form)]
    assert [method["controller"] for method in document["verificationMethod"]] == [SHORT] * 2
    with pytest.raises(UnavailableError):
        peer.resolve(short_form)


@NUMALGO_4
def test_a_long_form_of_another_did_is_refused():
    other = peer_4.create({**INPUT, "alsoKnownAs": ["did:web:a.example"]})

    with pytest.raises(ProofError):
        peer.resolve(Did.parse(SHORT), long_form=other)
    with pytest.raises(ProofError):
        peer.resolve(Did.parse(SHORT), long_form=Did("key", ED25519))


@NUMALGO_4
def test_a_hash_binds_the_document():
    ours, theirs = peer_4.create(INPUT), peer_4.create({"authentication": []})
    encoded = theirs.method_specific_id.partition(":")[2]

    with pytest.raises(ProofError, match="hash"):
        resolve(f"{SHORT}:{encoded}")
    forged = Did.parse(f"{SHORT}:{encoded}")
    with pytest.raises(ProofError, match="hash"):
        peer.resolve(Did.parse(SHORT), long_form=forged)
    assert peer.resolve(ours).did == ours


@NUMALGO_4
@given(st.data())
def test_no_character_of_a_long_form_can_be_changed(data: st.DataObject):
    text = str(peer_4.create({"verificationMethod": [], "x": "y"}))
    place = data.draw(st.integers(len("did:peer:4"), len(text) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
    changed = text[:place] + other + text[place + 1 :]

    if changed != text:
        with pytest.raises(SsiError):
            resolve(changed)


@NUMALGO_4
def test_what_the_input_document_says_of_others_is_kept():
    embedded = {"id": "#e", "type": "Multikey", "publicKeyMultibase": ED25519}
    foreign = {**embedded, "id": "#f", "controller": "did:web:a.example"}
    given_document: Any = {
        "verificationMethod": [foreign],
        "assertionMethod": [embedded, "#f", "did:web:a.example#key"],
        "alsoKnownAs": ["https://a.example"],
        "unknown": {"kept": True},
    }

    did = peer_4.create(given_document)
    document = peer.resolve(did)

    found: Any = document.source
    assert found["verificationMethod"] == [foreign]
    assert found["assertionMethod"][0] == {**embedded, "controller": str(did)}
    assert found["assertionMethod"][1:] == ["#f", "did:web:a.example#key"]
    assert found["alsoKnownAs"] == ["https://a.example", str(peer_4.short_form(did))]
    assert found["unknown"] == {"kept": True}
    assert document.key_for("#e", VerificationRelationship.ASSERTION_METHOD).multikey == ED25519


@NUMALGO_4
@pytest.mark.parametrize(
    "document",
    [
        [],
        "x",
        {"id": "did:example:1"},
        {"verificationMethod": {}},
        {"verificationMethod": ["#a"]},
        {"verificationMethod": [{"type": "Multikey"}]},
        {"verificationMethod": [{"id": "did:example:1#a"}]},
        {"verificationMethod": [{"id": "a"}]},
        {"verificationMethod": [{"id": "#a"}, {"id": "#a"}]},
        {"authentication": [{"id": "did:example:1#a"}]},
        {"verificationMethod": [{"id": "#a"}], "authentication": [{"id": "#a"}]},
        {"authentication": [1]},
        {"service": [{"id": "https://a.example/#s"}]},
        {"service": [{}]},
        {"verificationMethod": [{"id": "#a"}], "service": [{"id": "#a"}]},
        {"alsoKnownAs": "x"},
    ],
)
def test_an_input_document_of_another_form_is_malformed(document: Any):
    with pytest.raises(MalformedError):
        resolve(long_form_of(document))
    with pytest.raises(MalformedError):
        peer_4.create(document)


@NUMALGO_4
@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"\x80\x04",
        b"\x80\x84\x00{}",
        b"\x00\x02{}",
        b'\x80\x04{"a":1,"a":2}',
        b"\x80\x04{} x",
        b"\x80\x04\xff",
        b"\x80\x04" + b"[" * 100 + b"]" * 100,
    ],
)
def test_what_is_encoded_is_strict_json(content: bytes):
    with pytest.raises(MalformedError):
        resolve(long_form_around(content))


@NUMALGO_4
@pytest.mark.parametrize(
    "hashed",
    [
        "z",
        "",
        "zQm",
        "Qmd8CpeFPci817KDsbSAKWcXAE2mjvCQSasRewvbSF54Bd",
        multibase_encode(b"\x13\x40" + bytes(64)),
        multibase_encode(b"\x12\x20" + bytes(31)),
        multibase_encode(b"\x12\x20" + bytes(33)),
    ],
)
def test_a_short_form_is_a_sha256_multihash(hashed: str):
    with pytest.raises(MalformedError):
        resolve(f"did:peer:4{hashed}")


@NUMALGO_4
def test_a_hash_of_another_function_is_not_taken():
    encoded = peer_4.create(INPUT).method_specific_id.partition(":")[2]
    raw = multibase_decode(SHORT.removeprefix("did:peer:4"))
    renamed = multibase_encode(b"\x16" + raw[1:])

    with pytest.raises(ProofError):
        resolve(f"did:peer:4{renamed}:{encoded}")


# The method


@pytest.mark.parametrize("numalgo", ["0", "1", "3"])
def test_other_numalgos_are_not_resolved(numalgo: str):
    with pytest.raises(DidMethodError):
        resolve(f"did:peer:{numalgo}{ED25519}")


@pytest.mark.parametrize("text", ["did:peer:5z", "did:peer:x", f"did:key:{ED25519}"])
def test_what_is_no_numalgo_is_malformed(text: str):
    with pytest.raises(MalformedError):
        resolve(text)


@given(st.from_regex(r"did:peer:[24][.:A-Za-z0-9_-]{0,60}", fullmatch=True))
def test_junk_raises_only_our_own_errors(text: str):
    try:
        document = resolve(text)
    except SsiError:
        return
    assert str(document.did) == text
