"""Every way an envelope can be wrong, for every form of it: each is refused with its own reason."""

from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from ssi_core import cbor, cose, cwt, jws, strict_json
from ssi_core.credential.contexts import CREDENTIALS_V2
from ssi_core.credential.enveloped import CREDENTIAL_MEDIA_TYPES, VC_COSE, VC_JWT, VC_SD_JWT
from ssi_core.credential.model import Credential
from ssi_core.credential.presentation import Envelope
from ssi_core.encoding import base64url_encode
from ssi_core.errors import (
    AlgorithmError,
    AudienceError,
    ExpiredError,
    MalformedError,
    NotYetValidError,
    ProofError,
    TrustError,
    UnavailableError,
)
from ssi_core.period import to_timestamp
from ssi_core.verification.enveloped import EnvelopedPolicy, verify_enveloped_credential
from tests.support.secured_rows import CLINIC, EVIDENCE, NOW, OTHER, Refusal, refusal, signer_of

KID = "/header/kid"
AT = to_timestamp(NOW)
DOCUMENT = {
    "@context": [CREDENTIALS_V2],
    "type": ["VerifiableCredential"],
    "issuer": CLINIC,
    "validFrom": "2026-01-01T00:00:00Z",
    "validUntil": "2027-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:patient"},
}


@dataclass(frozen=True)
class Form:
    """A media type and a kind of key; what it makes is wrong in nothing unless it is told."""

    media_type: str
    kind: str

    def __str__(self) -> str:
        return f"{self.media_type.removeprefix('application/')} {self.kind}"

    @property
    def algorithm(self) -> str:
        return {"Ed25519": "EdDSA", "P-256": "ES256", "P-384": "ES384"}[self.kind]

    def envelope(
        self,
        document: Any = DOCUMENT,
        *,
        header: dict[str, Any] | None = None,
        claims: dict[str, Any] | None = None,
        number: int = 1,
    ) -> Envelope:
        """Sign, with what the members of the header and claims are to be; `...` leaves one out."""
        typ = self.media_type.removeprefix("application/")
        named = {"typ": typ, "cty": "vc", "kid": f"{CLINIC}#{self.kind}", **(header or {})}
        kept = {name: value for name, value in named.items() if value is not ...}
        signer = signer_of(self.kind, number)
        if self.media_type != VC_COSE:
            text = jws.sign(kept, {**document, **(claims or {})}, signer=signer)
            return Envelope.of(self.media_type, text + "~" * (self.media_type == VC_SD_JWT))
        labels = {"typ": cose.TYP, "cty": cose.CONTENT_TYPE, "kid": cose.KID, "crit": cose.CRIT}
        protected: dict[Any, Any] = {labels[name]: value for name, value in kept.items()}
        if isinstance(protected.get(cose.KID), str):
            protected[cose.KID] = protected[cose.KID].encode()
        if claims:
            protected[cose.CWT_CLAIMS] = cwt.from_json(claims)
        data = cose.sign(protected, strict_json.render(document).encode(), signer=signer)
        return Envelope.of(self.media_type, b64encode(data).decode())

    def verify(self, envelope: Envelope, **changes: Any) -> Credential:
        policy = {
            "algorithms": frozenset({"EdDSA", "ES256", "ES384"}),
            "media_types": CREDENTIAL_MEDIA_TYPES,
            **changes,
        }
        return verify_enveloped_credential(
            envelope, evidence=EVIDENCE, policy=EnvelopedPolicy(**policy), at=NOW
        )


FORMS = [
    Form(media_type, kind)
    for media_type in (VC_JWT, VC_SD_JWT, VC_COSE)
    for kind in ("Ed25519", "P-256", "P-384")
]
EVERY_FORM = pytest.mark.parametrize("form", FORMS, ids=str)
Wrong = Callable[[Form], Envelope]


def header(**members: Any) -> Wrong:
    return lambda form: form.envelope(header=members)


def method(name: str) -> Wrong:
    return lambda form: form.envelope(header={"kid": f"{CLINIC}#{name.format(form.kind)}"})


def claims(**members: Any) -> Wrong:
    return lambda form: form.envelope(claims=members)


def document(**members: Any) -> Wrong:
    return lambda form: form.envelope({**DOCUMENT, **members})


def named_message(reason: str) -> Callable[[Form], str]:
    """Return what begins a reason with the name of the message: a JWS, or a COSE_Sign1."""
    return lambda form: f"{'COSE_Sign1' if form.media_type == VC_COSE else 'JWS'} {reason}"


