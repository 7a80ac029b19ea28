"""Contracts over verified inputs: decide, or decide and enter what may happen only once."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import final

from consent_contracts.contracts.contract import Contract, decide
from consent_contracts.contracts.inputs import ContractInputs
from consent_contracts.contracts.register import ClaimRegister, Settlement, settle
from ssi_core.errors import NotFoundError


@final
class Contracts:
    """The contracts that a custodian runs, by name and version."""

    def __init__(self, contracts: Iterable[Contract], register: ClaimRegister) -> None:
        self._contracts: Mapping[tuple[str, int], Contract] = MappingProxyType(
            {(each.name, each.version): each for each in contracts}
        )
        self._register = register

    @property
    def names(self) -> tuple[tuple[str, int], ...]:
        """Name and version of each."""
        return tuple(sorted(self._contracts))

    def decide(self, name: str, inputs: ContractInputs) -> Settlement:
        """Decide, and enter nothing: the answer counts for nothing until it is settled."""
        return Settlement(inputs, decide(self._find(name, inputs), inputs))

    def settle(self, name: str, inputs: ContractInputs) -> Settlement:
        """Decide, and enter the marks of an authorisation; the inputs that count come back too."""
        return settle(self._find(name, inputs), inputs, register=self._register)

    def _find(self, name: str, inputs: ContractInputs) -> Contract:
        try:
            return self._contracts[name, inputs.version]
        except KeyError:
            raise NotFoundError("there is no such contract here") from None
