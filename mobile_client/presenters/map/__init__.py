"""The map without a window: projection, package reader, tile decoder, clusters. No Kivy."""
