"""Authorization Server Metadata (RFC 8414), as issuance uses it (section 12.3)."""

from dataclasses import dataclass, field
from typing import Final, Self

from ssi_core.errors import MalformedError
from ssi_core.json_types import JsonObject
from ssi_core.protocol.openid4vci.members import items, others, present
from ssi_core.protocol.openid4vci.urls import require_issuer_identifier, require_url
from ssi_core.strict_json import as_boolean, as_text

_ANONYMOUS: Final = "pre-authorized_grant_anonymous_access_supported"
_GRANT_TYPES: Final = "grant_types_supported"
_MEMBERS: Final = frozenset({"issuer", "token_endpoint", _GRANT_TYPES, _ANONYMOUS})


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationServerMetadata:
    """Where tokens are had, and for which grants."""

    issuer: str
    token_endpoint: str
    grant_types: tuple[str, ...] = ()
    anonymous_pre_authorized_access: bool = False
    others: JsonObject = field(default_factory=dict)

    @classmethod
    def parse(cls, source: JsonObject, *, issuer: str | None = None) -> Self:
        """Read the metadata; it must be of `issuer`, from whose identifier its URL was made."""
        name = as_text(source.get("issuer"), at="/issuer")
        if issuer is not None and name != issuer:
            raise MalformedError("metadata is of another server", at="/issuer")
        endpoint = as_text(source.get("token_endpoint"), at="/token_endpoint")
        return cls(
            issuer=require_issuer_identifier(name, at="/issuer"),
            token_endpoint=require_url(endpoint, at="/token_endpoint"),
            grant_types=items(source, _GRANT_TYPES, as_text),
            anonymous_pre_authorized_access=as_boolean(
                source.get(_ANONYMOUS, False), at=f"/{_ANONYMOUS}"
            ),
            others=others(source, _MEMBERS),
        )

    def render(self) -> JsonObject:
        """Return the JSON object."""
        return {
            "issuer": self.issuer,
            "token_endpoint": self.token_endpoint,
            **present(grant_types_supported=list(self.grant_types)),
            _ANONYMOUS: self.anonymous_pre_authorized_access,
            **self.others,
        }
