"""An area on paper: what it is worth, its map and its accounts, to print and to hand out.

It reads areas and changes nothing. What a page shows is a section of `sections`; `paper` puts them
in order.
"""
