"""Commands for the members of a network whose logs are anchored in an EVM chain."""

from pathlib import Path
from typing import Any, Final

import click

from registry.adapters.anchor_place import ANCHOR_KEY
from registry.adapters.evm_anchor import log_id
from registry.adapters.evm_chain import EvmChain
from registry.app import RegistrySettings, keys_in
from registry.cli.options import DATA_DIR, revealed
from registry.evm.artifacts import LOG_ANCHOR, load_artifact
from ssi_core.encoding import base64url_encode
from ssi_core.errors import MalformedError

_RPC: Final = click.option("--anchor-rpc", help="URL of an EVM node.")
_CONTRACT: Final = click.option("--anchor-contract", help="Address of the LogAnchor.")
_QUORUM: Final = click.option(
    "--quorum",
    type=click.IntRange(1, 32),
    required=True,
    help="How many votes decide from then on.",
)


@click.group(name="anchor")
def anchor() -> None:
    """Show how far logs have come in a chain; the account is the registry's own."""


@anchor.command(name="account")
@DATA_DIR
def show_account(data_dir: Path | None) -> None:
    """Print the account that signs and carries this registry's anchors; no node is asked."""
    settings = RegistrySettings.read(data_dir=data_dir)
    click.echo(_chain(settings, rpc="http://localhost").address)


@anchor.command(name="deploy")
@DATA_DIR
@_RPC
@click.option("--member", "members", multiple=True, required=True, help="A member's account.")
@_QUORUM
def deploy(members: tuple[str, ...], quorum: int, **options: Any) -> None:
    """Create a LogAnchor with these members; print its address."""
    settings = RegistrySettings.read(**options)
    chain = _chain(settings)
    accounts = [chain.address_of(member) for member in members]
    click.echo(chain.deploy(load_artifact(LOG_ANCHOR), accounts, quorum))


@anchor.command(name="admit")
@DATA_DIR
@_RPC
@_CONTRACT
@click.option("--origin", required=True, help="The log's name.")
@click.option("--account", required=True, help="The account that signs for it.")
def admit(origin: str, account: str, **options: Any) -> None:
    """Vote that a log is anchored; it is once enough members did."""
    settings = RegistrySettings.read(**options)
    chain = _chain(settings)
    name = log_id(chain, origin)
    click.echo(_vote(chain, settings, "vote_log", name, chain.address_of(account)))


@anchor.command(name="member")
@DATA_DIR
@_RPC
@_CONTRACT
@click.option("--account", required=True, help="The account that joins or leaves.")
@click.option("--leaves", is_flag=True, help="It leaves; without this it joins.")
@_QUORUM
def member(account: str, leaves: bool, quorum: int, **options: Any) -> None:  # noqa: FBT001 - an option
    """Vote that a member joins or leaves; it does once enough members voted the same."""
    settings = RegistrySettings.read(**options)
    chain = _chain(settings)
    moved = chain.address_of(account)
    click.echo(_vote(chain, settings, "vote_member", moved, not leaves, quorum))


@anchor.command(name="show")
@DATA_DIR
@_RPC
@_CONTRACT
@click.option("--origin", required=True, help="The log's name.")
def show(origin: str, **options: Any) -> None:
    """Print how far a log is anchored: its account, size and root, and whether it is frozen."""
    settings = RegistrySettings.read(**options)
    chain = _chain(settings)
    signer, size, root, frozen = chain.call(
        load_artifact(LOG_ANCHOR), _contract(settings), "anchored", log_id(chain, origin)
    )
    state = "frozen" if frozen else "open"
    click.echo(f"{signer} {size} {base64url_encode(bytes(root))} {state}")


def _vote(chain: EvmChain, settings: RegistrySettings, function: str, *arguments: Any) -> str:
    artifact = load_artifact(LOG_ANCHOR)
    return chain.transact(artifact, _contract(settings), function, *arguments)[0]


def _chain(settings: RegistrySettings, *, rpc: str | None = None) -> EvmChain:
    url = settings.anchor_rpc if rpc is None else rpc
    if url is None:
        raise MalformedError("the chain's node is not named", at="/anchor_rpc")
    keystore = keys_in(settings.data_dir, passphrase=revealed(settings.passphrase))
    return EvmChain.at(url, secret=keystore.secret(ANCHOR_KEY))


def _contract(settings: RegistrySettings) -> str:
    if settings.anchor_contract is None:
        raise MalformedError("the contract is not named", at="/anchor_contract")
    return settings.anchor_contract
