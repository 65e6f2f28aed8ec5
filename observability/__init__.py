"""What both programs, the instance and the relay, show of themselves to who runs them.

It knows neither of them, and no Django: settings import it.
"""
