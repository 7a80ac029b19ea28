"""openvc-core on the medical credential, where it is installed: the same bytes as ours."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from consentry.bench.machine import version_of
from consentry.bench.measure import Case, often
from ssi_core.credential.contexts import HEALTH_V1, bundled
from ssi_core.encoding import base64url_encode
from ssi_core.json_types import JsonObject
from ssi_core.keys import Ed25519Signer

_PACKAGE: Final = "openvc-core"


def openvc_cases(
    signer: Ed25519Signer, credential: JsonObject, *, method: str
) -> tuple[Sequence[Case], Sequence[str]]:
    """Return cases of openvc-core if it is here, a remark if not."""
    if version_of(_PACKAGE) is None:
        return (), (f"{_PACKAGE} is not installed, so it was not measured.",)
    jwk = {**signer.public_key.jwk, "d": base64url_encode(signer.secret)}
    key = import_module("openvc.keys").Ed25519SigningKey.from_jwk(jwk, method)
    contexts = {HEALTH_V1: bundled().document(HEALTH_V1)}
    rdfc = import_module("openvc.proof.data_integrity").DataIntegrityProofSuite()
    jcs = import_module("openvc.proof.di_jcs").EddsaJcsProofSuite()
    signing = {"signing_key": key, "verification_method": method}
    return (
        *_cases("eddsa-rdfc-2022", rdfc, credential, signing, extra_contexts=contexts),
        *_cases("eddsa-jcs-2022", jcs, credential, signing),
    ), ()


def _cases(
    name: str,
    suite: Any,
    credential: JsonObject,
    signing: Mapping[str, Any],
    **more: Any,
) -> Iterator[Case]:
    secured = suite.add_proof(credential, **signing, **more)
    suite.verify(secured, **more)
    yield Case(
        name=f"{_PACKAGE}: {name} issue",
        run=often(lambda: suite.add_proof(credential, **signing, **more)),
    )
    yield Case(name=f"{_PACKAGE}: {name} verify", run=often(lambda: suite.verify(secured, **more)))
