"""What this instance tells its person in every page: now the link's state, later what friends
did.
"""
