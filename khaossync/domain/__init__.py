"""Plain Python without effects: what the documents are and what the rules say about them."""
