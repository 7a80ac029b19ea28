"""Grants as nearly all of them are spelled, read in one look.

Whoever writes a grant in canonical form has little choice: all but the values is fixed. So one
pattern and some comparisons say what `Entry.parse` and `ConsentGrant.parse` would find out step by
step. What they do not plainly allow is theirs altogether, errors included.
"""

import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

from registry.model.envelope import FIRST_MULTIHASH, LAST_MULTIHASH, Entry, EntryType, Proof
from registry.model.grants import HOUR, MAX_STALENESS, ConsentGrant
from registry.model.merkle import leaf_hash
from ssi_core.encoding import multibase_decode_all
from ssi_core.json_types import JsonValue
from ssi_core.period import END_OF_TIME

_SHA2_256: Final = b"\x12\x20"
_DIGEST: Final = "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
_BASE58: Final = "[1-9A-HJ-NP-Za-km-z]"
_MULTIHASH: Final = f"z{_BASE58}{{46}}"
# Up to fifteen digits, which is less than 2^53.
_NUMBER: Final = "(?:0|[1-9][0-9]{0,14})"
_GRANT: Final = re.compile(
    rf'\{{"c":\{{"pur":"({_DIGEST})","rcp":"({_DIGEST})","scp":"({_DIGEST})","sub":"({_DIGEST})",'
    rf'"trm":"({_DIGEST})"\}},"ctl":"(z{_BASE58}{{47}})","exp":({_NUMBER}),("id":"({_MULTIHASH})",)'
    rf'"log":"([^"\\]+)","ms":({_NUMBER}),"n":"({_DIGEST})","nbf":({_NUMBER}),'
    rf'"nk":"({_MULTIHASH})","prev":null,("proof":(\{{"cryptosuite":"eddsa-jcs-2022",'
    rf'"proofPurpose":"assertionMethod",)"proofValue":"(z{_BASE58}{{80,88}})",'
    r'("type":"DataIntegrityProof","verificationMethod":"did:key:\6#\6"\}),)'
    rf'"rk":"({_MULTIHASH})","seq":0,"t":"consent\.grant","ts":({_NUMBER}),"v":1\}}',
    re.ASCII,
)


def read_all(raws: Sequence[bytes], *, log: str) -> list[tuple[Entry, ConsentGrant] | None]:
    """Return each grant for `log` as the two parsers would; nothing where these must see it."""
    read = [_read(raw, log) for raw in raws]
    ids = multibase_decode_all([found[1].id for found in read if found is not None])
    given = iter(ids)
    return [
        (found[0], found[1]) if found is not None and next(given) == found[2] else None
        for found in read
    ]


def _read(raw: bytes, log: str) -> tuple[Entry, ConsentGrant, bytes] | None:
    """Return the grant, and the multihash that its id has to be."""
    if not raw.isascii():
        return None
    found = _GRANT.fullmatch(raw.decode("ascii"))
    if found is None or found[10] != log:
        return None
    parts = found.groups()
    pur, rcp, scp, sub, trm, control, exp, _, grant_id, _, ms, nonce, nbf, next_key, _ = parts[:15]
    head, value, tail, revocation, ts = parts[15:]
    not_before, expires, max_staleness, at = int(nbf), int(exp), int(ms), int(ts)
    if not (
        FIRST_MULTIHASH <= grant_id <= LAST_MULTIHASH
        and FIRST_MULTIHASH <= next_key <= LAST_MULTIHASH
        and FIRST_MULTIHASH <= revocation <= LAST_MULTIHASH
        and not_before < expires < END_OF_TIME
        and not_before % HOUR == expires % HOUR == 0
        and max_staleness <= MAX_STALENESS
        and at < END_OF_TIME
    ):
        return None
    (id_at, after_id), (proof_at, after_proof) = found.span(8), found.span(15)
    unsigned = raw[:proof_at] + raw[after_proof:]
    content = sha256(raw[:id_at] + unsigned[after_id:]).digest()
    method = f"did:key:{control}#{control}"
    data = sha256((head + tail).encode()).digest() + sha256(unsigned).digest()
    commitments: dict[str, JsonValue] = {
        "pur": pur,
        "rcp": rcp,
        "scp": scp,
        "sub": sub,
        "trm": trm,
    }
    members: dict[str, JsonValue] = {
        "c": commitments,
        "ctl": control,
        "exp": expires,
        "id": grant_id,
        "log": log,
        "ms": max_staleness,
        "n": nonce,
        "nbf": not_before,
        "nk": next_key,
        "prev": None,
        "proof": {
            "cryptosuite": "eddsa-jcs-2022",
            "proofPurpose": "assertionMethod",
            "proofValue": value,
            "type": "DataIntegrityProof",
            "verificationMethod": method,
        },
        "rk": revocation,
        "seq": 0,
        "t": "consent.grant",
        "ts": at,
        "v": 1,
    }
    grant = ConsentGrant(
        id=grant_id,
        control=control,
        proof=Proof(method, value, data),
        next_key_hash=next_key,
        revocation_key_hash=revocation,
        not_before=not_before,
        expires=expires,
        max_staleness=max_staleness,
        commitments=commitments,
    )
    entry = Entry(raw, unsigned, members, EntryType.CONSENT_GRANT, log, leaf_hash(raw))
    return entry, grant, _SHA2_256 + content
