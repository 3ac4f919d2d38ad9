"""Every HTTP exchange: recorded, dated, and met by faults."""
