"""CL signatures: the only module that touches the AnonCreds library, everything as JSON text.

What `anoncreds` 0.2.3 leaves to its caller, found by trying, and where it is made good:

* `verify` does not compare the predicates of the request with those that were proven: whoever
  proved `birth <= 20081126` passes for `birth >= 20200101`. `answer` compares.
* The `raw` value of a revealed attribute is not covered: any text passes beside the `encoded`
  value that was signed. `answer` encodes it again. `7`, `007` and `+7` have one encoding, so
  integers in another than the shortest form are refused, when issued and when presented.
* An attribute that was asked for may be left unrevealed, or answered by another credential than
  the rest: refused in `presentation` and `answer`.
* Nothing ties a schema's id to the credential definition, nor a registry to it: `objects` and
  `ssi_core.verification.anoncreds` do.
* Malformed presentations can panic inside: the shape is checked before in `presentation`, and the
  size of every number, since arithmetic on long ones takes long.
* A NUL ends every text that is handed to it: refused in values, names and referents.
* Its errors quote values: none leaves this module.
* The private half of a definition and the link secret are plain text to it: see `secret`.

Calls block, and release the interpreter's lock. Making a definition takes seconds.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, Final

from ssi_core.errors import MalformedError, ProofError, QueryError, SsiError, UnavailableError

_SIGNATURE_TYPE: Final = "CL"
_REGISTRY_TYPE: Final = "CL_ACCUM"
# Which of a holder's link secrets it is: we have one.
_NAMED: Final = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryPart:
    """What issuing a revocable credential takes beside the definition."""

    registry: str
    private: str = field(repr=False)
    status_list: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerPart:
    """One credential, the referents that it answers, and its witness against a status list."""

    credential: str = field(repr=False)
    attributes: Sequence[str]
    predicates: Sequence[str]
    timestamp: int | None = None
    witness: str | None = field(default=None, repr=False)


def require() -> None:
    """Return if the library is installed; raise `UnavailableError` that names the extra if not."""
    _library()


def new_link_secret() -> str:
    """Return a fresh link secret."""
    with _foreign(UnavailableError("a link secret could not be made")) as library:
        return str(library.create_link_secret())


def new_definition(
    schema: str, *, schema_id: str, issuer: str, tag: str, revocable: bool
) -> tuple[str, str, str]:
    """Return a definition, its private half and its correctness proof; takes seconds."""
    with _foreign(MalformedError("no credential definition can be made of this")) as library:
        made = library.CredentialDefinition.create(
            schema_id,
            library.Schema.load(schema),
            issuer,
            tag,
            _SIGNATURE_TYPE,
            support_revocation=revocable,
        )
        public, private, proof = (part.to_json() for part in made)
        return public, private, proof


def new_registry(
    definition: str, *, definition_id: str, issuer: str, tag: str, size: int, tails_folder: str
) -> tuple[str, str]:
    """Return a registry definition and its private half; a tails file is written into the folder.

    The `tailsLocation` of the result is the path of that file.
    """
    with _foreign(MalformedError("no revocation registry can be made of this")) as library:
        made = library.RevocationRegistryDefinition.create(
            definition_id,
            library.CredentialDefinition.load(definition),
            issuer,
            tag,
            _REGISTRY_TYPE,
            size,
            tails_dir_path=tails_folder,
        )
        public, private = (part.to_json() for part in made)
        return public, private


def new_status_list(
    definition: str, *, registry: str, private: str, registry_id: str, issuer: str, timestamp: int
) -> str:
    """Return the first status list of a registry, in which nothing is revoked."""
    with _foreign(MalformedError("no status list can be made of this")) as library:
        made = library.RevocationStatusList.create(
            library.CredentialDefinition.load(definition),
            registry_id,
            library.RevocationRegistryDefinition.load(registry),
            library.RevocationRegistryDefinitionPrivate.load(private),
            issuer,
            issuance_by_default=True,
            timestamp=timestamp,
        )
        return str(made.to_json())


def revoke(
    status_list: str,
    *,
    definition: str,
    registry: str,
    private: str,
    indexes: Sequence[int],
    timestamp: int,
) -> str:
    """Return a later status list in which `indexes` are revoked too."""
    with _foreign(MalformedError("no status list can be made of this")) as library:
        made = library.RevocationStatusList.load(status_list).update(
            library.CredentialDefinition.load(definition),
            library.RevocationRegistryDefinition.load(registry),
            library.RevocationRegistryDefinitionPrivate.load(private),
            None,
            list(indexes),
            timestamp,
        )
        return str(made.to_json())


def new_offer(*, schema_id: str, definition_id: str, correctness_proof: str) -> str:
    """Return a credential offer with a fresh nonce."""
    with _foreign(MalformedError("no offer can be made of this")) as library:
        proof = library.KeyCorrectnessProof.load(correctness_proof)
        return str(library.CredentialOffer.create(schema_id, definition_id, proof).to_json())


def new_request(offer: str, *, definition: str, link_secret: str, entropy: str) -> tuple[str, str]:
    """Return a credential request and what its maker must remember, a secret."""
    with _foreign(MalformedError("no request can be made of this offer")) as library:
        request, remembered = library.CredentialRequest.create(
            entropy,
            None,
            library.CredentialDefinition.load(definition),
            link_secret,
            _NAMED,
            library.CredentialOffer.load(offer),
        )
        return str(request.to_json()), str(remembered.to_json())


def issue(
    request: str,
    *,
    offer: str,
    definition: str,
    private: str,
    values: Mapping[str, str],
    registry: RegistryPart | None,
) -> str:
    """Return the credential that answers `request`; its holder has to complete it."""
    with _foreign(MalformedError("no credential can be made of this")) as library:
        config = None
        if registry is not None:
            config = library.CredentialRevocationConfig(
                library.RevocationRegistryDefinition.load(registry.registry),
                library.RevocationRegistryDefinitionPrivate.load(registry.private),
                library.RevocationStatusList.load(registry.status_list),
                registry.index,
            )
        made = library.Credential.create(
            library.CredentialDefinition.load(definition),
            library.CredentialDefinitionPrivate.load(private),
            library.CredentialOffer.load(offer),
            library.CredentialRequest.load(request),
            dict(values),
            None,
            config,
        )
        return str(made.to_json())


def complete(
    credential: str,
    *,
    remembered: str,
    link_secret: str,
    definition: str,
    registry: str | None,
) -> str:
    """Return the credential as its holder keeps it, if the issuer's signature holds."""
    with _foreign(ProofError("the credential is not what was requested")) as library:
        done = library.Credential.load(credential).process(
            library.CredentialRequestMetadata.load(remembered),
            link_secret,
            library.CredentialDefinition.load(definition),
            None if registry is None else library.RevocationRegistryDefinition.load(registry),
        )
        return str(done.to_json())


