"""Where the URLs of offers and requests may lead a wallet that is told to stay outside."""

import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from ssi_core.errors import RejectedError, UnavailableError
from wallet.adapters.settings import WalletSettings
from wallet.app import open_wallet
from wallet.service import Wallet


def nobody() -> str | None:
    return None


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Something on this machine that takes connections, and sees whether there was one."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        taken.settimeout(0)
        yield taken


def opened(folder: Path, **settings: str) -> Iterator[Wallet]:
    given = WalletSettings.read(store=str(folder / "wallet.db"), **settings)
    with open_wallet(given, ask=nobody, create=True) as wallet:
        yield wallet


@pytest.fixture(
    params=[{"reach": "public"}, {"public_url": "https://wallet.example"}],
    ids=["told so", "hosted"],
)
def wallet(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Wallet]:
    yield from opened(tmp_path, **request.param)


def uris(listener: socket.socket) -> tuple[str, str]:
    """An offer and a request that lead to this machine."""
    inside = quote(f"http://localhost:{listener.getsockname()[1]}/x", safe="")
    return (
        f"openid-credential-offer://?credential_offer_uri={inside}",
        f"openid4vp://?client_id=x509_san_dns%3Ashop.example&request_uri={inside}",
    )


def test_an_offer_and_a_request_do_not_lead_a_wallet_inside(
    wallet: Wallet, listener: socket.socket
):
    offer, request = uris(listener)

    with pytest.raises(RejectedError, match="not fetched from"):
        wallet.view_offer(offer)
    with pytest.raises(RejectedError, match="not fetched from"):
        wallet.inspect(request)

    with pytest.raises(BlockingIOError):
        listener.accept()


def test_on_a_laptop_everybody_may_live_on_one_machine(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as closing:
        offer, _request = uris(closing)

    # Nobody answers there any more, which is only known to who has tried.
    for wallet in opened(tmp_path):
        with pytest.raises(UnavailableError):
            wallet.view_offer(offer)
