"""One rep's day as plain arithmetic: its problem, its timetable, its plan, and the reasons."""
