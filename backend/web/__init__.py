"""The managers' pages: a template and static modules that call the API; no logic of their own."""
