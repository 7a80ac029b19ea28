"""The log's own words: entries, trees, checkpoints, proofs, and what a log prefix makes true."""
