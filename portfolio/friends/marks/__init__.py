"""What I note about a friend, on this instance alone: my name for them, that we compared the
digits, that I want no notices, that their address is on my network, and who took whose place.
"""
