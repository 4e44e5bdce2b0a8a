"""`python -m backend` is the `tuyen` command."""

from backend.cli import main

main()
