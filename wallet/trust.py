"""What this wallet believes without being told by a stranger: its registry, roots, certificates."""

from dataclasses import dataclass, replace
from typing import Final, Self

from ssi_core.did.syntax import Did
from ssi_core.encoding import base64url_decode, base64url_encode
from ssi_core.errors import MalformedError, NotFoundError
from ssi_core.json_types import JsonObject
from wallet.body import Body
from wallet.vault import Keep, Record, Vault

_KIND: Final = "trust"
_ID: Final = "wallet"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrustedLog:
    """A registry's log as it was when the wallet first met it: another key later is refused."""

    origin: str
    vkey: str
    witnesses: tuple[str, ...]
    policy: str | None = None
    """How many of them are enough (C2SP tlog-policy); all of them if it does not say."""


@dataclass(frozen=True, slots=True)
class Custodian:
    """Who keeps the records behind the credentials of `issuer`, and is asked at `url`."""

    issuer: str
    url: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `ISSUER=URL`, the issuer as credentials name it."""
        issuer, _, url = text.partition("=")
        if not issuer or not url:
            raise MalformedError("a custodian is written ISSUER=URL", at="/custodians")
        return cls(issuer, url.rstrip("/"))

    def __str__(self) -> str:
        return f"{self.issuer}={self.url}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Without a registry there are no grants; without roots nobody is known to be accredited.

    `certificates` are DER, for verifiers that show X.509 certificates. `custodians` are asked what
    was opened without consent.
    """

    registry_url: str | None = None
    log: TrustedLog | None = None
    roots: tuple[Did, ...] = ()
    certificates: tuple[bytes, ...] = ()
    custodians: tuple[Custodian, ...] = ()


def load_trust(vault: Vault) -> Trust:
    """Return what was kept, or the trust of a wallet that was told nothing."""
    try:
        body = Body(vault.load(_KIND, _ID).body)
    except NotFoundError:
        return Trust()
    log = None if body.value("log") is None else Body(body.object("log"))
    return Trust(
        registry_url=body.text_or_none("registry_url"),
        log=None if log is None else _log(log),
        roots=tuple(Did.parse(text) for text in body.texts("roots")),
        certificates=tuple(base64url_decode(text) for text in body.texts("certificates")),
        # Wallets of earlier versions knew none.
        custodians=tuple(Custodian.parse(text) for text in body.texts("custodians"))
        if body.value("custodians") is not None
        else (),
    )


def keep_trust(vault: Vault, trust: Trust) -> Keep:
    """Return the change that keeps `trust` in the place of what was kept before."""
    try:
        former = vault.load(_KIND, _ID)
    except NotFoundError:
        former = Record(kind=_KIND, id=_ID)
    return Keep(replace(former, body=_render(trust)))


def _render(trust: Trust) -> JsonObject:
    log = trust.log
    return {
        "registry_url": trust.registry_url,
        "log": None if log is None else _render_log(log),
        "roots": [str(root) for root in trust.roots],
        "certificates": [base64url_encode(der) for der in trust.certificates],
        "custodians": [str(custodian) for custodian in trust.custodians],
    }


def _render_log(log: TrustedLog) -> JsonObject:
    return {
        "origin": log.origin,
        "vkey": log.vkey,
        "witnesses": list(log.witnesses),
        "policy": log.policy,
    }


def _log(body: Body) -> TrustedLog:
    return TrustedLog(
        origin=body.text("origin"),
        vkey=body.text("vkey"),
        witnesses=body.texts("witnesses"),
        policy=body.text_or_none("policy"),
    )
