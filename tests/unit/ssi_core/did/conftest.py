"""A did:webvh controller who signs whatever it is told to, rules or not."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from ssi_core import strict_json
from ssi_core.did import key
from ssi_core.did.webvh_entry import SCID_PLACEHOLDER, entry_hash, key_hash, scid_of
from ssi_core.keys import Ed25519Signer, Signer
from ssi_core.proof.data_integrity import add_proof

START: Final = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE: Final = "clinic.example"

Line = dict[str, Any]


class WebvhAuthor:
    """Makes log entries whose hash and proof hold, and whose content is the test's affair."""

    start = START

    def signer(self, number: int) -> Ed25519Signer:
        return Ed25519Signer(bytes([number]) * 32)

    def multikey(self, number: int) -> str:
        return self.signer(number).public_key.multikey

    def hash(self, number: int) -> str:
        return key_hash(self.multikey(number))

    def witness(self, threshold: int, *numbers: int) -> Line:
        dids = [{"id": str(key.did_for(self.signer(number).public_key))} for number in numbers]
        return {"threshold": threshold, "witnesses": dids}

    def first(
        self,
        *,
        place: str = PLACE,
        signer: Signer | None = None,
        parameters: Line | None = None,
        state: Line | None = None,
        **members: Any,
    ) -> Line:
        """Return a first entry; key 1 signs and updates unless told otherwise."""
        given = {
            "method": "did:webvh:1.0",
            "scid": SCID_PLACEHOLDER,
            "updateKeys": [self.multikey(1)],
            **(parameters or {}),
        }
        did = f"did:webvh:{SCID_PLACEHOLDER}:{place}"
        preliminary = {
            "versionId": SCID_PLACEHOLDER,
            "versionTime": "2026-03-01T12:00:00Z",
            "parameters": {name: value for name, value in given.items() if value is not ...},
            "state": {"id": did, **(state or {})},
            **members,
        }
        scid = scid_of(preliminary)
        text = strict_json.render(preliminary).replace(SCID_PLACEHOLDER, scid)
        unsecured = dict(strict_json.parse_object(text))
        return self.sealed(unsecured, number=1, predecessor=scid, signer=signer)

    def after(
        self,
        previous: Line,
        *,
        number: int | None = None,
        seconds: int = 60,
        predecessor: str | None = None,
        signer: Signer | None = None,
        parameters: Line | None = None,
        state: Line | None = None,
        **members: Any,
    ) -> Line:
        """Return an entry that follows `previous`; key 1 signs unless told otherwise."""
        last, _, _ = previous["versionId"].partition("-")
        moment = datetime.fromisoformat(previous["versionTime"]) + timedelta(seconds=seconds)
        unsecured = {
            "versionTime": moment.isoformat().replace("+00:00", "Z"),
            "parameters": parameters or {},
            "state": {**previous["state"], **(state or {})},
            **members,
        }
        return self.sealed(
            unsecured,
            number=int(last) + 1 if number is None else number,
            predecessor=previous["versionId"] if predecessor is None else predecessor,
            signer=signer,
        )

    def sealed(
        self, unsecured: Line, *, number: int, predecessor: str, signer: Signer | None = None
    ) -> Line:
        """Return `unsecured` with versionId and one proof."""
        version_id = f"{number}-{entry_hash(unsecured, predecessor=predecessor)}"
        return self.signed({**unsecured, "versionId": version_id}, signer=signer)

    def signed(self, unsecured: Line, *, signer: Signer | None = None, **options: Any) -> Line:
        """Return `unsecured` with one proof."""
        by = signer or self.signer(1)
        line = add_proof(
            unsecured,
            signer=by,
            verification_method=key.method_id(key.did_for(by.public_key)),
            purpose="assertionMethod",
            created=START,
            options=options,
        )
        return {**line, "proof": [line["proof"]]}


@pytest.fixture(scope="session")
def author() -> WebvhAuthor:
    return WebvhAuthor()
