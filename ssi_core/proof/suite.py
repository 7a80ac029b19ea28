"""What a Data Integrity cryptosuite must offer, and how callers allow some of them."""

from collections.abc import Iterable
from typing import Protocol, final

from ssi_core.errors import AlgorithmError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey, Signer


class Cryptosuite(Protocol):
    """The suite-specific steps of the Data Integrity algorithms: pure, stateless."""

    @property
    def name(self) -> str:
        """The `cryptosuite` member of a proof made with this suite."""
        ...

    def hash_data(self, document: JsonObject, proof_config: JsonObject) -> bytes:
        """Transform and hash an unsecured document together with its proof options."""
        ...

    def sign(self, hash_data: bytes, signer: Signer) -> str:
        """Return the `proofValue`; raise `AlgorithmError` for a key of another kind."""
        ...

    def check(self, hash_data: bytes, proof_value: str, key: PublicKey) -> None:
        """Return if the proof holds; raise `ProofError` or `MalformedError` if not."""
        ...


@final
class AllowedSuites:
    """The cryptosuites this caller accepts. There is no global list and no default."""

    def __init__(self, suites: Iterable[Cryptosuite]) -> None:
        self._by_name = {suite.name: suite for suite in suites}

    def named(self, name: str) -> Cryptosuite:
        """Return the suite called `name`, or refuse the proof with `AlgorithmError`."""
        try:
            return self._by_name[name]
        except KeyError:
            raise AlgorithmError(
                "cryptosuite is not allowed here", at="/proof/cryptosuite"
            ) from None
