"""A day of several reps who share visits: pure, like the day of one."""
