"""How far a URL that a stranger wrote may lead: which IP addresses we connect to for it.

The blocks are those of the IANA special-purpose address registries (RFC 6890) that are not
globally reachable: https://www.iana.org/assignments/iana-ipv4-special-registry/.
"""

from collections.abc import Sequence
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from ssi_core.adapters.safe_url import is_loopback, safe_url
from ssi_core.errors import RejectedError

_NOT_PUBLIC_V4: Final = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        # Multicast, reserved and broadcast.
        "224.0.0.0/3",
    )
)
# All that IPv6 has given out for the public internet; whatever is elsewhere is special.
_PUBLIC_V6: Final = IPv6Network("2000::/3")
_NOT_PUBLIC_V6: Final = tuple(
    IPv6Network(block)
    for block in (
        # Teredo, ORCHID, benchmarking and other protocol assignments.
        "2001::/23",
        "2001:db8::/32",
        # 6to4, which has an IPv4 address inside and no relays any more (RFC 7526).
        "2002::/16",
        "3fff::/20",
    )
)
# Behind these stands the IPv4 address in the last 32 bits: IPv4-mapped, and NAT64 (RFC 6052).
_EMBEDDING: Final = (IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
_IPV4_BITS: Final = 0xFFFF_FFFF


class Reach(StrEnum):
    """Which addresses we connect to.

    What an operator configured is fetched with `ANY`. What an unverified credential, a DID, an
    offer or a request names is fetched with `PUBLIC`, or with `LOCAL` where all parties live on
    one machine: there `localhost`, and no other name, may lead to this machine.
    """

    PUBLIC = "public"
    LOCAL = "local"
    ANY = "any"

    @classmethod
    def default(cls, public_url: str | None) -> "Reach":
        """Return `LOCAL` for a process that nobody but this machine can call, else `PUBLIC`."""
        here = public_url is None or is_loopback(safe_url(public_url).host)
        return cls.LOCAL if here else cls.PUBLIC

    def require(self, addresses: Sequence[str], *, host: str) -> tuple[str, ...]:
        """Return all `addresses` that `host` has, if each is within reach; else `RejectedError`.

        One that is not spoils the others: a name with both kinds would be let through by luck.
        """
        for text in addresses:
            if self is not Reach.ANY and not self._covers(_parse(text), host):
                raise RejectedError("the URL leads to an address that is not fetched from")
        return tuple(addresses)

    def _covers(self, address: IPv4Address | IPv6Address | None, host: str) -> bool:
        if address is None:
            return False
        if address.is_loopback:
            return self is Reach.LOCAL and is_loopback(host)
        return is_public(address)


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Say whether `address` is of the public internet, and so is one that is embedded in it."""
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _NOT_PUBLIC_V4)
    if any(address in block for block in _EMBEDDING):
        return is_public(IPv4Address(int(address) & _IPV4_BITS))
    return address in _PUBLIC_V6 and not any(address in block for block in _NOT_PUBLIC_V6)


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    # A zone says that the address means something on one link only (RFC 4007).
    return None if isinstance(address, IPv6Address) and address.scope_id else address
