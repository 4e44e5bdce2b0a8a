"""The phone client: headless core below, Kivy screens on top."""
