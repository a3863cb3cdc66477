"""Writes heif.zip: HEIC and AVIF pictures, and what was put into them, for HeifPictureTest.

    pip install pillow==12.3.0 && apt-get install libheif-examples && python heif.py

Each picture has an entry of its own, and one with .rgb behind its name: red, green and blue of each
pixel, upright and on white. They are encoded without loss, but for rounding.
"""

import random
import struct
import subprocess
import tempfile
import zipfile
import zlib
from pathlib import Path

from PIL import Image

WIDTH, HEIGHT = 37, 29
LOSSLESS = ["-L", "-p", "chroma=444", "--matrix_coefficients=0"]
entries = {}
folder = Path(tempfile.mkdtemp())


def smooth(bands, levels):
    draw = random.Random(1)
    values = []
    for y in range(HEIGHT):
        for x in range(WIDTH):
            slopes = [x / WIDTH, y / HEIGHT, (x + y) / (WIDTH + HEIGHT), 1 - y / HEIGHT]
            values.append(
                tuple(int((0.1 + 0.8 * slope) * levels + draw.random() * levels / 64) for slope in slopes[:bands])
            )
    return values


def picture(mode):
    image = Image.new(mode, (WIDTH, HEIGHT))
    image.putdata(smooth(len(mode), 256))
    return image


def on_white(image):
    background = Image.new("RGBA", image.size, "white")
    background.alpha_composite(image)
    return background.convert("RGB").tobytes()


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def wide_png():
    """A PNG of 16 bits."""
    values = smooth(3, 65536)
    rows = b"".join(
        b"\0" + b"".join(struct.pack(">HHH", *value) for value in values[y * WIDTH : (y + 1) * WIDTH])
        for y in range(HEIGHT)
    )
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 16, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    )


def encoded(name, *sources, more=()):
    files = []
    for i, source in enumerate(sources):
        file = folder / f"{i}.png"
        file.write_bytes(source) if isinstance(source, bytes) else source.save(file)
        files.append(str(file))
    out = folder / name
    subprocess.run(["heif-enc", *LOSSLESS, *more, *files, "-o", str(out)], check=True)
    return out.read_bytes()


def boxes(data, start, end):
    while start < end:
        size, kind = struct.unpack_from(">I4s", data, start)
        yield start, size, kind
        start += size


def grown(data, at, content):
    """The bytes with some more of them in a place inside of boxes, whose sizes grow."""
    data = bytearray(data)

    def grow(start, end):
        for begin, size, kind in boxes(data, start, end):
            if begin < at <= begin + size and kind in (b"meta", b"iprp", b"ipco", b"ipma"):
                struct.pack_into(">I", data, begin, size + len(content))
                if kind in (b"meta", b"iprp"):
                    grow(begin + (12 if kind == b"meta" else 8), begin + size)
                return

    grow(0, len(data))
    return bytes(data[:at]) + content + bytes(data[at:])


def turned(data):
    """The same turned by a quarter against the clock, by a property of the primary item."""
    properties = data.index(b"ipco") - 4
    end = properties + struct.unpack_from(">I", data, properties)[0]
    count = sum(1 for _ in boxes(data, properties + 8, end))
    # Behind the last association of the last item, which is the primary one.
    associations = data.index(b"ipma") - 4
    last = associations + struct.unpack_from(">I", data, associations)[0]
    assert data[last - 3] == 2  # associations of it
    data = data[: last - 3] + bytes([3]) + data[last - 2 :]
    data = grown(data, last, bytes([0x80 | (count + 1)]))
    data = grown(data, end, struct.pack(">I4sB", 9, b"irot", 1))
    # The first item's bytes have moved; the second's are in the item data.
    locations = data.index(b"iloc") - 4
    old = data.index(b"mdat") + 4 - 10
    at = data.index(struct.pack(">I", old), locations)
    return data[:at] + struct.pack(">I", old + 10) + data[at + 4 :]


def add(name, content, expected):
    entries[name] = content
    entries[name + ".rgb"] = expected


rgb, rgba = picture("RGB"), picture("RGBA")
wide = bytes(round(value / 257) for pixel in smooth(3, 65536) for value in pixel)
add("rgb.heic", encoded("rgb.heic", rgb), rgb.tobytes())
add("rgb.avif", encoded("rgb.avif", rgb), rgb.tobytes())
add("alpha.heic", encoded("alpha.heic", rgba), on_white(rgba))
add("alpha.avif", encoded("alpha.avif", rgba), on_white(rgba))
add("wide.heic", encoded("wide.heic", wide_png(), more=["-b", "10"]), wide)
add("two.heic", encoded("two.heic", rgb, rgba), rgb.tobytes())
add("turned.heic", turned(entries["rgb.heic"]), rgb.transpose(Image.Transpose.ROTATE_90).tobytes())
# Pillow writes what XMP says of the orientation, and no property of the file.
xmp = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>"""
out = folder / "xmp.avif"
rgb.save(out, quality=100, subsampling="4:4:4", xmp=xmp)
add("xmp.avif", out.read_bytes(), Image.open(out).convert("RGB").transpose(Image.Transpose.ROTATE_270).tobytes())

with zipfile.ZipFile(Path(__file__).parent / "heif.zip", "w") as out:
    for name in sorted(entries):
        out.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), entries[name], zipfile.ZIP_DEFLATED)
