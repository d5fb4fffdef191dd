"""How Magento writes its records: the shapes of the published API."""
