"""Photos and voice notes: declared first, stored by content."""
