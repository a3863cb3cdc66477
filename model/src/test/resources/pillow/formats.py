"""Writes formats.zip: pictures of many formats, and what Pillow makes of them, for FormatsTest.

    pip install pillow==12.3.0 && python formats.py

Each picture has an entry of its own, and one with .rgb behind its name: red, green and blue of each
pixel, upright and on white. Where Pillow cuts 16 bits off, it is round(v / 257) instead. A picture
that is to be refused has one with .refused behind its name: a word that the error must have.

    python formats.py FOLDER PHOTOGRAPH...

writes these photographs in many settings of the encoders into a folder, for DecoderComparisonTest.
"""

import io
import random
import struct
import sys
import zipfile
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

WIDTH, HEIGHT = 37, 29
entries = {}


def smooth(bands, levels=256):
    """Slopes with a little noise, as values of each pixel."""
    draw = random.Random(1)
    values = []
    for y in range(HEIGHT):
        for x in range(WIDTH):
            for band in range(bands):
                slope = [x / WIDTH, y / HEIGHT, (x + y) / (WIDTH + HEIGHT), 1 - y / HEIGHT][band]
                values.append(min(levels - 1, int((0.1 + 0.8 * slope) * levels + draw.random() * levels / 64)))
    return values


def picture(mode):
    bands = len(Image.new(mode, (1, 1)).getbands())
    image = Image.new(mode, (WIDTH, HEIGHT))
    values = smooth(bands)
    image.putdata([tuple(values[i : i + bands]) if bands > 1 else values[i] for i in range(0, len(values), bands)])
    return image


