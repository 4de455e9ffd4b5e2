"""What begat suggests to mend, from what it sees by itself: with evidence, and without any language model."""
