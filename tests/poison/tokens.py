"""Tokens, JSON texts and status lists that are built to stall or to fill us."""

import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from ssi_core import jws
from ssi_core.credential.sd_jwt_vc import TYPE
from ssi_core.encoding import base58btc_decode, base64url_encode, multibase_decode
from ssi_core.json_types import JsonObject
from ssi_core.jwe import AgreementKey, decrypt
from ssi_core.keys import P256Signer
from ssi_core.proof.disclosure import Disclosure
from ssi_core.status import token as status_token
from ssi_core.verification import Evidence, verify
from tests.poison.documents import Prepare, verifying
from tests.simulator.credentials import (
    EXPECTED,
    NOON,
    POLICY,
    STATUS_URI,
    VCT,
    Issuer,
    present,
)

CLINIC: Final = Issuer()
HOLDER: Final = P256Signer.generate()
# What a token of a megabyte can hold.
FITTING: Final = 1_048_576


def sd_jwt(payload: dict[str, Any], disclosures: list[str]) -> str:
    """Return an SD-JWT VC that the clinic signed, as large as it may become."""
    claims = {"iss": str(CLINIC.did), "vct": VCT, "cnf": {"jwk": HOLDER.public_key.jwk}, **payload}
    signed = jws.sign({"typ": TYPE, "kid": CLINIC.key_id}, claims, signer=CLINIC.signer)
    return "~".join([signed, *disclosures, ""])


def presented(text: str, evidence: Evidence | None = None) -> Callable[[], object]:
    facts = evidence or CLINIC.evidence()
    return lambda: verify(text, evidence=facts, policy=POLICY, expected=EXPECTED, at=NOON)


def recursive(depth: int) -> str:
    """Return an SD-JWT whose disclosures each hold the digest of the next."""
    disclosures = [Disclosure.make("a", 1)]
    for _ in range(depth):
        disclosures.append(Disclosure.make("a", {"_sd": [disclosures[-1].digest()]}))
    return sd_jwt({"_sd": [disclosures[-1].digest()]}, [item.text for item in disclosures])


def many_digests(count: int) -> str:
    return sd_jwt(
        {"_sd": [base64url_encode(index.to_bytes(32, "big")) for index in range(count)]}, []
    )


def many_disclosed(count: int) -> str:
    items = [Disclosure.make(f"c{index}", index) for index in range(count)]
    return sd_jwt({"_sd": [item.digest() for item in items]}, [item.text for item in items])


def bomb(size: int) -> Callable[[], object]:
    """Return a verification by a status list of `size` zeros, or of as many as fit a token."""
    compressed = zlib.compressobj(9)
    text = b"".join(
        [*(compressed.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)),
         compressed.flush()]
    )  # fmt: skip
    claims: JsonObject = {
        "sub": STATUS_URI,
        "iat": int(NOON.timestamp()) - 60,
        "status_list": {"bits": 1, "lst": base64url_encode(text)},
    }
    header = {"typ": status_token.TYPE, "kid": CLINIC.key_id}
    token = jws.sign(header, claims, signer=CLINIC.signer)
    evidence = CLINIC.evidence(status_lists={STATUS_URI: token})
    return presented(str(present(CLINIC.issue(HOLDER), HOLDER)), evidence)


def sd_jwts() -> Iterator[tuple[str, Prepare]]:
    short = base64url_encode(b'["",1]')
    yield "SD-JWT: a million disclosures", lambda: presented(sd_jwt({}, [short] * 1_000_000))
    yield (
        "SD-JWT: as many disclosures as fit",
        lambda: presented(sd_jwt({}, [short] * (FITTING // 9 - 200))),
    )
    yield "SD-JWT: 10,000 disclosures alike", lambda: presented(sd_jwt({}, [short] * 10_000))
    yield "SD-JWT: a million tildes", lambda: presented(sd_jwt({}, [""] * 1_000_000))
    yield "SD-JWT: 5,000 disclosures that are named", lambda: presented(many_disclosed(5_000))
    yield "SD-JWT: 15,000 digests of nothing", lambda: presented(many_digests(15_000))
    yield "SD-JWT: disclosures nested 2,000 deep", lambda: presented(recursive(2_000))
    yield "SD-JWT: 10 MB", lambda: presented("x" * 10_000_000)
    yield "SD-JWT: a disclosure of 10 MB", lambda: presented(f"a.b.c~{'x' * 10_000_000}~")
    yield (
        "SD-JWT: deep JSON in a disclosure",
        lambda: presented(
            sd_jwt({}, [base64url_encode(b'["s","n",' + b"[" * 300_000 + b"]" * 300_000 + b"]")])
        ),
    )


def texts() -> Iterator[tuple[str, Prepare]]:
    yield "JWT: 10 MB", lambda: lambda: jws.parse("a" * 10_000_000 + ".b.c")
    yield "JWT: a million dots", lambda: lambda: jws.parse("." * 1_000_000)
    yield "JSON: 10 MB", lambda: verifying(json.dumps({"a": "x" * 10_000_000}))
    yield "JSON: nested 400,000 deep", lambda: verifying('{"a":' * 100_000 + "1" + "}" * 100_000)
    yield "JSON: arrays 400,000 deep", lambda: verifying('{"a":' + "[" * 400_000)
    yield "JSON: an integer of a million digits", lambda: verifying('{"a":' + "9" * 1_000_000 + "}")
    yield "JSON: a number of a million digits", lambda: verifying('{"a":0.' + "9" * 1_000_000 + "}")
    yield "JSON: 150,000 members alike", lambda: verifying("{" + '"a":1,' * 150_000 + '"a":1}')
    yield "JSON: a million backslashes", lambda: verifying('{"a":"' + "\\" * 1_000_000)
    yield "JSON: half a million quotes", lambda: verifying("{" + '"' * 500_000 + "[" * 100)
    yield "JWE: 10 MB", lambda: _decrypting("a" * 10_000_000 + "....")
    yield "base58: a million characters", lambda: lambda: base58btc_decode("z" * 1_000_000)
    yield "base58: a multibase of a million", lambda: lambda: multibase_decode("z" * 1_000_000)
    yield (
        "did:key of a million characters",
        lambda: verifying(
            json.dumps({"proof": {"verificationMethod": "did:key:z" + "z" * 1_000_000}})
        ),
    )


def _decrypting(text: str) -> Callable[[], object]:
    key = AgreementKey.generate()
    return lambda: decrypt(text, key=key)


def status_lists() -> Iterator[tuple[str, Prepare]]:
    yield "status list: 200 MB of zeros", lambda: bomb(200_000_000)
    yield "status list: 600 MB of zeros", lambda: bomb(600_000_000)
    yield (
        "status list: 10 MB token",
        lambda: presented(
            str(present(CLINIC.issue(HOLDER), HOLDER)),
            CLINIC.evidence(status_lists={STATUS_URI: "x" * 10_000_000}),
        ),
    )
