"""Accounts (customer companies and people) and their contacts, with search and import."""
