"""The Bitstring Status Lists of what the profile issued, kept in memory.

https://www.w3.org/TR/vc-bitstring-status-list/. One list for each type of key and purpose.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Final, final

from consentry.harness.keys import HarnessKeys, did_of, method_of
from consentry.harness.ports import Clock
from consentry.harness.suites import issuer_suite
from ssi_core.credential.status_list_credential import status_list_credential
from ssi_core.credential.status_list_entry import BitstringStatusListEntry
from ssi_core.did.document import VerificationRelationship
from ssi_core.errors import MalformedError, NotFoundError, OverloadedError
from ssi_core.json_types import JsonObject
from ssi_core.proof.data_integrity import add_proof
from ssi_core.rdf.json_ld import JsonLd
from ssi_core.status.bitstring import MINIMUM_ENTRIES, BitstringStatusList

PURPOSES: Final = ("revocation", "suspension")
# Which key and suite sign the list for credentials of a key; base proofs are not for verifiers.
_SIGNED_BY: Final[Mapping[str, tuple[str, str]]] = {
    "Ed25519": ("eddsa-rdfc-2022", "Ed25519"),
    "P-256": ("ecdsa-rdfc-2019", "P-256"),
    "P-384": ("ecdsa-rdfc-2019", "P-384"),
    "Bls12381G2": ("eddsa-rdfc-2022", "Ed25519"),
}
_LIFETIME: Final = timedelta(minutes=5)
# Harnesses look again at once.
_TTL: Final = timedelta(seconds=1)


@dataclass(slots=True)
class _List:
    key_type: str
    purpose: str
    bits: BitstringStatusList = field(default_factory=BitstringStatusList.new)
    given: set[int] = field(default_factory=set)


@final
class StatusLists:
    """Gives credentials their places, and publishes what was set there. Threads may share it."""

    def __init__(
        self, keys: HarnessKeys, *, public_url: str, json_ld: JsonLd, clock: Clock
    ) -> None:
        self._keys = keys
        self._json_ld = json_ld
        self._clock = clock
        self._lock = Lock()
        self._lists = {
            f"{public_url}/status-lists/{key_type}/{purpose}": _List(key_type, purpose)
            for key_type in _SIGNED_BY
            for purpose in PURPOSES
        }
        self._public_url = public_url

    def enter(self, credential: JsonObject, *, key_type: str, purpose: str) -> JsonObject:
        """Return `credential` with an entry more among its statuses, at a place of its own."""
        url = self.url(key_type, purpose)
        entry = BitstringStatusListEntry(purpose=purpose, index=self._place(url), list_url=url)
        added = {"id": f"{url}#{entry.index}", **entry.to_json()}
        given = credential.get("credentialStatus")
        if given is None:
            return {**credential, "credentialStatus": added}
        others = given if isinstance(given, list | tuple) else (given,)
        return {**credential, "credentialStatus": [*others, added]}

    def set(self, entry: JsonObject, *, status: bool) -> None:
        """Set or clear what `entry`, of a credential that was issued here, stands for."""
        found = BitstringStatusListEntry.parse(entry)
        status_list = self._find(found.list_url)
        with self._lock:
            if found.index not in status_list.given:
                raise MalformedError("no credential has this place", at="/credentialStatus")
            status_list.bits = status_list.bits.with_status({found.index: int(status)})

    def url(self, key_type: str, purpose: str) -> str:
        """Return where a list is served."""
        return f"{self._public_url}/status-lists/{key_type}/{purpose}"

    def published(self, url: str) -> JsonObject:
        """Return the signed list credential of `url`; `NotFoundError` if it is not one of ours."""
        status_list, at = self._find(url), self._clock.now().replace(microsecond=0)
        suite, key_type = _SIGNED_BY[status_list.key_type]
        signer = self._keys.named(key_type)
        return add_proof(
            status_list_credential(
                status_list.bits,
                url=url,
                issuer=str(did_of(signer)),
                purposes=[status_list.purpose],
                valid_from=at,
                valid_until=at + _LIFETIME,
                ttl=_TTL,
            ),
            signer=signer,
            verification_method=method_of(signer),
            purpose=VerificationRelationship.ASSERTION_METHOD.value,
            created=at,
            suite=issuer_suite(suite, key_type, json_ld=self._json_ld, mandatory_pointers=()),
        )

    def _find(self, url: str) -> _List:
        found = self._lists.get(url)
        if found is None:
            raise NotFoundError("there is no such status list here")
        return found

    def _place(self, url: str) -> int:
        given = self._find(url).given
        with self._lock:
            if len(given) >= MINIMUM_ENTRIES:
                raise OverloadedError("the status list is full")
            # Drawn, so that an index tells nothing of when the credential was issued.
            while (index := secrets.randbelow(MINIMUM_ENTRIES)) in given:
                pass
            given.add(index)
            return index
