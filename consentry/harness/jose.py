"""What the public suite of VC-JOSE-COSE asks of an implementation: issue, or verify with this key.

https://github.com/w3c/vc-jose-cose-test-suite. A proof is judged alone: the key is handed over, so
nothing says whose it is, and the suite's files have outlived the `exp` of their signatures.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from consentry.harness.verification_method import VerificationMethod
from ssi_core import strict_json
from ssi_core.claim_path import ClaimPath
from ssi_core.credential import contexts, vc_jose_cose
from ssi_core.credential.enveloped import CREDENTIAL_MEDIA_TYPES, Enveloped
from ssi_core.credential.model import Credential
from ssi_core.credential.presentation import Envelope, Presentation
from ssi_core.credential.registered_claims import require_agreement
from ssi_core.errors import DataLossError, MalformedError, ProofError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.strict_json import as_array, as_texts

FEATURES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "credential_jose": "application/vc+jwt",
        "credential_sdjwt": "application/vc+sd-jwt",
        "credential_cose": "application/vc+cose",
        "presentation_jose": "application/vp+jwt",
        "presentation_sdjwt": "application/vp+sd-jwt",
        "presentation_cose": "application/vp+cose",
    }
)
_ALGORITHMS: Final = frozenset({"EdDSA", "Ed25519", "ES256", "ES384", "ES512"})
# A path as the suite writes one: member.member[0].member
_STEP: Final = re.compile(r"(?:^|\.)([^.\[\]]+)|\[([0-9]{1,6})\]")


def issue(document: str, key: str, *, feature: str, disclosable: str | None = None) -> str:
    """Return the secured form of a credential or presentation (JSON), signed by `key`.

    `disclosable` is a JSON array of paths that the holder of an SD-JWT may withhold.
    """
    media_type, method = FEATURES[feature], _method(key)
    source = strict_json.parse_object(document)
    if media_type in CREDENTIAL_MEDIA_TYPES:
        Credential.parse(source)
        _require_defined(source)
    envelope = vc_jose_cose.issue(
        source,
        media_type=media_type,
        key_id=method.id,
        signer=method.signer(),
        disclosable=_paths(disclosable),
    )
    return envelope.content


def verify(secured: str, key: str, *, feature: str) -> JsonObject:
    """Return the document if `key` secured it in the form of `feature`.

    The credentials in a presentation must be in envelopes; they are not opened, for their keys are
    not here.
    """
    method = _method(key)
    opened = Enveloped.open(Envelope.of(FEATURES[feature], secured.strip()))
    opened.require_header(_ALGORITHMS)
    opened.verify(method.public_key)
    if opened.media_type in CREDENTIAL_MEDIA_TYPES:
        credential = Credential.parse(opened.document)
        require_agreement(opened.claims, party=credential.issuer, document_id=credential.id)
    else:
        presentation = Presentation.parse(opened.document)
        require_agreement(opened.claims, party=presentation.holder, document_id=presentation.id)
        if not all(isinstance(item, Envelope) for item in presentation.credentials):
            raise ProofError("a credential is not in an envelope", at="/verifiableCredential")
    return opened.document


def _method(key: str) -> VerificationMethod:
    return VerificationMethod.parse(strict_json.parse_object(key))


def _require_defined(credential: JsonObject) -> None:
    """Refuse to sign what no context defines, and members that only a `@vocab` catches."""
    JsonLd(contexts.bundled()).to_quads(credential)
    defined = set(_terms(as_array(credential["@context"], at="/@context")))
    for name in credential:
        if name != "@context" and name not in defined:
            raise DataLossError("no context defines a member of the credential by name")


def _terms(context: JsonValue) -> Iterator[str]:
    """Yield each term that a context defines, those for a type's members included."""
    match context:
        case str():
            yield from _terms(contexts.bundled().document(context)["@context"])
        case Mapping():
            for name, definition in context.items():
                yield name
                if isinstance(definition, Mapping):
                    yield from _terms(definition.get("@context"))
        case Sequence():
            for item in context:
                yield from _terms(item)
        case _:
            return


def _paths(text: str | None) -> Sequence[ClaimPath]:
    if text is None:
        return ()
    value = strict_json.parse(text)
    return [_path(item) for item in (as_texts(value, at="/sd") if value != [] else ())]


def _path(text: str) -> ClaimPath:
    steps = list(_STEP.finditer(text))
    if "".join(step[0] for step in steps) != text:
        raise MalformedError("not a path to a member", at="/sd")
    return tuple(step[1] if step[1] is not None else int(step[2]) for step in steps)
