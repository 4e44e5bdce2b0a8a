"""Products and what was sold; orders, prices and contracts will come here.

What was sold comes out of an organisation's books, line by line; an import can be repeated. Who may
see an account may see what it bought.
"""
