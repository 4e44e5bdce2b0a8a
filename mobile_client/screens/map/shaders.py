"""The map's GLSL (ES 1.00) and the contexts that run it.

Widths are uniforms and corners are pixel offsets, so zooming never rebuilds a mesh.
"""

from kivy.graphics import RenderContext

from mobile_client.screens.theme import Rgba

LINE_FORMAT = [(b"vPosition", 2, "float"), (b"vCorner", 2, "float"), (b"vSide", 1, "float")]
FILL_FORMAT = [(b"vPosition", 2, "float")]
SPRITE_FORMAT = [
    (b"vPosition", 2, "float"),
    (b"vOffset", 2, "float"),
    (b"vTexCoords0", 2, "float"),
    (b"vColour", 4, "float"),
]

_VERTEX = """
#ifdef GL_ES
precision highp float;
#endif
uniform mat4 modelview_mat, projection_mat;
attribute vec2 vPosition;
"""
_FRAGMENT = """
#ifdef GL_ES
precision mediump float;
#endif
"""

_LINE_VERTEX = (
    _VERTEX
    + """
attribute vec2 vCorner; attribute float vSide; uniform float half_width; varying float side;
void main(void) {
  side = vSide;
  vec4 place = modelview_mat * vec4(vPosition, 0.0, 1.0);
  place.xy += vCorner * (half_width + 0.5);
  gl_Position = projection_mat * place;
}
"""
)
_LINE_FRAGMENT = (
    _FRAGMENT
    + """
varying float side; uniform vec4 colour; uniform float half_width;
void main(void) {
  float cover = clamp((1.0 - abs(side)) * (half_width + 0.5), 0.0, 1.0);
  gl_FragColor = vec4(colour.rgb, colour.a * cover);
}
"""
)
_FILL_VERTEX = (
    _VERTEX
    + """
void main(void) { gl_Position = projection_mat * modelview_mat * vec4(vPosition, 0.0, 1.0); }
"""
)
_FILL_FRAGMENT = _FRAGMENT + "uniform vec4 colour; void main(void) { gl_FragColor = colour; }"
_SPRITE_VERTEX = (
    _VERTEX
    + """
attribute vec2 vOffset; attribute vec2 vTexCoords0; attribute vec4 vColour;
varying vec2 at; varying vec4 tint;
void main(void) {
  at = vTexCoords0; tint = vColour;
  vec4 place = modelview_mat * vec4(vPosition, 0.0, 1.0);
  place.xy += vOffset;
  gl_Position = projection_mat * place;
}
"""
)
_TEXT_FRAGMENT = (
    _FRAGMENT
    + """
varying vec2 at; varying vec4 tint; uniform sampler2D texture0;
void main(void) { gl_FragColor = texture2D(texture0, at) * tint; }
"""
)
# The tint's alpha carries the radius in pixels; the outer 2.5 pixels are a white ring.
_CIRCLE_FRAGMENT = (
    _FRAGMENT
    + """
varying vec2 at; varying vec4 tint; uniform sampler2D texture0;
void main(void) {
  float radius = tint.a; float away = length(at) * radius;
  vec3 colour = mix(tint.rgb, vec3(1.0), clamp(away - (radius - 3.0), 0.0, 1.0));
  gl_FragColor = vec4(colour, clamp(radius - away, 0.0, 1.0));
}
"""
)


def _context(vertex: str, fragment: str) -> RenderContext:
    # Setting the sources after construction would link them one at a time and fail.
    return RenderContext(
        vs=vertex, fs=fragment, use_parent_projection=True, use_parent_modelview=True
    )


def line_context(colour: Rgba, half_width_px: float) -> RenderContext:
    """Draws meshes of LINE_FORMAT."""
    context = _context(_LINE_VERTEX, _LINE_FRAGMENT)
    context["colour"] = colour
    context["half_width"] = float(half_width_px)
    return context


def fill_context(colour: Rgba) -> RenderContext:
    """Draws meshes of FILL_FORMAT."""
    context = _context(_FILL_VERTEX, _FILL_FRAGMENT)
    context["colour"] = colour
    return context


def circle_context() -> RenderContext:
    """Draws discs of SPRITE_FORMAT; texture coordinates run from -1 to 1."""
    return _context(_SPRITE_VERTEX, _CIRCLE_FRAGMENT)


def text_context() -> RenderContext:
    """Draws textured quads of SPRITE_FORMAT."""
    return _context(_SPRITE_VERTEX, _TEXT_FRAGMENT)
