"""The fragment shader of the viewport; `cpu_render.py` does the same arithmetic without a graphics card."""

from rimlight.engine import Shader

from .bands import BANDS, EDGES
from .frame import BAD, CHECKERS, CLIPPED, DEAD_ZONE, GREY, NEGATIVE, TINT, UNSURE, WHITE_CODE

VERTEX = """#version 400 core
void main() {
    vec2 corner = vec2(gl_VertexID == 1 ? 3.0 : -1.0, gl_VertexID == 2 ? 3.0 : -1.0);
    gl_Position = vec4(corner, 0.0, 1.0);
}
"""

_HEAD = """#version 400 core
"""

_BODY = """
uniform sampler2D picture_a, picture_b, extra_a, extra_b;
uniform vec4 place_a, place_b;      // pixels of a plane per pixel of the screen, and where the screen begins
uniform ivec4 how_a, how_b;         // whether there is a plane, is smooth, has extras; unused
uniform vec4 window_a, window_b;    // display windows on the screen
uniform int height, mixing, channel, managed, background, zebra, false_color, side, period;
uniform float difference_gain, mix_amount, threshold, data_gain, data_gamma;
uniform vec4 wipe;
uniform vec3 weights, data_scale, data_offset, surround;
out vec4 color;
const float EDGES[] = float[](BAND_EDGES);
const vec3 BANDS[] = vec3[](BAND_COLORS);

vec4 sampled(sampler2D picture, vec4 place, ivec4 how, vec2 screen, out bool inside, out ivec2 texel) {
    ivec2 size = textureSize(picture, 0);
    vec2 at = screen * place.xy + place.zw;
    inside = how.x == 1 && all(greaterThanEqual(at, vec2(0.0))) && all(lessThan(at, vec2(size)));
    texel = clamp(ivec2(floor(at)), ivec2(0), size - 1);
    if (!inside) return vec4(0.0);
    vec2 low = floor(at - 0.5), steep = how.y == 1 ? vec2(1.0) : 1.0 / place.xy;
    vec2 weight = clamp(((at - 0.5 - low - 0.5) * steep + 0.5 - DEAD_ZONE) / (1.0 - 2.0 * DEAD_ZONE), 0.0, 1.0);
    ivec2 p = clamp(ivec2(low), ivec2(0), size - 1), q = clamp(ivec2(low) + 1, ivec2(0), size - 1);
    vec4 left = mix(texelFetch(picture, p, 0), texelFetch(picture, ivec2(p.x, q.y), 0), weight.y);
    vec4 right = mix(texelFetch(picture, ivec2(q.x, p.y), 0), texelFetch(picture, q, 0), weight.y);
    return mix(left, right, weight.x);
}

bool within(vec4 window, vec2 screen) {
    return all(greaterThanEqual(screen, window.xy)) && all(lessThan(screen, window.zw));
}

void main() {
    ivec2 pixel = ivec2(int(gl_FragCoord.x), height - 1 - int(gl_FragCoord.y));
    vec2 screen = vec2(pixel) + 0.5;
    bool in_a, in_b;
    ivec2 texel_a, texel_b;
    vec4 a = sampled(picture_a, place_a, how_a, screen, in_a, texel_a);
    vec4 b = sampled(picture_b, place_b, how_b, screen, in_b, texel_b);
    bool show_a = mixing != 1, show_b = mixing != 0;
    bool covered = (show_a && (in_a || (how_a.x == 1 && within(window_a, screen))))
        || (show_b && (in_b || (how_b.x == 1 && within(window_b, screen))));
    if (!covered) { color = vec4(surround, 1.0); return; }

    vec4 c = a;
    if (mixing == 1) c = b;
    else if (mixing == 2) c = dot(screen - wipe.xy, wipe.zw) > 0.0 ? a + (b - a) * mix_amount : a;
    else if (mixing == 3) c = a + b * (1.0 - a.a);
    else if (mixing == 4) c = b + a * (1.0 - b.a);
    else if (mixing == 5) c = vec4(abs(a - b).rgb * difference_gain, 1.0);
    else if (mixing == 6) c = a + (b - a) * (0.5 * mix_amount);

    vec3 rgb = c.rgb;
    if (channel >= 1 && channel <= 4) rgb = vec3(c[channel - 1]);
    else if (channel == 5) rgb = managed == 1 ? vec3(dot(c.rgb, weights)) : vec3((c.r + c.g + c.b) / 3.0);
    vec3 light = rgb;
    if (channel == 0 && managed == 1 && background != 0) {
        float behind = GREY_LIGHT;
        if (background == 2) behind = (pixel.x / side + pixel.y / side) % 2 == 0 ? CHECKER_0 : CHECKER_1;
        rgb += (1.0 - c.a) * behind;
    }
    bool lit = managed == 1 && channel != 4, banded = lit && false_color == 1;
    vec3 shown = vec3(0.0);
    if (lit && (!banded || zebra == 1)) shown = DISPLAY_FUNCTION(vec4(rgb, 1.0)).rgb;
    else if (!lit) {
        vec3 data = channel == 4 ? rgb : rgb * data_scale + data_offset;
        data *= data_gain;
        shown = sign(data) * pow(abs(data), vec3(data_gamma));
    }
    bool clipped = any(greaterThanEqual(shown, vec3(WHITE_CODE)));
    if (banded) {
        float luminance = dot(light, weights);
        int band = 0;
        for (int i = 0; i < EDGES.length(); ++i) band += int(luminance >= EDGES[i]);
        shown = BANDS[band];
    }
    if (channel == 6) shown = mix(shown, MATTE_TINT, 0.5 * clamp(c.a, 0.0, 1.0));

    bool stripe = (pixel.x + pixel.y) % period < period / 3;
    vec2 extra = vec2(1.0, 0.0);
    if (mixing == 1) { if (in_b && how_b.z == 1) extra = texelFetch(extra_b, texel_b, 0).rg; }
    else if (in_a && how_a.z == 1) extra = texelFetch(extra_a, texel_a, 0).rg;
    if (zebra == 1) {
        if (stripe && any(lessThan(rgb, vec3(0.0)))) shown = NEGATIVE_STRIPE;
        if (stripe && clipped) shown = CLIPPED_STRIPE;
    }
    else if (zebra == 2) { if (stripe && extra.r < threshold) shown = UNSURE_STRIPE; }
    else if (zebra == 3) {
        if (stripe && extra.r < 0.5) shown = NEGATIVE_STRIPE;
        if (stripe && extra.r > 1.5) shown = CLIPPED_STRIPE;
    }
    if ((zebra == 1 || banded) && extra.g > 0.0) shown = BAD_PIXEL;
    color = vec4(clamp(shown, 0.0, 1.0), 1.0);
}
"""


