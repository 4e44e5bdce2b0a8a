"""The managers' pages: static assets and templates, no logic of its own."""
