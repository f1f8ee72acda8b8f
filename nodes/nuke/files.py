"""Read and Write of Nuke."""

import re

from rimlight.engine import NukeClass, NukeConversion

_DEPTHS = {"8 bit": "uint8", "16 bit": "uint16", "10 bit": "uint10", "12 bit": "uint12", "16 bit half": "half",
           "32 bit float": "float"}  # fmt: skip
_COMPRESSIONS = {
    "none": "none", "zip (1 scanline)": "zips", "zip (16 scanlines)": "zip", "rle": "rle", "b44": "b44", "b44a": "b44a",
    "piz wavelet (32 scanlines)": "piz", "pxr24 (lossy)": "pxr24", "dwaa": "dwaa", "dwab": "dwab", "lzw": "lzw",
    "packbits": "packbits",
}  # fmt: skip
_FORMATS = ("exr", "png", "tif", "tiff", "jpg", "jpeg", "hdr", "dpx", "tga", "cin")


def _read(c: NukeConversion) -> None:
    if not c.text("file") and c.has("proxy"):
        c.leave("proxy")
    _file(c)
    first, last = c.plain("first"), c.plain("last")
    if first and last:
        c.set("range", f"{first[0]:g}-{last[0]:g}")
    mode, frame = c.text("frame_mode", "expression"), c.text("frame").strip()
    if frame and mode == "expression":
        c.leave("frame")
    elif frame:
        number = c.plain("frame", 0)[0]
        c.set("offset", number if mode == "offset" else number - (first[0] if first else 1))
    if c.has("raw") and c.flag("raw"):
        c.taken.add("colorspace")
        c.set("raw", True)
    if c.has("premultiplied") and not c.flag("premultiplied"):
        c.set("alpha", "auto")
    elif c.has("premultiplied"):
        c.set("alpha", "premultiplied")


def _write(c: NukeConversion) -> None:
    _file(c)
    depth = c.text("datatype").strip()
    if depth and not c.set("depth", _DEPTHS.get(depth, depth)):
        c.leave("datatype")
    compression = c.text("compression").strip().lower()
    if compression:
        c.set("compression", _COMPRESSIONS.get(compression, compression), "compression")
    kind = c.text("file_type").strip()
    if kind and kind not in _FORMATS:
        c.note(f"files of type {kind} are not written here")
    quality = c.plain("_jpeg_quality", 1)
    if c.has("_jpeg_quality"):
        c.set("jpeg_quality", round(quality[0] * 100))
    if c.has("use_limit") and c.flag("use_limit"):
        first, last = (c.plain(knob, 1)[0] for knob in ("first", "last"))
        c.note(f"the limit to frames {first:.12g}-{last:.12g} was left out: give it to the render")
    if c.has("autocrop") and not c.flag("autocrop"):
        c.taken.add("autocrop")


def _file(c: NukeConversion) -> None:
    """The file name: variables of the environment in our way of writing them, %V for views taken as it is."""
    text = c.file("file")
    if re.search(r"%[vV]", text):
        c.note("%V in the file name stands for views, of which there is one here")
    if re.search(r"\.(mov|mp4|mxf|r3d|ari|braw|abc)$", text, re.IGNORECASE):
        c.note(f"{text.rpartition('.')[2]} files are not read or written here: make a sequence of them")
    c.set("file", text)


READ = NukeClass(
    "Read",
    knobs={"on_error": "missing"},
    choices={"missing": {"nearest frame": "nearest", "black": "black", "checkerboard": "checkerboard"}},
    ignored="file_type format origfirst origlast origset proxy localizationPolicy localization cacheLocal proxy_format "
    "first last frame_mode frame auto_alpha videosync updateLocalization sourceLayers tilingMode "
    "offset_negative_display_window noprefix edge_pixels exr_cmp_handling dpx_raw timecode afterBlack beforeBlack",
    convert=_read,
    differs="A frame expression and films are left out; `start at` and `offset` become the offset.",
)
WRITE = NukeClass(
    "Write",
    values={"channels": "rgb", "compression": "auto", "parts": "single"},
    knobs={"dw_compression_level": "dwa_level"},
    ignored="file_type proxy views create_directories checkHashOnRead first last use_limit noprefix interleave "
    "metadata heroview reload localizationPolicy beforeRender afterRender beforeFrameRender afterFrameRender "
    "render_order mov_prores_codec_profile mov64_codec mov64_fps limit_first limit_last first_part "
    "truncateChannelNames channel_view standard_layer_name_format full_layer_names write_ACES_compliant_EXR "
    "ocioColorspace transformType in_colorspace",
    convert=_write,
    differs="Nuke writes rgb unless told otherwise, and so does an imported Write; ours writes all layers by default.",
)
