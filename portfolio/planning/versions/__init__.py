"""What an idea was: its versions, one of them, and two side by side."""
