"""The map's drawing: shaders, tiles, markers and the widget that moves them."""
