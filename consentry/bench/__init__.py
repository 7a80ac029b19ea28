"""How fast it is: each thing beside a reference, measured in turn on the same machine."""
