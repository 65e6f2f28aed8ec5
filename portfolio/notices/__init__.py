"""What this instance tells its person: the link's state in every page, and what friends did."""
