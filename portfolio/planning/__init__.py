"""What a person plans: ideas with legs, their pay-off and their versions.

The pages here show own ideas and friends' copies alike, always from a snapshot.
"""
