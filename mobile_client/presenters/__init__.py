"""Turns the core's values into what a screen shows. May import views, facade and i18n; no Kivy."""
