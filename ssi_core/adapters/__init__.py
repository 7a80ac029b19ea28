"""The only modules of the core that touch network, disk, clock, log or environment."""
