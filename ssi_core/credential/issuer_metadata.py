"""JWT VC Issuer Metadata: draft-ietf-oauth-sd-jwt-vc, section 4.

https://datatracker.ietf.org/doc/draft-ietf-oauth-sd-jwt-vc/
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from ssi_core import strict_json
from ssi_core.errors import MalformedError, ProofError, TrustError, UnavailableError
from ssi_core.json_types import JsonObject
from ssi_core.keys import PublicKey, public_key_from_jwk
from ssi_core.strict_json import as_array, as_object, as_text

WELL_KNOWN: Final = "/.well-known/jwt-vc-issuer"


def metadata_url(issuer: str) -> str:
    """Return where the metadata of `issuer` is; it must be https, or http on a loopback host."""
    parts = _split(issuer)
    return parts._replace(path=WELL_KNOWN + parts.path.rstrip("/")).geturl()


def issuer_host(issuer: str) -> str:
    """Return the host, in lower case, of an issuer that is a URL."""
    return _split(issuer).hostname or ""


def render(issuer: str, keys: Mapping[str, PublicKey]) -> JsonObject:
    """Return the metadata of an issuer whose keys have these ids."""
    metadata_url(issuer)
    return {
        "issuer": issuer,
        "jwks": {"keys": [{**key.jwk, "kid": kid, "use": "sig"} for kid, key in keys.items()]},
    }


def parse(body: bytes, *, issuer: str) -> JsonObject:
    """Return the JWK Set of `issuer`, which must stand in the metadata itself (`jwks`)."""
    metadata = strict_json.parse_object(body)
    if as_text(metadata.get("issuer"), at="/issuer") != issuer:
        raise TrustError("the metadata is another issuer's", at="/issuer")
    if "jwks_uri" in metadata:
        raise UnavailableError("keys by reference are not fetched", at="/jwks_uri")
    return as_object(metadata.get("jwks"), at="/jwks")


def key_from(jwks: JsonObject, *, key_id: str | None) -> PublicKey:
    """Return the signing key named `key_id`, or the only one if a credential names none."""
    keys = [as_object(item, at="/keys") for item in as_array(jwks.get("keys"), at="/keys")]
    found = [
        jwk
        for jwk in keys
        if jwk.get("use", "sig") == "sig" and (key_id is None or jwk.get("kid") == key_id)
    ]
    if len(found) != 1:
        raise ProofError("the issuer has no such key, or more than one", at="/header/kid")
    return public_key_from_jwk(found[0], at="/keys")


def _split(issuer: str) -> SplitResult:
    try:
        parts = urlsplit(issuer)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise MalformedError("the issuer is not a URL", at="/iss") from None
    if not host or parts.query or parts.fragment or parts.username is not None:
        raise TrustError("the issuer is neither a DID nor a URL of an issuer", at="/iss")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise TrustError("an issuer's URL is https", at="/iss")
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
