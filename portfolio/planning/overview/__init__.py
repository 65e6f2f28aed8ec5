"""All ideas together: the dashboard, the two lists, and what is done to many ideas at once."""
