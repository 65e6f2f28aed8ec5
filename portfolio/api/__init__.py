"""What every machine-readable answer has in common, whatever it is about."""