def fragment(shader: Shader | None) -> str:
    """The source of the whole shader around a display's transform; without one, light is shown as it is."""
    plain = "vec4 display_color(vec4 pixel) { return pixel; }"
    constants = {
        "DISPLAY_FUNCTION": shader.function if shader is not None else "display_color",
        "GREY_LIGHT": repr(GREY),
        "CHECKER_0": repr(CHECKERS[0]),
        "CHECKER_1": repr(CHECKERS[1]),
        "WHITE_CODE": repr(WHITE_CODE),
        "DEAD_ZONE": repr(DEAD_ZONE),
        "MATTE_TINT": _vec3(TINT),
        "UNSURE_STRIPE": _vec3(UNSURE),
        "NEGATIVE_STRIPE": _vec3(NEGATIVE),
        "CLIPPED_STRIPE": _vec3(CLIPPED),
        "BAD_PIXEL": _vec3(BAD),
        "BAND_EDGES": ", ".join(map(repr, EDGES)),
        "BAND_COLORS": ", ".join(_vec3(band.color) for band in BANDS),
    }
    body = _BODY
    for name, value in constants.items():
        body = body.replace(name, value)
    return _HEAD + (shader.source if shader is not None else plain) + body


def _vec3(values: tuple[float, float, float]) -> str:
    return f"vec3({', '.join(map(repr, values))})"
