"""The registry as sheets that people edit: read, checked as a whole, stored all at once, and written."""
