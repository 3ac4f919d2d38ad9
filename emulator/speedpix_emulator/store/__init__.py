"""The object store: pre-signed uploads and downloads."""
