"""One entry of a did:webvh 1.0 log by itself: its form, its hash, its proofs.

https://identity.foundation/didwebvh/v1.0/#the-did-log-file
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self, final

from ssi_core import jcs, strict_json
from ssi_core.encoding import base58btc_encode, sha256_multihash
from ssi_core.errors import MalformedError, ProofError
from ssi_core.json_types import JsonObject
from ssi_core.keys import public_key_from_multikey
from ssi_core.period import from_rfc3339
from ssi_core.proof.data_integrity import (
    check_options,
    proofs_of,
    without_proofs,
)
from ssi_core.proof.eddsa_jcs_2022 import EddsaJcs2022, hash_canonical
from ssi_core.proof.suite import config_of, in_context_of
from ssi_core.strict_json import as_object, as_text

# What stands for the SCID while the first entry is hashed to make it.
SCID_PLACEHOLDER: Final = "{SCID}"
_VERSION_ID: Final = re.compile(r"([1-9][0-9]{0,8})-([1-9A-HJ-NP-Za-km-z]{46})", re.ASCII)
_SUITE: Final = EddsaJcs2022()


@dataclass(frozen=True, slots=True, kw_only=True)
@final
class LogEntry:
    """One line of a log. Parsing proves nothing: `require_hash` and `require_proof_by` do."""

    number: int
    version_id: str
    time: datetime
    parameters: JsonObject
    state: JsonObject
    unsecured: JsonObject
    # Its canonical form, which is hashed and signed.
    canonical: bytes
    proofs: tuple[JsonObject, ...]

    @classmethod
    def parse(cls, line: JsonObject) -> Self:
        """Take an entry apart; unknown members stay in `unsecured`: they are hashed and signed."""
        version_id = as_text(line.get("versionId"), at="/versionId")
        if (match := _VERSION_ID.fullmatch(version_id)) is None:
            raise MalformedError("versionId is a number, a dash and a hash", at="/versionId")
        time = as_text(line.get("versionTime"), at="/versionTime")
        if not time.endswith(("Z", "+00:00")):
            raise MalformedError("versionTime is in UTC", at="/versionTime")
        unsecured = without_proofs(line)
        return cls(
            number=int(match[1]),
            version_id=version_id,
            time=from_rfc3339(time, at="/versionTime"),
            parameters=as_object(line.get("parameters"), at="/parameters"),
            state=as_object(line.get("state"), at="/state"),
            unsecured=unsecured,
            canonical=jcs.canonicalize(unsecured),
            proofs=proofs_of(line),
        )

    def require_scid(self, scid: str) -> None:
        """Return if this first entry hashes to `scid`."""
        text = jcs.canonicalize({**self.unsecured, "versionId": scid}).decode()
        # Left in, it would give two different first entries one SCID.
        if SCID_PLACEHOLDER in text:
            raise MalformedError("a published entry has no placeholder")
        preliminary = strict_json.parse_object(text.replace(scid, SCID_PLACEHOLDER))
        if scid_of(preliminary) != scid:
            raise ProofError("SCID does not match the first entry", at="/parameters/scid")

    def require_hash(self, *, predecessor: str) -> None:
        """Return if the entry continues `predecessor`: the versionId before it, or the SCID."""
        if self._hash_after(predecessor) != self.version_id.partition("-")[2]:
            raise ProofError("entry hash does not match the entry", at="/versionId")

    def require_proof_by(self, update_keys: Collection[str]) -> None:
        """Return if every proof holds and was made by one of these multikeys."""
        for proof in self.proofs:
            check_options(proof, purpose="assertionMethod")
            if "previousProof" in proof:
                raise ProofError("log entries have no proof chains", at="/proof/previousProof")
            if proof.get("cryptosuite") != _SUITE.name:
                raise ProofError("log entries use eddsa-jcs-2022", at="/proof/cryptosuite")
            key = public_key_from_multikey(_authorised_key(proof, update_keys), at="/proof")
            signed = self.canonical
            if "@context" in proof:
                signed = jcs.canonicalize(in_context_of(proof, self.unsecured))
            value = as_text(proof.get("proofValue"), at="/proof/proofValue")
            _SUITE.check(hash_canonical(signed, config_of(proof)), value, key)

    def _hash_after(self, predecessor: str) -> str:
        """Return the `entry_hash`, from the canonical form that is here already.

        In it, members stand in order: after `versionId` comes what an object of the later members
        alone would have, and nothing before changes with its value, which needs no escapes.
        """
        later = {name: value for name, value in self.unsecured.items() if name > "versionId"}
        if len(later) == 1:
            # Every entry has a versionTime, which `parse` let through as a time: no escapes either.
            tail = f'","versionTime":"{self.unsecured["versionTime"]}"}}'
        else:
            tail = f'",{jcs.canonicalize(later)[1:].decode()}'
        before = self.canonical.removesuffix(f"{self.version_id}{tail}".encode())
        content = before + f"{predecessor}{tail}".encode()
        return base58btc_encode(sha256_multihash(content))


def scid_of(preliminary: JsonObject) -> str:
    """Return the SCID of a first entry that has the placeholder wherever the SCID will be."""
    return base58btc_encode(sha256_multihash(jcs.canonicalize(preliminary)))


def entry_hash(unsecured: JsonObject, *, predecessor: str) -> str:
    """Return the hash of an entry without proof: the second half of its versionId."""
    content = jcs.canonicalize({**unsecured, "versionId": predecessor})
    return base58btc_encode(sha256_multihash(content))


def key_hash(multikey: str) -> str:
    """Return the hash of a key, as `nextKeyHashes` announces it."""
    try:
        return base58btc_encode(sha256_multihash(multikey.encode("utf-8")))
    except UnicodeEncodeError:
        raise MalformedError("not a multikey", at="/parameters/updateKeys") from None


def _authorised_key(proof: JsonObject, update_keys: Collection[str]) -> str:
    at = "/proof/verificationMethod"
    method = as_text(proof.get("verificationMethod"), at=at)
    multikey = method.rpartition("#")[2]
    if method != f"did:key:{multikey}#{multikey}":
        raise MalformedError("not the verification method of a did:key", at=at)
    if multikey not in update_keys:
        raise ProofError("the key is not authorised to update the DID", at=at)
    return multikey
