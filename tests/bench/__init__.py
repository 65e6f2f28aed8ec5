"""Measures what the project promises, between real processes: `./dev bench`."""
