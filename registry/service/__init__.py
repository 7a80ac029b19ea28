"""What the registry does: take entries, put them in order, prove what it has, host DIDs."""

from registry.service.publication import Oversight, Standing
from registry.service.registry import LogKeys, Registry
from registry.service.sequencer import Pace, Receipt

__all__ = ["LogKeys", "Oversight", "Pace", "Receipt", "Registry", "Standing"]