def on_white(image):
    """As ImageDecoder does it."""
    result = bytearray()
    for red, green, blue, alpha in image.convert("RGBA").getdata():
        for value in (red, green, blue):
            result.append((value * alpha + 255 * (255 - alpha) + 127) // 255)
    return bytes(result)


def add(name, data, expected=None):
    if expected is None:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
        transparent = "A" in image.getbands() or "transparency" in image.info
        expected = on_white(image) if transparent else image.convert("RGB").tobytes()
    entries[name] = data
    entries[name + ".rgb"] = expected


def saved(image, **options):
    out = io.BytesIO()
    image.save(out, **options)
    return out.getvalue()


def refuse(name, data, word):
    entries[name] = data
    entries[name + ".refused"] = word.encode()


def drawn(width, height, seed, alpha=False):
    """Coloured shapes with hard edges on a slope with noise: what lossy encoders find hard."""
    draw = random.Random(seed)
    image = Image.new("RGB", (width, height))
    image.putdata(
        [
            tuple(min(255, int(255 * slope * 0.8) + draw.randrange(32)) for slope in (x / width, y / height, (x + y) / (width + height)))
            for y in range(height)
            for x in range(width)
        ]
    )
    pen = ImageDraw.Draw(image)
    for _ in range(6):
        left, top = draw.randrange(width), draw.randrange(height)
        box = (left, top, left + 1 + draw.randrange(width), top + 1 + draw.randrange(height))
        colour = tuple(draw.randrange(256) for _ in range(3))
        (pen.ellipse if draw.random() < 0.5 else pen.rectangle)(box, fill=colour)
    if alpha:
        opacity = Image.new("L", (width, height))
        opacity.putdata([min(255, 300 * x // width) for y in range(height) for x in range(width)])
        image.putalpha(opacity)
    return image


def settings_of_webp(image, translucent):
    """A picture in all methods and some qualities of libwebp, with and without alpha."""
    for method in range(7):
        for quality in (20, 50, 75, 95):
            for kind, source in (("", image), ("-alpha", translucent)):
                options = dict(format="WEBP", quality=quality, method=method)
                yield f"method{method}-quality{quality}{kind}.webp", saved(source, **options)


def grey(values):
    return bytes(value for value in values for _ in range(3))


def by_257(values):
    return [(2 * value + 257) // 514 for value in values]


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


# WebP.
for quality in (10, 50, 80, 100):
    add(f"lossy-{quality}.webp", saved(picture("RGB"), format="WEBP", quality=quality))
add("lossless.webp", saved(picture("RGB"), format="WEBP", lossless=True))
add("lossless-alpha.webp", saved(picture("RGBA"), format="WEBP", lossless=True, exact=True))
add("lossy-alpha.webp", saved(picture("RGBA"), format="WEBP", quality=80))
add("lossless-palette.webp", saved(picture("RGB").quantize(16).convert("RGB"), format="WEBP", lossless=True))
add("lossless-grey.webp", saved(picture("L").convert("RGB"), format="WEBP", lossless=True))
frames = [picture("RGB"), picture("RGB").rotate(180)]
add("animated.webp", saved(frames[0], format="WEBP", save_all=True, append_images=frames[1:], lossless=True))
add("turned.webp", saved(picture("RGB"), format="WEBP", lossless=True, exif=exif(6)))
add("mirrored.webp", saved(picture("RGB"), format="WEBP", lossless=True, exif=exif(2)))

# TIFF by Pillow's libtiff.
for mode in ("L", "RGB", "CMYK", "RGBA"):
    for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
        add(f"{mode}-{compression}.tif", saved(picture(mode), format="TIFF", compression=compression))
for mode in ("L", "RGB"):
    add(f"{mode}-jpeg.tif", saved(picture(mode), format="TIFF", compression="jpeg", quality=95))
for compression in ("raw", "packbits", "group3", "group4", "tiff_ccitt"):
    add(f"bilevel-{compression}.tif", saved(picture("L").convert("1"), format="TIFF", compression=compression))
palette = picture("RGB").quantize(64)
add("palette.tif", saved(palette, format="TIFF", compression="raw"))
add("palette-lzw.tif", saved(palette, format="TIFF", compression="tiff_lzw"))
add("big.tif", saved(picture("RGB"), format="TIFF", big_tiff=True))
add("pages.tif", saved(picture("RGB"), format="TIFF", save_all=True, append_images=[picture("L")]))
add("turned.tif", saved(picture("RGB"), format="TIFF", exif=exif(8)))
lab = Image.new("LAB", (WIDTH, HEIGHT))
lab.putdata(list(zip(*[iter(smooth(3))] * 3)))
add("lab.tif", saved(lab, format="TIFF"))
grey_alpha = Image.merge("LA", (picture("L"), picture("L").transpose(Image.Transpose.FLIP_LEFT_RIGHT)))
add("grey-alpha.tif", saved(grey_alpha, format="TIFF"))
wide = smooth(1, 65536)
sixteen = Image.frombytes("I;16", (WIDTH, HEIGHT), struct.pack(f"<{len(wide)}H", *wide))
for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate"):
    add(f"grey16-{compression}.tif", saved(sixteen, format="TIFF", compression=compression), grey(by_257(wide)))
shares = [value / 65535 for value in wide]
floats = Image.frombytes("F", (WIDTH, HEIGHT), struct.pack(f"<{len(wide)}f", *shares))
add("float.tif", saved(floats, format="TIFF"), grey(int(255 * share + 0.5) for share in shares))


def tiff(order, bits, bands, photometric, data, tile=None, sample_format=1, extra=(), predictor=1):
    """A TIFF that Pillow does not write: 16 and 32 bits of several bands, tiles, either order."""
    mark = "<" if order == b"II" else ">"
    bytes_of = bits // 8
    if tile:
        chunks = []
        for top in range(0, HEIGHT, tile):
            for left in range(0, WIDTH, tile):
                chunk = bytearray()
                for y in range(top, top + tile):
                    row = data[y * WIDTH * bands * bytes_of : (y + 1) * WIDTH * bands * bytes_of]
                    part = row[left * bands * bytes_of : (left + tile) * bands * bytes_of]
                    chunk += part.ljust(tile * bands * bytes_of, b"\0")
                chunks.append(bytes(chunk))
    else:
        row = WIDTH * bands * bytes_of
        chunks = [data[at : at + 8 * row] for at in range(0, len(data), 8 * row)]
    body = bytearray()
    offsets = []
    for chunk in chunks:
        offsets.append(8 + len(body))
        body += chunk
    tags = {256: [WIDTH], 257: [HEIGHT], 258: [bits] * bands, 259: [1], 262: [photometric], 277: [bands]}
    tags[339] = [sample_format] * bands
    if extra:
        tags[338] = list(extra)
    lengths = [len(chunk) for chunk in chunks]
    if tile:
        tags.update({322: [tile], 323: [tile], 324: offsets, 325: lengths})
    else:
        tags.update({273: offsets, 278: [8], 279: lengths})
    longs = (273, 279, 324, 325)
    head = bytearray()
    behind = bytearray()
    at = 8 + len(body)
    end = at + 2 + 12 * len(tags) + 4
    for tag in sorted(tags):
        kind, form = (4, "L") if tag in longs else (3, "H")
        packed = struct.pack(f"{mark}{len(tags[tag])}{form}", *tags[tag])
        value = packed.ljust(4, b"\0")
        if len(packed) > 4:
            value = struct.pack(mark + "L", end + len(behind))
            behind += packed
        head += struct.pack(mark + "HHL", tag, kind, len(tags[tag])) + value
    ifd = struct.pack(mark + "H", len(tags)) + head + struct.pack(mark + "L", 0)
    return order + struct.pack(mark + "HL", 42, at) + body + ifd + behind


for order in (b"II", b"MM"):
    mark, name = ("<", "little") if order == b"II" else (">", "big")
    for bands, photometric in ((1, 1), (3, 2)):
        values = smooth(bands, 65536)
        data = struct.pack(f"{mark}{len(values)}H", *values)
        expected = by_257(values)
        add(f"{name}-16x{bands}.tif", tiff(order, 16, bands, photometric, data), bytes(expected) if bands == 3 else grey(expected))
values = smooth(3, 65536)
add("tiles-16x3.tif", tiff(b"II", 16, 3, 2, struct.pack(f"<{len(values)}H", *values), tile=16), bytes(by_257(values)))
add("tiles-8x3.tif", tiff(b"MM", 8, 3, 2, bytes(smooth(3)), tile=16))
add("tiles-8x1.tif", tiff(b"II", 8, 1, 1, bytes(smooth(1)), tile=32))
add("white-is-zero.tif", tiff(b"II", 8, 1, 0, bytes(smooth(1))), grey(255 - value for value in smooth(1)))
add("float-rgb.tif", tiff(b"II", 32, 3, 2, struct.pack(f"<{len(values)}f", *(v / 65535 for v in values)), sample_format=3), bytes(int(255 * v / 65535 + 0.5) for v in values))
longs = [value * 65537 for value in smooth(1, 65536)]
add("grey32.tif", tiff(b"II", 32, 1, 1, struct.pack(f"<{len(longs)}L", *longs)), grey(int(255 * v / 4294967295 + 0.5) for v in longs))


# TIFF of several bands: those that are no colours are refused, and not taken for some.
def bands_of(count):
    draw = random.Random(count)
    return bytes(draw.randrange(256) for _ in range(WIDTH * HEIGHT * count))


for count in (3, 4, 5):
    refuse(f"grey-{count}-bands.tif", tiff(b"II", 8, count, 1, bands_of(count), extra=[0] * (count - 1)), "channels")
refuse("grey-2-bands.tif", tiff(b"MM", 8, 2, 1, bands_of(2), extra=[0]), "channels")
refuse("two-of-rgb.tif", tiff(b"II", 8, 2, 2, bands_of(2)), "channels")
refuse("seven-bands.tif", tiff(b"II", 8, 7, 2, bands_of(7), extra=[0] * 4), "channels")
refuse("icc-lab.tif", tiff(b"II", 8, 3, 9, bands_of(3)), "ICC L*a*b*")
for mode in ("L", "RGB", "CMYK"):
    add(f"{mode}-zstd.tif", saved(picture(mode), format="TIFF", compression="zstd"))
add("strips-zstd.tif", saved(drawn(400, 300, 9), format="TIFF", compression="zstd", strip_size=9000))
add("predictor-zstd.tif", saved(drawn(50, 40, 9), format="TIFF", compression="zstd", tiffinfo={317: 2}))
raw = struct.pack("<HHQQ", 259, 3, 1, 1)
big = saved(picture("RGB"), format="TIFF", big_tiff=True)
refuse("big-zstd.tif", big.replace(raw, raw[:12] + struct.pack("<Q", 50000)), "Zstandard in a BigTIFF is not supported")
jpeg = saved(picture("RGB"), format="TIFF", compression="jpeg")
together = struct.pack("<HHII", 284, 3, 1, 1)
refuse("planes-jpeg.tif", jpeg.replace(together, together[:8] + struct.pack("<I", 2)), "JPEG in planes")
grey_jpeg = saved(picture("L"), format="TIFF", compression="jpeg")
bits8 = struct.pack("<HHII", 258, 3, 1, 8)
refuse("jpeg12.tif", grey_jpeg.replace(bits8, bits8[:8] + struct.pack("<I", 12)), "JPEG of 12 bits")
refuse("lzma.tif", saved(picture("RGB"), format="TIFF", compression="lzma"), "LZMA")
for extra, name in (([0], "ignored"), ([0, 0], "ignored-2"), ([2], "alpha"), ([1], "multiplied"), ([2, 0], "alpha-ignored")):
    count = 3 + len(extra)
    data = bands_of(count)
    if extra == [1]:  # samples are not more than their share
        data = bytes(min(data[i], data[i - i % 4 + 3]) if i % 4 < 3 else data[i] for i in range(len(data)))
    add(f"rgb-{name}.tif", tiff(b"II", 8, count, 2, data, extra=extra))


# Colour profiles are not applied, in no format and by no decoder.
def profile(space):
    """A small ICC profile (version 2): swapped primaries, or a gamma of 1 for grey."""

    def xyz(x, y, z):
        return b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(value * 65536) for value in (x, y, z)))

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, 256) + b"\0\0"
    name = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"test\0" + bytes(79)
    tags = {b"desc": name, b"cprt": b"text\0\0\0\0none\0\0\0\0", b"wtpt": xyz(0.9642, 1, 0.8249)}
    if space == b"GRAY":
        tags[b"kTRC"] = curve
    else:
        for tag, primary in zip((b"r", b"g", b"b"), ((0.14, 0.06, 0.71), (0.39, 0.72, 0.1), (0.43, 0.22, 0.01))):
            tags[tag + b"XYZ"] = xyz(*primary)
            tags[tag + b"TRC"] = curve
    head = b"\0\0\0\0test\2\0\0\0mntr" + space + b"XYZ " + struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp"
    head += bytes(28) + struct.pack(">3i", 63190, 65536, 54061) + bytes(48)
    table, body = struct.pack(">I", len(tags)), b""
    start = len(head) + 4 + 12 * len(tags)
    for tag, data in tags.items():
        data += bytes(-len(data) % 4)
        table += tag + struct.pack(">II", start + len(body), len(data))
        body += data
    whole = head + table + body
    return struct.pack(">I", len(whole)) + whole[4:]


colours, greys = profile(b"RGB "), profile(b"GRAY")
for mode, icc in (("RGB", colours), ("L", greys)):
    for compression in ("raw", "tiff_lzw", "jpeg"):
        options = dict(quality=95) if compression == "jpeg" else {}
        add(f"profile-{mode}-{compression}.tif", saved(picture(mode), format="TIFF", compression=compression, icc_profile=icc, **options))
    for kind, options in (("PNG", {}), ("JPEG", dict(quality=90))):
        add(f"profile-{mode}.{kind.lower()}", saved(picture(mode), format=kind, icc_profile=icc, **options))
add("profile.webp", saved(picture("RGB"), format="WEBP", quality=80, icc_profile=colours))
add("profile-RGBA.tif", saved(picture("RGBA"), format="TIFF", icc_profile=colours))
add("profile-CMYK.tif", saved(picture("CMYK"), format="TIFF", icc_profile=colours))

# PNM.
add("grey.pgm", saved(picture("L"), format="PPM"))
add("colours.ppm", saved(picture("RGB"), format="PPM"))
add("bilevel.pbm", saved(picture("L").convert("1"), format="PPM"))
header = f"{WIDTH} {HEIGHT}\n".encode()
values = smooth(3)
add("ascii.ppm", b"P3\n# a comment\n" + header + b"255\n" + " ".join(map(str, values)).encode(), bytes(values))
add("ascii.pgm", b"P2\n" + header + b"255\n" + " ".join(map(str, smooth(1))).encode(), grey(smooth(1)))
bits = [value // 128 for value in smooth(1)]
add("ascii.pbm", b"P1\n" + header + " ".join(map(str, bits)).encode(), grey(255 * (1 - bit) for bit in bits))
wide = smooth(3, 65536)
add("colours16.ppm", b"P6\n" + header + b"65535\n" + struct.pack(f">{len(wide)}H", *wide), bytes(by_257(wide)))
wide = smooth(1, 65536)
add("grey16.pgm", b"P5\n" + header + b"65535\n" + struct.pack(f">{len(wide)}H", *wide), grey(by_257(wide)))

# PNG of 16 bits.
add("grey16.png", saved(sixteen, format="PNG"), grey(by_257(smooth(1, 65536))))

# WebP in its encoder's settings, odd sizes and one pixel.
for name, data in settings_of_webp(drawn(35, 27, 1), drawn(35, 27, 2, alpha=True)):
    add(name, data)
for width, height in ((1, 1), (1, 40), (40, 1), (2, 3), (16, 16), (17, 33), (64, 48)):
    add(f"{width}x{height}.webp", saved(drawn(width, height, width), format="WEBP", quality=40, method=0))
frames = [drawn(30, 20, 3, alpha=True), drawn(30, 20, 4, alpha=True)]
add("animated-lossy-alpha.webp", saved(frames[0], format="WEBP", save_all=True, append_images=frames[1:], quality=60))

# Orientation in XMP alone.
XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:tiff="http://ns.adobe.com/tiff/1.0/"%s/></rdf:RDF></x:xmpmeta>"""
for orientation in range(1, 9):
    xmp = (XMP % f' tiff:Orientation="{orientation}"').encode()
    add(f"xmp-{orientation}.webp", saved(picture("RGB"), format="WEBP", lossless=True, xmp=xmp))
    add(f"xmp-{orientation}.jpg", saved(picture("RGB"), format="JPEG", quality=90, xmp=xmp))

# JPEG of inks, whose product libjpeg's user cuts off where Pillow rounds.
add("CMYK.jpg", saved(picture("CMYK"), format="JPEG", quality=90))

# TGA.
for mode in ("L", "RGB", "RGBA"):
    add(f"{mode}.tga", saved(picture(mode), format="TGA"))
    add(f"{mode}-runs.tga", saved(picture(mode), format="TGA", compression="tga_rle"))
add("palette.tga", saved(picture("RGB").quantize(64), format="TGA"))
silent = bytearray(saved(picture("RGBA"), format="TGA"))
silent[17] &= 0xF0  # says that no bits are alpha
add("silent-alpha.tga", bytes(silent))
colours16 = bytes([0, 1, 1]) + struct.pack("<HHB4HBB", 0, 2, 16, 0, 0, 2, 1, 8, 32) + bytes([0x34, 0x12, 0x78, 0x56, 0, 1])
refuse("palette16.tga", colours16, "a palette of 16 bits")
add("top.tga", saved(picture("RGB"), format="TGA", orientation=1))

# BMP without its file header.
for mode in ("L", "RGB"):
    add(f"{mode}.dib", saved(picture(mode), format="DIB"))
for mode in ("L", "RGB", "P"):
    source = picture("RGB").quantize(64) if mode == "P" else picture(mode)
    bmp = bytearray(saved(source, format="BMP"))
    bmp[2:6] = bytes(4)  # some writers leave the length 0
    add(f"{mode}-no-length.bmp", bytes(bmp))
    start = struct.unpack("<I", bmp[10:14])[0] + 24
    longer = bytes(bmp[:10]) + struct.pack("<II", start, 64) + bytes(bmp[18:54]) + bytes(24) + bytes(bmp[54:])
    add(f"{mode}-os2.bmp", longer)
colours = saved(picture("RGB"), format="BMP")
sides = struct.unpack("<ii", colours[18:26])
add("os2-old.bmp", colours[:2] + struct.pack("<IIIIHHHH", 0, 0, 26, 12, *sides, 1, 24) + colours[54:])
refuse("os2-huffman.bmp", longer[:30] + struct.pack("<I", 3) + longer[34:], "OS/2's own compression")
add("palette.dib", saved(picture("RGB").quantize(64), format="DIB"))

# ICO: of several pictures the largest.
add("png.ico", saved(drawn(64, 48, 5, alpha=True), format="ICO", sizes=[(16, 12), (64, 48), (32, 24)]))
add("bitmap.ico", saved(drawn(32, 32, 6, alpha=True), format="ICO", bitmap_format="bmp", sizes=[(32, 32), (16, 16)]))
# Pillow writes masks without padding, so these are as wide as they may be without.
add("bitmap-rgb.ico", saved(drawn(32, 21, 7), format="ICO", bitmap_format="bmp", sizes=[(32, 21)]))
add("bitmap-palette.ico", saved(drawn(64, 24, 8).quantize(200), format="ICO", bitmap_format="bmp", sizes=[(64, 24)]))

if len(sys.argv) > 1:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    entries.clear()
    for number, photograph in enumerate(sys.argv[2:]):
        image = ImageOps.exif_transpose(Image.open(photograph)).convert("RGB")
        width, height = image.size
        image = image.crop((0, 0, width - number % 3, height - number % 2))
        opacity = Image.linear_gradient("L").resize(image.size)
        translucent = image.copy()
        translucent.putalpha(opacity)
        for name, data in settings_of_webp(image, translucent):
            add(f"{number}-lossy-{name}", data)
        add(f"{number}-lossless.webp", saved(image, format="WEBP", lossless=True))
        for quality in (20, 50, 75, 95):
            for sampling in ("4:4:4", "4:2:2", "4:2:0"):
                for progressive in (False, True):
                    options = dict(quality=quality, subsampling=sampling, progressive=progressive)
                    kind = f"{sampling.replace(':', '')}{'-progressive' if progressive else ''}"
                    add(f"{number}-quality{quality}-{kind}.jpg", saved(image, format="JPEG", **options))
        for compression in ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits"):
            add(f"{number}-{compression}.tif", saved(image, format="TIFF", compression=compression))
        for quality in (50, 75, 95):
            add(f"{number}-jpeg{quality}.tif", saved(image, format="TIFF", compression="jpeg", quality=quality))
        for level in (1, 9):
            add(f"{number}-level{level}.png", saved(image, format="PNG", compress_level=level))
            add(f"{number}-level{level}-alpha.png", saved(translucent, format="PNG", compress_level=level))
        add(f"{number}.gif", saved(image, format="GIF"))
        add(f"{number}.bmp", saved(image, format="BMP"))
        add(f"{number}.ppm", saved(image, format="PPM"))
        for runs in (None, "tga_rle"):
            add(f"{number}-{runs or 'plain'}.tga", saved(image, format="TGA", compression=runs))
        add(f"{number}.ico", saved(translucent.resize((256, 192)), format="ICO", bitmap_format="bmp", sizes=[(256, 192)]))
    for name, data in entries.items():
        (folder / name).write_bytes(data)
    print(len(entries) // 2, "pictures")
    sys.exit()

with zipfile.ZipFile(Path(__file__).with_name("formats.zip"), "w", zipfile.ZIP_DEFLATED) as out:
    for name in sorted(entries):
        out.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), entries[name], zipfile.ZIP_DEFLATED)
print(len(entries) // 2, "pictures")
