"""The API gateway: requests checked, the four calls answered."""
