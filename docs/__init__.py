"""Documentation, and `docs.generator`, which makes the pages of the standard from its data files."""
