"""One folder per interface of the ERP; folders are found, never listed."""
