"""Draws an image anew: standard input to standard output, under hard limits. Run as a program.

It imports nothing of ours, so that it starts quickly and holds no secret.
"""

from __future__ import annotations

import io
import resource
import sys

PIXELS = 120_000_000  # a phone's 108 megapixels
SIDE = 2560
MEMORY = 1024 * 1024 * 1024
SECONDS = 15


def limit() -> None:
    """From here on: little memory, little time, no files."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def redraw(plain: bytes) -> bytes:
    """The picture as a JPEG, upright, at most 2560 pixels a side, with nothing beside it."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = PIXELS // 2  # Pillow refuses at twice this
    with Image.open(io.BytesIO(plain), formats=["JPEG", "PNG", "GIF", "WEBP"]) as image:
        image.draft("RGB", (SIDE, SIDE))
        upright = ImageOps.exif_transpose(image)
        upright.thumbnail((SIDE, SIDE))
        if upright.mode in ("RGBA", "LA", "PA", "P"):
            upright = upright.convert("RGBA")
            ground = Image.new("RGBA", upright.size, "white")
            upright = Image.alpha_composite(ground, upright)
        bare = Image.new("RGB", upright.size)
        bare.paste(upright.convert("RGB"))
    out = io.BytesIO()
    bare.save(out, "JPEG", quality=85)
    return out.getvalue()


if __name__ == "__main__":
    given = sys.stdin.buffer.read()
    limit()
    sys.stdout.buffer.write(redraw(given))
