"""The Digital Bazaar libraries, as a party that issues, derives, presents and verifies."""

from typing import Any, Final, final

from tests.support import interop
from tests.support.interop import CHALLENGE, DOMAIN, MANDATORY, Way
from tests.support.node_peers import NodePeers

_AT: Final = interop.NOW.isoformat()


@final
class DigitalBazaar:
    """One who has a key of each kind, each of them a did:key."""

    def __init__(self, node: NodePeers) -> None:
        self._node = node
        self._dids = {kind: self._identity(kind) for kind in interop.SIGNERS}
        node.know(interop.did_documents())

    def did(self, kind: str) -> str:
        """Return the DID whose key is of that kind."""
        return self._dids[kind]

    def meet(self, did: str) -> None:
        """Let the peer resolve a did:key."""
        self._node.know({did: interop.resolve(did)})

    def issue(self, document: Any, way: Way) -> Any:
        """Return `document` as a credential, with a proof."""
        return self._node.call(
            "data_integrity.issue",
            credential={**document, "issuer": self.did(way.kind)},
            did=self.did(way.kind),
            suite=way.suite,
            created=interop.CREATED,
            mandatoryPointers=MANDATORY,
        )

    def derive(self, secured: Any, suite: str, pointers: list[str]) -> Any:
        """Return what the peer discloses of a credential with a base proof."""
        return self._node.call(
            "data_integrity.derive", credential=secured, suite=suite, selectivePointers=pointers
        )

    def verify(self, secured: Any) -> bool:
        """Return True if the credential verifies; `PeerRefusedError` if not."""
        answer: bool = self._node.call("data_integrity.verify", credential=secured, now=_AT)
        return answer

    def present(self, credential: Any, way: Way) -> Any:
        """Return a presentation with a proof, made for our domain and challenge."""
        return self._node.call(
            "data_integrity.present",
            credential=credential,
            holder=self.did(way.kind),
            suite=way.suite,
            created=interop.CREATED,
            domain=DOMAIN,
            challenge=CHALLENGE,
        )

    def verify_presentation(self, presentation: Any, *, domain: str = DOMAIN) -> bool:
        """Return True if the presentation verifies; `PeerRefusedError` if not."""
        answer: bool = self._node.call(
            "data_integrity.verifyPresentation",
            presentation=presentation,
            now=_AT,
            domain=domain,
            challenge=CHALLENGE,
        )
        return answer

    def _identity(self, kind: str) -> str:
        did: str = self._node.call("data_integrity.identity", kind=kind)
        self.meet(did)
        return did
