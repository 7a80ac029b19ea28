"""Contracts for an EVM chain, with what they compile to."""

from registry.evm.artifacts import Artifact, load_artifact

__all__ = ["Artifact", "load_artifact"]
