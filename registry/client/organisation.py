"""An organisation's identity: its keys, its did:webvh at the registry, and what it says there."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Protocol, Self, final

from registry.client.kept_organisation_log import KeptLog, OrganisationEdge
from registry.client.organisation_document import ASSERTION, LOG, organisation_document
from registry.client.organisation_keys import OrganisationKeys
from registry.client.organisation_log import AskedLog, OrganisationLog, SpokenRegistry
from registry.model import entry
from registry.model.accreditations import Role
from registry.model.envelope import Entry
from ssi_core import jws
from ssi_core.adapters.keystore import KeyStore
from ssi_core.did import webvh
from ssi_core.did.syntax import Did
from ssi_core.did.webvh import WebvhState, WitnessRule
from ssi_core.errors import ConflictError, DeactivatedError, NotFoundError, UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer, P256Signer
from ssi_core.period import Period

_FOLDER: Final = "dids"


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...


@final
class Organisation:
    """An organisation with a DID at the registry. Made by `open`."""

    def __init__(
        self, log: OrganisationLog, clock: Clock, keys: OrganisationKeys, name: str
    ) -> None:
        self._speech = log
        self._clock = clock
        self._keys = keys
        self._name = name
        self._log = log.describe()
        self._assertion = keys.assertion()
        self._log_signer = keys.log()
        self._state: WebvhState | None = None

    @classmethod
    def open(
        cls,
        name: str,
        *,
        keystore: KeyStore,
        registry: SpokenRegistry,
        clock: Clock,
        services: Sequence[JsonObject] | None = None,
        edge: OrganisationEdge | None = None,
    ) -> Self:
        """Return the organisation called `name` (a DNS label), making its DID on first use.

        Keys are kept before the registry hears of them, and the DID is found again by its place
        `dids/<name>`, so a crash at any moment is mended by opening again. `services` are those of
        the DID document, which is updated when they have changed; `None` leaves them as they are.
        Raises `ConflictError` if the name belongs to another organisation.

        With an `edge`, an organisation that has met its registry opens and speaks while that is
        away: what it says waits in the outbox. Without one, that is an `UnavailableError`.
        """
        log = AskedLog(registry) if edge is None else KeptLog(registry, edge)
        organisation = cls(log, clock, OrganisationKeys(keystore, name), name)
        organisation._find_or_create(services or ())
        if services is not None:
            organisation._offer(services)
        return organisation

    @property
    def did(self) -> Did:
        """The organisation's DID."""
        return self._known().did

    @property
    def assertion_signer(self) -> P256Signer:
        """The P-256 key for credentials, requests and receipts."""
        return self._assertion

    @property
    def assertion_key_id(self) -> str:
        """The DID URL of `assertion_signer`."""
        return f"{self.did}#{ASSERTION}"

    @property
    def log_signer(self) -> Ed25519Signer:
        """The Ed25519 key for entries in the log."""
        return self._log_signer

    @property
    def log_key_id(self) -> str:
        """The DID URL of `log_signer`."""
        return f"{self.did}#{LOG}"

    @property
    def log_origin(self) -> str:
        """The name of the log in which this organisation speaks."""
        return self._log.origin

    def sign_jws(self, claims: JsonObject, *, typ: str) -> str:
        """Return `claims` as a compact JWS of type `typ`, with the assertion key named by `kid`."""
        header = {"typ": typ, "kid": self.assertion_key_id}
        return jws.sign(header, claims, signer=self._assertion)

    def accredit_root(self, *, types: Sequence[str], period: Period) -> str:
        """Accredit itself as the root for `types`; return the accreditation's id."""
        return self.accredit(self.did, role=Role.ACCREDIT, types=types, period=period, parent=None)

    def accredit(
        self,
        subject: Did,
        *,
        role: Role | str,
        types: Sequence[str],
        period: Period,
        parent: str | None,
    ) -> str:
        """Accredit `subject`, and return the accreditation's id.

        `parent` is the id of the accreditation that gives this organisation the right to; only a
        root, which accredits itself, has none.
        """
        raw = entry.accredit_grant(
            log=self._log.origin,
            issuer=self.did,
            key_id=self.log_key_id,
            signer=self._log_signer,
            subject=subject,
            role=role,
            types=types,
            period=period,
            parent=parent,
            at=self._clock.now(),
        )
        self._speech.hand_in(raw)
        return Entry.parse(raw).require_inception_id()

    def end_accreditation(self, accreditation_id: str) -> None:
        """End an accreditation that this organisation, or one that it accredited, has given."""
        raw = entry.accredit_revoke(
            log=self._log.origin,
            accreditation_id=accreditation_id,
            issuer=self.did,
            key_id=self.log_key_id,
            signer=self._log_signer,
            at=self._clock.now(),
        )
        self._speech.hand_in(raw)

    def publish_status_list(self, uri: str, *, digest: str, ttl: timedelta) -> None:
        """Put the digest of a status list's current version into the log, unless it is there.

        Raises `ConflictError` if another process of ours published first; calling this again signs
        what comes after that.
        """
        previous = self._speech.last_publication(uri, self.did)
        if previous is not None and Entry.parse(previous).members.get("dig") == digest:
            return
        raw = entry.status_publish(
            log=self._log.origin,
            issuer=self.did,
            key_id=self.log_key_id,
            signer=self._log_signer,
            uri=uri,
            digest=digest,
            ttl=ttl,
            previous=previous,
            at=self._clock.now(),
        )
        self._speech.hand_in(raw)

    def rotate(self) -> None:
        """Replace the key that authorises changes of the DID by the one announced before."""
        self._update()

    def deactivate(self) -> None:
        """End the DID, for ever. What it has signed stays signed."""
        self._update(deactivate=True)

    def look_again(self) -> None:
        """Read the DID's log again: after what waited was sent, somebody else may have been first.

        A later change is signed for what is there now. Raises what `open` does.
        """
        self._state = self._find()

    def _known(self) -> WebvhState:
        if self._state is None:
            raise NotFoundError("the organisation has no DID yet")
        return self._state

    def _find_or_create(self, services: Sequence[JsonObject]) -> None:
        self._state = self._find()
        if self._state is None:
            try:
                self._speech.hand_in(self._first_line(services))
            except ConflictError:
                # A process of ours that started with this one was first, or somebody else was.
                self._state = self._find()
                if self._state is None:
                    raise
            self._state = self._find()
        if self._known().deactivated:
            raise DeactivatedError("the organisation's DID has been deactivated")

    def _find(self) -> WebvhState | None:
        lines = self._speech.did_lines(f"/{_FOLDER}/{self._name}")
        if not lines:
            return None
        first = WebvhState.first(lines[0])
        if first.update_keys != (self._keys.update(0).public_key.multikey,):
            raise ConflictError("the name belongs to another organisation")
        return webvh.replay(lines)

    def _first_line(self, services: Sequence[JsonObject]) -> bytes:
        line = webvh.create(
            location=f"{self._log.did_host}:{_FOLDER}:{self._name}",
            document=lambda did: self._document(did, services),
            update_key=self._keys.update(0),
            next_key_hashes=[self._announced(1)],
            at=self._clock.now(),
            witness=WitnessRule(threshold=1, witnesses=(self._log.did_witness,)),
        )
        return entry.did_op(log=self._log.origin, line=line)

    def _offer(self, services: Sequence[JsonObject]) -> None:
        wanted = self._document(self.did, services)
        if self._known().document.source != wanted:
            self._update(document=wanted)

    def _update(self, *, document: JsonObject | None = None, deactivate: bool = False) -> None:
        state = self._known()
        number = state.version_number
        line = webvh.update(
            state,
            document=document,
            update_key=self._keys.update(number),
            next_key_hashes=None if deactivate else [self._announced(number + 1)],
            at=self._clock.now(),
            deactivate=deactivate,
        )
        try:
            self._speech.hand_in(entry.did_op(log=self._log.origin, line=line))
        except ConflictError:
            # Another process of ours was first; the next change is for what it left.
            with suppress(UnavailableError):
                self.look_again()
            raise
        self._state = state.then(line)

    def _document(self, did: Did, services: Sequence[JsonObject]) -> JsonObject:
        return organisation_document(
            did,
            assertion=self._assertion.public_key,
            log=self._log_signer.public_key,
            services=services,
        )

    def _announced(self, number: int) -> str:
        return webvh.key_hash(self._keys.update(number).public_key.multikey)
