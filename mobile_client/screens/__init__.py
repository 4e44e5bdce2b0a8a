"""The window: Kivy widgets and kv files, thin over the presenters. With app.py the only Kivy."""