def witness(registry: str, *, status_list: str, index: int, tails_file: str) -> str:
    """Return what shows that `index` is not revoked on `status_list`."""
    with _foreign(UnavailableError("no witness can be made of this tails file")) as library:
        made = library.CredentialRevocationState.create(
            library.RevocationRegistryDefinition.load(registry),
            library.RevocationStatusList.load(status_list),
            index,
            tails_file,
        )
        return str(made.to_json())


def present(
    request: str,
    answers: Sequence[AnswerPart],
    *,
    link_secret: str,
    schemas: Mapping[str, str],
    definitions: Mapping[str, str],
) -> str:
    """Return a presentation; a predicate that is false cannot be proven."""
    with _foreign(QueryError("the credentials do not answer the request")) as library:
        chosen = library.PresentCredentials()
        for answer in answers:
            credential = library.Credential.load(answer.credential)
            state = answer.witness and library.CredentialRevocationState.load(answer.witness)
            options: dict[str, Any] = {"timestamp": answer.timestamp, "rev_state": state}
            if answer.attributes:
                chosen.add_attributes(credential, *answer.attributes, reveal=True, **options)
            if answer.predicates:
                chosen.add_predicates(credential, *answer.predicates, **options)
        made = library.Presentation.create(
            library.PresentationRequest.load(request),
            chosen,
            {},
            link_secret,
            {name: library.Schema.load(text) for name, text in schemas.items()},
            {name: library.CredentialDefinition.load(text) for name, text in definitions.items()},
        )
        return str(made.to_json())


def proof_holds(
    presentation: str,
    request: str,
    *,
    schemas: Mapping[str, str],
    definitions: Mapping[str, str],
    registries: Mapping[str, str],
    status_lists: Sequence[str],
) -> bool:
    """Say whether the arithmetic of a presentation is right, which is not enough: see above."""
    with _foreign(ProofError("the proof does not hold")) as library:
        verified: object = library.Presentation.load(presentation).verify(
            library.PresentationRequest.load(request),
            {name: library.Schema.load(text) for name, text in schemas.items()},
            {name: library.CredentialDefinition.load(text) for name, text in definitions.items()},
            {
                name: library.RevocationRegistryDefinition.load(text)
                for name, text in registries.items()
            },
            [library.RevocationStatusList.load(text) for text in status_lists],
        )
        return verified is True


@contextmanager
def _foreign(refusal: SsiError) -> Iterator[Any]:
    library = _library()
    try:
        yield library
    except Exception:  # noqa: BLE001 - whatever it raises quotes values
        raise refusal from None


def _library() -> ModuleType:
    try:
        import anoncreds  # noqa: PLC0415 - an extra: most installations do without
    except ImportError:
        raise UnavailableError("AnonCreds needs the extra: consentry[anoncreds]") from None
    module: ModuleType = anoncreds
    return module
