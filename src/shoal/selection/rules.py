"""The rules by which a study chooses, by name."""

RULES = ("best", "one-se", "ensemble")
BY_EVIDENCE = "evidence"
"""The rule that needs no validation data, and networks trained for it."""
