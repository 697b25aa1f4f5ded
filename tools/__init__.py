"""What engineers of the project run."""
