"""Envelopes (JOSE, SD-JWT, COSE) and Bitstring Status Lists that are built to stall or fill us."""

import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

from ssi_core import jws
from ssi_core.credential import vc_jose_cose
from ssi_core.credential.contexts import CREDENTIALS_V2
from ssi_core.credential.enveloped import VC_COSE, VC_JWT, VC_SD_JWT, VP_JWT
from ssi_core.encoding import base64_encode, base64url_encode
from ssi_core.json_types import JsonObject
from ssi_core.status.inflate import GZIP
from ssi_core.strict_json import render
from ssi_core.verification import Evidence, FetchedCredential, verify
from tests.poison.documents import (
    EVIDENCE,
    EXPECTED,
    METHOD,
    NOW,
    POLICY,
    SIGNER,
    Prepare,
    credential,
    presentation,
    proven,
    verifying,
)

_LIST: Final = "https://clinic.example/list"
_SHORT: Final = base64url_encode(b'["",1]')


def _enveloped(media_type: str, content: str) -> dict[str, Any]:
    return {
        "@context": CREDENTIALS_V2,
        "type": "EnvelopedVerifiableCredential",
        "id": f"data:{media_type},{content}",
    }


def _cose(data: bytes) -> Callable[[], object]:
    return verifying(_enveloped(f"{VC_COSE};base64", base64_encode(data)))


def _bomb(size: int) -> Callable[[], object]:
    """Return the verification of a credential whose status list inflates to `size` zeros."""
    compressor = zlib.compressobj(9, zlib.DEFLATED, GZIP)
    parts = [*(compressor.compress(bytes(1_000_000)) for _ in range(size // 1_000_000))]
    encoded = "u" + base64url_encode(b"".join([*parts, compressor.flush()]))
    subject = {
        "type": "BitstringStatusList",
        "statusPurpose": "revocation",
        "encodedList": encoded,
    }
    listed = credential(
        subject, {}, id=_LIST, type=["VerifiableCredential", "BitstringStatusListCredential"]
    )
    entry = {
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "7",
        "statusListCredential": _LIST,
    }
    body = render(proven(listed)).encode()
    evidence: Evidence = replace(
        EVIDENCE,
        status_credentials={_LIST: FetchedCredential(media_type="application/vc", body=body)},
    )
    secured = proven(credential({"a": 1}, credentialStatus=entry))
    return lambda: verify(secured, evidence=evidence, policy=POLICY, expected=None, at=NOW)


def _sd_jwt(disclosures: list[str]) -> Callable[[], object]:
    claims: JsonObject = credential({"id": "urn:a"}, [])
    header: JsonObject = {"typ": "vc+sd-jwt", "kid": METHOD}
    signed = jws.sign(header, claims, signer=SIGNER)
    return verifying(_enveloped(VC_SD_JWT, "~".join([signed, *disclosures, ""])))


def _many_envelopes(count: int) -> Callable[[], object]:
    one = vc_jose_cose.issue(
        credential({"id": "urn:a"}, []), media_type=VC_JWT, key_id=METHOD, signer=SIGNER
    ).source
    inside = {"aud": str(EXPECTED.domain), "nonce": EXPECTED.challenge}
    outer = jws.sign(
        {"typ": "vp+jwt", "kid": METHOD}, {**presentation([one] * count), **inside}, signer=SIGNER
    )
    envelope = {**_enveloped(VP_JWT, outer), "type": "EnvelopedVerifiablePresentation"}
    return verifying(envelope, EXPECTED)


def envelopes() -> Iterator[tuple[str, Prepare]]:
    yield "vc+jwt: 10 MB", lambda: verifying(_enveloped(VC_JWT, f"{'a' * 10_000_000}.b.c"))
    yield "vc+sd-jwt: a million disclosures", lambda: _sd_jwt([_SHORT] * 1_000_000)
    yield "vc+sd-jwt: as many disclosures as fit", lambda: _sd_jwt([_SHORT] * 116_000)
    yield "vp+jwt: 1,000 envelopes", lambda: _many_envelopes(1_000)
    for name, data in {
        "10 MB": b"\xd2\x84\x40\xa0\x5a\x00\x98\x96\x80" + bytes(10_000_000) + b"\x40",
        "arrays 700,000 deep": b"\xd2\x84" + b"\x81" * 700_000,
        "tags 700,000 deep": b"\xd2" * 700_000,
        "arrays without end": b"\xd2\x84" + b"\x9f" * 700_000,
        "an array of 2^62": b"\xd2\x9b\x3f" + b"\xff" * 7,
        "a map of 2^32": b"\xd2\x84\x40\xba\xff\xff\xff\xff",
        "bytes of 2^62": b"\xd2\x84\x5b\x3f" + b"\xff" * 7,
        "a million items": b"\xd2\x84\x40\xa0\x40\x9a\x00\x0f\x42\x40" + b"\x00" * 1_000_000,
        "a header that is all there is": b"\xd2\x84\x5a\x00\x0a\xae\x60" + b"\x81" * 700_000,
    }.items():
        yield f"vc+cose: {name}", partial(_cose, data)


def bitstrings() -> Iterator[tuple[str, Prepare]]:
    yield "Bitstring: 200 MB of zeros", lambda: _bomb(200_000_000)
    yield "Bitstring: 600 MB of zeros", lambda: _bomb(600_000_000)
