"""What accounts are worth: made anew every night, and after an import, from what was sold."""
