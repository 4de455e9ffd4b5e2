"""The local platform: real work on one machine."""
