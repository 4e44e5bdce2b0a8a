"""What is printed on paper, whatever it tells: letters, the basemap, parts of pages, turns.

It knows the ground (`geo`) and no CRM; rooms that print put their own pages together from it.
"""
