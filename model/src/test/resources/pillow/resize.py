"""Writes resize.json: what Pillow makes of boxes of a picture, for CropResizerTest.

    pip install pillow==12.3.0 && python resize.py

The picture is a formula, so that both sides have it; of each result its CRC-32 is kept.
"""

import json
import random
import zlib
from pathlib import Path

from PIL import Image


def picture(height, width):
    """Noise that every language makes alike."""
    values = bytearray()
    state = 1
    for _ in range(height * width * 3):
        state = (state * 1103515245 + 12345) % 2**31
        values.append(state >> 16 & 255)
    return Image.frombytes("RGB", (width, height), bytes(values))


def crc(image):
    return zlib.crc32(image.tobytes())


def cut(draw):
    """A box of whole pixels, cut out and scaled, as a random resized crop is."""
    height, width = draw.randint(1, 90), draw.randint(1, 90)
    h, w = draw.randint(1, height), draw.randint(1, width)
    top, left = draw.randint(0, height - h), draw.randint(0, width - w)
    size = draw.choice([1, 2, 7, 18, 28, 32, 96])
    box = picture(height, width).crop((left, top, left + w, top + h))
    result = box.resize((size, size), Image.Resampling.BILINEAR)
    return [height, width, top, left, h, w, size, crc(result)]


def view(draw):
    """The shorter side scaled, and the square in the middle, as torchvision does it."""
    height, width = draw.randint(1, 120), draw.randint(1, 120)
    size = draw.choice([8, 16, 31])
    resize = size + draw.randint(0, 9)
    short, long = min(height, width), max(height, width)
    scaled = int(resize * long / short)
    h, w = (resize, scaled) if height <= width else (scaled, resize)
    image = picture(height, width).resize((w, h), Image.Resampling.BILINEAR)
    top, left = int(round((h - size) / 2.0)), int(round((w - size) / 2.0))
    return [height, width, resize, size, crc(image.crop((left, top, left + size, top + size)))]


draws = random.Random(1)
cases = {
    "crop": [cut(draws) for _ in range(60)],
    "middle": [view(draws) for _ in range(60)],
}
path = Path(__file__).with_name("resize.json")
path.write_text(
    "{\n"
    + ",\n".join(
        f'"{name}": [\n' + ",\n".join(map(json.dumps, rows)) + "\n]" for name, rows in cases.items()
    )
    + "\n}\n"
)