WRONGS: dict[str, tuple[Wrong, type[Any], str, str | Callable[[Form], str]]] = {
    "another type": (
        header(typ="vp+jwt"),
        ProofError,
        "/header/typ",
        named_message("is of another type"),
    ),
    "another content": (
        header(cty="vp"),
        ProofError,
        "/header/cty",
        "the content is said to be of another type",
    ),
    "critical extension": (
        header(crit=["b64"]),
        ProofError,
        "/header/crit",
        "critical header extensions are not supported",
    ),
    "method for another purpose": (
        method("{}-login"),
        ProofError,
        KID,
        "verification method is not authorised for this",
    ),
    "method not in the document": (
        method("{}-never"),
        ProofError,
        KID,
        "verification method is not in the DID document",
    ),
    "method expired": (method("{}-expired"), ProofError, KID, "verification method has expired"),
    "method revoked": (method("{}-revoked"), ProofError, KID, "verification method was revoked"),
    "method relative": (header(kid="#key"), ProofError, KID, "the kid must be a DID URL"),
    "issuer not the controller": (
        lambda form: form.envelope(header={"kid": f"{OTHER}#{form.kind}"}),
        TrustError,
        KID,
        "the key is another party's",
    ),
    "DID that could not be resolved": (
        lambda form: form.envelope(
            {**DOCUMENT, "issuer": "did:web:nobody.example"},
            header={"kid": f"did:web:nobody.example#{form.kind}"},
        ),
        UnavailableError,
        KID,
        "a fact that the decision rests on was not collected",
    ),
    "another key of the issuer": (
        lambda form: form.envelope(number=2),
        ProofError,
        "/signature",
        "signature does not hold",
    ),
    "signature over": (claims(exp=AT - 60), ExpiredError, "/exp", "validity is over"),
    "signature not good yet": (claims(nbf=AT + 60), NotYetValidError, "/nbf", "not valid yet"),
    "signature from the future": (claims(iat=AT + 60), NotYetValidError, "/iat", "not valid yet"),
    "claim of another issuer": (
        claims(iss=OTHER),
        ProofError,
        "/iss",
        "the claim names another issuer or holder",
    ),
    "claim of another subject": (
        claims(sub="did:example:somebody-else"),
        ProofError,
        "/sub",
        "the claim names another subject",
    ),
    "for an audience": (
        claims(aud="insurer.example"),
        AudienceError,
        "/aud",
        "made for an audience, and read by nobody in particular",
    ),
    "credential not valid yet": (
        document(validFrom="2026-04-01T00:00:00Z"),
        NotYetValidError,
        "/validFrom",
        "credential is not valid yet",
    ),
    "credential no longer valid": (
        document(validUntil="2026-02-01T00:00:00Z"),
        ExpiredError,
        "/validUntil",
        "credential is no longer valid",
    ),
    "credential without a type": (
        document(type=["Other"]),
        MalformedError,
        "/type",
        "must include VerifiableCredential",
    ),
}


@EVERY_FORM
@pytest.mark.parametrize("wrong", WRONGS)
def test_each_wrong_is_refused_with_its_own_reason(form: Form, wrong: str) -> None:
    make, error, at, reason = WRONGS[wrong]
    envelope = make(form)

    found = refusal(lambda: form.verify(envelope))

    words = reason if isinstance(reason, str) else reason(form)
    assert found == Refusal(error, at, words)


@EVERY_FORM
def test_what_nothing_is_wrong_with_is_accepted(form: Form) -> None:
    assert form.verify(form.envelope()).issuer == CLINIC


@EVERY_FORM
def test_what_the_policy_leaves_out_is_refused(form: Form) -> None:
    others = CREDENTIAL_MEDIA_TYPES - {form.media_type}
    algorithms = frozenset({"EdDSA", "ES256", "ES384"}) - {form.algorithm}

    assert refusal(lambda: form.verify(form.envelope(), media_types=others)) == Refusal(
        ProofError, "/id", "the form of the envelope is not accepted here"
    )
    assert refusal(lambda: form.verify(form.envelope(), algorithms=algorithms)) == Refusal(
        AlgorithmError, "/header/alg", "algorithm is not accepted here"
    )


@EVERY_FORM
def test_a_key_of_another_kind_is_refused(form: Form) -> None:
    other = "Ed25519" if form.kind != "Ed25519" else "P-256"

    found = refusal(lambda: form.verify(form.envelope(header={"kid": f"{CLINIC}#{other}"})))

    assert found == Refusal(AlgorithmError, "/header/alg", "algorithm does not belong to the key")


# How it is written

