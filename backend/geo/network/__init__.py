"""Street networks behind one interface: travel matrices and paths, measured or estimated."""
