"""Name the version, for the package and its User-Agent."""

__version__ = "2.0.0"
