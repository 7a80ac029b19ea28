"""The use cases of a custodian: whoever keeps data and decides who may have it."""
