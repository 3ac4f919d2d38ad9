"""The service's calls: signed, sent, repeated where that is safe, understood."""
