"""One account on an EVM chain, through a node's JSON-RPC: the only module that imports web3."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from types import ModuleType
from typing import Any, Final, Self, final

from registry.evm import Artifact
from ssi_core.errors import MalformedError, RejectedError, UnavailableError

_TIMEOUT: Final = 10.0
_SUCCESS: Final = 1
# web3 keeps a session for each thread, and offers no way to close them: so none keeps a connection.
_HEADERS: Final = {"Content-Type": "application/json", "Connection": "close"}
_REASON: Final = re.compile(r"execution reverted: ([a-z ]{1,40})(?![^',])")


@final
class EvmChain:
    """Calls contracts, and sends them transactions signed with one secp256k1 key.

    A node that does not answer within the timeout, or whose answer makes no sense, is an
    `UnavailableError`; a contract that refuses is a `RejectedError` with its few words.
    Threads may share it; transactions go one after the other.
    """

    def __init__(self, provider: Any, *, secret: bytes, timeout: float = _TIMEOUT) -> None:
        self._web3 = _web3()
        self._node = self._web3.Web3(provider)
        self._account = self._node.eth.account.from_key(secret)
        self._timeout = timeout
        self._chain_id: int | None = None
        self._sending = Lock()

    @classmethod
    def at(cls, url: str, *, secret: bytes, timeout: float = _TIMEOUT) -> Self:
        """Use the node at `url`; nothing is asked of it yet."""
        if not url.startswith(("http://", "https://")):
            raise MalformedError("a node is reached over http or https", at="/anchor_rpc")
        provider = _web3().HTTPProvider(
            url,
            request_kwargs={"timeout": timeout, "headers": _HEADERS},
            exception_retry_configuration=None,
        )
        return cls(provider, secret=secret, timeout=timeout)

    @property
    def address(self) -> str:
        """The account that sends, in the form with a checksum."""
        return str(self._account.address)

    def chain_id(self) -> int:
        """Return which chain the node is of; it is asked once."""
        if self._chain_id is None:
            with self._asked():
                self._chain_id = int(self._node.eth.chain_id)
        return self._chain_id

    def address_of(self, text: str) -> str:
        """Return an account or contract with its checksum; `MalformedError` if it is neither."""
        if not self._web3.Web3.is_address(text):
            raise MalformedError("an address has 0x and 40 hexadecimal digits")
        return str(self._web3.Web3.to_checksum_address(text))

    def keccak(self, data: bytes) -> bytes:
        """Return the hash that the chain uses."""
        return bytes(self._web3.Web3.keccak(data))

    def sign(self, digest: bytes) -> tuple[int, int, int]:
        """Return the v, r and s from which `ecrecover` finds this account."""
        signed = self._account.unsafe_sign_hash(digest)
        return signed.v, signed.r, signed.s

    def deploy(self, artifact: Artifact, *arguments: Any) -> str:
        """Create a contract, and return its address."""
        with self._asked():
            made = self._node.eth.contract(abi=artifact.abi, bytecode=artifact.bytecode)
            receipt = self._carry_out(made.constructor(*arguments))
            return str(receipt["contractAddress"])

    def call(self, artifact: Artifact, address: str, function: str, *arguments: Any) -> Any:
        """Return what a function says, without a transaction; `address` must hold a contract."""
        with self._asked():
            return self._function(artifact, address, function, arguments).call()

    def transact(
        self, artifact: Artifact, address: str, function: str, *arguments: Any
    ) -> tuple[str, int]:
        """Have a function done, in a block; return the transaction's hash and the gas it used."""
        with self._asked():
            receipt = self._carry_out(self._function(artifact, address, function, arguments))
            return f"0x{bytes(receipt['transactionHash']).hex()}", int(receipt["gasUsed"])

    def _function(
        self, artifact: Artifact, address: str, name: str, arguments: tuple[Any, ...]
    ) -> Any:
        contract = self._node.eth.contract(address=self.address_of(address), abi=artifact.abi)
        return contract.get_function_by_name(name)(*arguments)

    def _carry_out(self, prepared: Any) -> Any:
        with self._sending:
            # A price as before London, which chains with and without a base fee take.
            unsigned = prepared.build_transaction(
                {
                    "from": self.address,
                    "nonce": self._node.eth.get_transaction_count(self.address, "pending"),
                    "gasPrice": self._node.eth.gas_price,
                    "chainId": self.chain_id(),
                }
            )
            signed = self._account.sign_transaction(unsigned)
            sent = self._node.eth.send_raw_transaction(signed.raw_transaction)
            receipt = self._node.eth.wait_for_transaction_receipt(
                sent, timeout=self._timeout, poll_latency=0.05
            )
        if receipt["status"] != _SUCCESS:
            raise RejectedError("the contract refused")
        return receipt

    @contextmanager
    def _asked(self) -> Iterator[None]:
        try:
            yield
        except (RejectedError, MalformedError):
            raise
        except self._web3.exceptions.ContractLogicError as error:
            raise RejectedError(_refusal(str(error))) from None
        except Exception:  # noqa: BLE001 - web3 and what is below it have no common ancestor
            raise UnavailableError("the chain's node did not answer, or made no sense") from None


def _refusal(told: str) -> str:
    # Our contracts refuse in a few plain words; what else a node may say is not repeated.
    found = _REASON.search(told)
    return "the contract refused" if found is None else f"the contract refused: {found[1]}"


def _web3() -> ModuleType:
    """Import web3, which takes most of a second, only where a chain is used."""
    try:
        import web3  # noqa: PLC0415
        import web3.exceptions  # noqa: PLC0415
    except ImportError:
        raise UnavailableError("a chain needs the extra `evm`") from None
    return web3
