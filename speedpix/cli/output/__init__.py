"""What a command says: documents of JSON, lines of text, and the two streams."""
