"""A catalogue on the command line: its rows, the input of each, and how far the batch is."""
