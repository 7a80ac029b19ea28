"""Keys of the wallet: one per copy of a credential, none of which ever signs for two parties."""

from collections.abc import Collection

from ssi_core import strict_json
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import AlgorithmError, MalformedError
from ssi_core.json_types import JsonObject, JsonValue
from ssi_core.keys import Ed25519PublicKey, Ed25519Signer, P256PublicKey, P256Signer, PrivateKey


def new_holder_key(algorithms: Collection[str]) -> PrivateKey:
    """Make a key of the first kind of ours among the JOSE `algorithms` that an issuer accepts.

    Raises `AlgorithmError` when there is none; an empty collection means that the issuer does
    not say, and P-256 it is.
    """
    # Phones keep P-256 in hardware, so it comes first.
    if not algorithms or P256PublicKey.algorithms & {*algorithms}:
        return P256Signer.generate()
    if Ed25519PublicKey.algorithms & {*algorithms}:
        return Ed25519Signer.generate()
    raise AlgorithmError("the issuer accepts no kind of key that this wallet makes")


def render_key(key: PrivateKey) -> JsonObject:
    """Return a private key as JSON, for the vault and nothing else."""
    return {"alg": key.public_key.algorithm, "secret": base64url_encode(key.secret)}


def parse_key(value: JsonValue, *, at: str) -> PrivateKey:
    """Read what `render_key` wrote."""
    members = strict_json.as_object(value, at=at)
    secret = base64url_decode(strict_json.as_text(members.get("secret"), at=f"{at}/secret"))
    match members.get("alg"):
        case "ES256":
            return P256Signer(secret)
        case "EdDSA":
            return Ed25519Signer(secret)
        case _:
            raise MalformedError("the vault holds a key of an unknown kind", at=f"{at}/alg")