JOSE = [form for form in FORMS if form.media_type != VC_COSE]
COSE = [form for form in FORMS if form.media_type == VC_COSE]


def jose_parts(form: Form) -> list[str]:
    return form.envelope().content.rstrip("~").split(".")


def joined(form: Form, parts: list[str]) -> Envelope:
    end = "~" if form.media_type == VC_SD_JWT else ""
    return Envelope.of(form.media_type, ".".join(parts) + end)


@pytest.mark.parametrize("form", JOSE, ids=str)
@pytest.mark.parametrize(("place", "at"), list(enumerate(["/header", "/payload", "/signature"])))
def test_another_spelling_of_base64url_is_refused(form: Form, place: int, at: str) -> None:
    parts = jose_parts(form)
    text = parts[place]
    padded, other = list(parts), list(parts)
    padded[place], other[place] = f"{text}=", f"{text[:4]}+{text[5:]}"

    found = [refusal(partial(form.verify, joined(form, one))) for one in (padded, other)]

    assert found == [
        Refusal(MalformedError, at, "base64url has no padding"),
        Refusal(MalformedError, at, "not base64url"),
    ]


@pytest.mark.parametrize("form", JOSE, ids=str)
@pytest.mark.parametrize("place", [0, 1], ids=["header", "payload"])
def test_a_member_that_is_there_twice_is_refused(form: Form, place: int) -> None:
    parts = jose_parts(form)
    bodies = [b'{"alg":"none","alg":"ES256"}', b'{"issuer":"a","issuer":"b"}']
    parts[place] = base64url_encode(bodies[place])

    found = refusal(lambda: form.verify(joined(form, parts)))

    assert found == Refusal(MalformedError, None, "a JSON object names a member twice")


@EVERY_FORM
@pytest.mark.parametrize(
    "change",
    [lambda raw: raw[:-1], lambda raw: raw + b"\0", lambda _: b"\0"],
    ids=["a byte less", "a byte more", "one byte"],
)
def test_a_signature_of_another_length_is_refused(
    form: Form, change: Callable[[bytes], bytes]
) -> None:
    if form.media_type == VC_COSE:
        message: Any = cbor.decode(b64decode(form.envelope().content), at="")
        parts = [*message.value[:3], change(message.value[3])]
        data = cbor.encode(cbor.Tagged(cose.TAG, parts))
        envelope = Envelope.of(VC_COSE, b64encode(data).decode())
    else:
        head, body, signature = jose_parts(form)
        raw = change(b64decode(signature + "==", altchars=b"-_"))
        envelope = joined(form, [head, body, base64url_encode(raw)])

    found = refusal(lambda: form.verify(envelope))

    assert found == Refusal(ProofError, "/signature", "signature does not hold")


@pytest.mark.parametrize("form", COSE, ids=str)
@pytest.mark.parametrize(
    ("change", "at", "reason"),
    [
        (lambda data: data[:-1], "", "CBOR ends too early"),
        (lambda data: data + b"\0", "", "CBOR is followed by something"),
        (lambda data: b"\xd3" + data[1:], None, "not tagged as a COSE_Sign1"),
        (
            lambda data: data.replace(b"\xd2\x84", b"\xd2\x9f", 1) + b"\xff",
            "",
            "CBOR has definite lengths and no reserved heads",
        ),
    ],
    ids=["cut short", "followed", "another tag", "indefinite length"],
)
def test_cbor_that_is_not_deterministic_or_not_complete_is_refused(
    form: Form, change: Callable[[bytes], bytes], at: str | None, reason: str
) -> None:
    data = change(b64decode(form.envelope().content))

    found = refusal(lambda: form.verify(Envelope.of(VC_COSE, b64encode(data).decode())))

    assert found == Refusal(MalformedError, at, reason)


@pytest.mark.parametrize("form", COSE, ids=str)
@pytest.mark.parametrize(
    ("header_bytes", "reason"),
    [
        (b"\xa2\x04\x40\x01\x26", "a CBOR map is not in order"),
        (b"\xa2\x01\x26\x01\x27", "a CBOR map has a key twice"),
    ],
    ids=["not in order", "twice"],
)
def test_a_protected_header_that_is_written_otherwise_is_refused(
    form: Form, header_bytes: bytes, reason: str
) -> None:
    message: Any = cbor.decode(b64decode(form.envelope().content), at="")
    data = cbor.encode(cbor.Tagged(cose.TAG, [header_bytes, *message.value[1:]]))

    found = refusal(lambda: form.verify(Envelope.of(VC_COSE, b64encode(data).decode())))

    assert found == Refusal(MalformedError, "/protected", reason)
