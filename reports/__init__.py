"""What people print: sheets of cells, as PDF and XLSX. Knows neither the database nor HTTP."""
