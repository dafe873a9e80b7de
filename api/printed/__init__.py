"""Reports and sheets that people print: what each is asked with, and what it is drawn up from."""
