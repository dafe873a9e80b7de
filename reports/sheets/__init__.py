"""The sheets themselves: pure functions from records to a Sheet."""
