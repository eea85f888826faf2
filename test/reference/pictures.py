"""Draws the pictures of the fixtures and records what Pillow makes of each."""

import hashlib
import json
import struct
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps
from transformers import BlipImageProcessorPil

from odd_pictures import odd_pictures, tiff

SIDE = 224
LARGE_SIDE = 364
SMALL_SIDE = 8  # whole pixel_values of a few pictures are stored at this size
WHOLE = ("size-1x1.png", "size-3x200.png", "rgba.png", "420.jpg", "size-2000x1500.png")


def photo(width, height, seed):
    """Smooth colors, a hard edge and some noise: enough for every tap of a resampling filter to matter."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for _ in range(3):
        fx, fy, phase = random.uniform(0.05, 0.4), random.uniform(0.05, 0.4), random.uniform(0, 6)
        plane = 128 + 90 * np.sin(x * fx + y * fy + phase)
        plane[(x - width * 0.6) ** 2 + (y - height * 0.4) ** 2 < (min(width, height) * 0.3) ** 2] = random.integers(0, 256)
        planes.append(plane + random.normal(0, 8, plane.shape))
    return np.clip(np.stack(planes, -1), 0, 255).astype(np.uint8)


def parity_image(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "parity.png"
    Image.fromarray(photo(45, 37, 7)).save(file, optimize=True)
    return file


def flat(width, height):
    """Large and yet a few hundred bytes: stripes and a disc."""
    y, x = np.mgrid[0:height, 0:width]
    disc = (x - width * 0.4) ** 2 + (y - height * 0.5) ** 2 < (min(width, height) * 0.3) ** 2
    index = np.where(disc, 3, (x // 97 + y // 61) % 3).astype(np.uint8)
    image = Image.fromarray(index, "P")
    image.putpalette([250, 10, 20, 30, 200, 60, 20, 40, 255, 255, 250, 0])
    return image


def alpha(width, height):
    y, x = np.mgrid[0:height, 0:width]
    return ((x * 255 // max(width - 1, 1) + y) % 256).astype(np.uint8)


def png16(samples: np.ndarray, color: int) -> bytes:
    """A 16-bit PNG, which Pillow writes in gray only. samples: uint16 [height, width, channels]."""
    height, width = samples.shape[:2]
    rows = samples.astype(">u2").reshape(height, -1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 16, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(data, 9)) + chunk(b"IEND", b"")


def wide16(width, height, seed, channels):
    """16-bit samples over the whole range, low bytes of every value."""
    base = photo(width, height, seed).astype(np.uint16) << 8
    base += np.random.default_rng(seed).integers(0, 256, base.shape).astype(np.uint16)
    return np.concatenate([base, base], -1)[..., :channels]


def foreign_profile() -> bytes:
    """An sRGB profile with red and green swapped: a decoder that applies it swaps the colors."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile[:24] + bytes(12) + profile[36:]  # the time of making
    return profile.replace(b"rXYZ", b"#XYZ").replace(b"gXYZ", b"rXYZ").replace(b"#XYZ", b"gXYZ")


def oriented(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def draw(folder: Path):
    """Writes every picture; yields (file name, what it is for, pixels equal to Pillow's)."""
    made = []

    def save(name, image, about, exact=True, **options):
        if isinstance(image, bytes):
            (folder / name).write_bytes(image)
        else:
            image.save(folder / name, **options)
        made.append((name, about, exact))

    rgb = Image.fromarray(photo(45, 37, 1))
    rgba = rgb.copy()
    rgba.putalpha(Image.fromarray(alpha(45, 37)))
    gray = rgb.convert("L")
    palette = rgb.quantize(16)
    sizes = ((1, 1), (1, 64), (300, 1), (3, 200), (224, 224), (224, 90), (90, 224), (448, 448), (223, 225))
    # Pillow resizes rows first where the height is over 100 times the width and becomes less.
    tall = ((2, 200), (2, 201), (1, 150), (2, 500), (3, 1000), (10, 2500), (3, 50000), (224, 22500))
    wide = ((500, 2), (1000, 3), (50000, 3))
    for width, height in sizes + tall + wide:
        small = width * height < 3000
        image = Image.fromarray(photo(width, height, width)) if small else flat(width, height)
        save(f"size-{width}x{height}.png", image, "geometry", optimize=True)
    save("size-2400x7.png", flat(2400, 7), "huge aspect", optimize=True)
    save("size-2000x1500.png", flat(2000, 1500), "long filter", optimize=True)
    save("rgba.png", rgba, "alpha is dropped, not composited", optimize=True)
    save("palette.png", palette, "palette", optimize=True)
    save("palette-2bit.png", rgb.quantize(4), "palette of 2 bits", bits=2)
    save("palette-transparent.png", palette, "palette with a transparent entry", transparency=3)
    save("palette-alpha.png", palette, "palette with several alphas", transparency=bytes(range(0, 256, 16)))
    save("rgb-transparent.png", rgb, "RGB with a transparent color", transparency=rgb.getpixel((3, 3)))
    save("grey.png", gray, "grayscale", optimize=True)
    save("grey-alpha.png", rgba.convert("LA"), "grayscale with alpha", optimize=True)
    save("bilevel.png", gray.convert("1"), "one bit a pixel")
    save("rgb16.png", png16(wide16(20, 15, 2, 3), 2), "16 bits a channel")
    save("rgba16.png", png16(wide16(20, 15, 3, 4), 6), "16 bits with alpha")
    save("grey-alpha16.png", png16(wide16(20, 15, 4, 2), 4), "16-bit gray with alpha")
    save("grey16.png", png16(wide16(20, 15, 5, 1), 0), "16-bit gray", exact=False)
    save("profile.png", rgb, "a color profile, ignored", icc_profile=foreign_profile(), optimize=True)
    save("orientation-6.png", rgb, "EXIF orientation in a PNG", exif=oriented(6))
    save("444.jpg", rgb, "JPEG without chroma subsampling", quality=90, subsampling=0)
    save("420.jpg", rgb, "JPEG 4:2:0", quality=75, subsampling=2)
    save("progressive.jpg", rgb, "progressive JPEG", quality=80, progressive=True)
    save("grey.jpg", gray, "grayscale JPEG", quality=80)
    save("cmyk.jpg", rgb.convert("CMYK"), "CMYK JPEG, inverted as Adobe does", quality=90)
    save("profile.jpg", rgb, "a color profile, ignored", quality=80, icc_profile=foreign_profile())
    for value in range(2, 9):
        save(f"orientation-{value}.jpg", rgb, "EXIF orientation", quality=60, exif=oriented(value))
    save("lossless.webp", rgb, "lossless WebP", lossless=True)
    save("lossy.webp", rgb, "lossy WebP", quality=70)
    save("alpha.webp", rgba, "WebP with alpha", lossless=True, quality=100)
    save("animated.webp", rgb, "animated WebP: first frame", save_all=True, append_images=[Image.new("RGB", rgb.size)], lossless=True)
    save("orientation-8.webp", rgb, "EXIF orientation in a WebP", quality=60, exif=oriented(8))
    save("still.gif", palette, "GIF")
    save("animated.gif", palette, "animated GIF: first frame", save_all=True, append_images=[gray.quantize(8)], loop=0)
    save("transparent.gif", palette, "GIF with a transparent entry", transparency=3)
    save("rgb.tif", rgb, "TIFF, LZW", compression="tiff_lzw")
    save("deflate.tif", rgb, "TIFF, deflate", compression="tiff_adobe_deflate")
    save("rgba.tif", rgba, "TIFF with alpha", compression="tiff_lzw")
    save("grey.tif", gray, "grayscale TIFF", compression="tiff_lzw")
    save("palette.tif", palette, "palette TIFF", compression="tiff_lzw")
    save("bilevel.tif", gray.convert("1"), "fax TIFF", compression="group4")
    save("cmyk.tif", rgb.convert("CMYK"), "CMYK TIFF", compression="tiff_lzw")
    save("grey16.tif", Image.fromarray(wide16(20, 15, 6, 1)[..., 0]), "16-bit gray TIFF", exact=False, compression="tiff_lzw")
    rgb.save(folder / "refused-zstd.tif", compression="zstd")  # read by Pillow, not by sharp
    (folder / "refused-lab.tif").write_bytes(tiff(np.asarray(rgb.convert("LAB")), 8))  # as well
    save("pages.tif", rgb, "TIFF of two pages: the first", save_all=True, append_images=[gray], compression="tiff_lzw")
    save("orientation-5.tif", rgb, "TIFF orientation", compression="tiff_lzw", exif=oriented(5))
    save("444.avif", rgb, "AVIF without chroma subsampling", exact=False, quality=80, subsampling="4:4:4")
    save("420.avif", rgb, "AVIF 4:2:0", exact=False, quality=60, subsampling="4:2:0")
    save("alpha.avif", rgba, "AVIF with alpha", exact=False, quality=80, subsampling="4:4:4")
    for name, file, about, exact in odd_pictures(rgb, palette):
        save(name, file, about, exact)
    return made


def digest(array) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def record(folder: Path):
    """One entry a picture: hashes of the RGB pixels, the resized ones and pixel_values (float32)."""
    entries = []
    processor = BlipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    small = BlipImageProcessorPil(size={"height": SMALL_SIDE, "width": SMALL_SIDE})
    for name, about, exact in draw(folder):
        image = ImageOps.exif_transpose(Image.open(folder / name)).convert("RGB")
        pixels = np.asarray(image)
        values = processor(image, return_tensors="np").pixel_values.astype("<f4", copy=False)
        entries.append({
            "file": name, "about": about, "exact": exact, "width": image.width, "height": image.height,
            "rgbSha256": digest(pixels),
            "resizedSha256": digest(np.asarray(image.resize((SIDE, SIDE), Image.BICUBIC))),
            "resizedLargeSha256": digest(np.asarray(image.resize((LARGE_SIDE, LARGE_SIDE), Image.BICUBIC))),
            "pixelValuesSha256": digest(values),
        })  # fmt: skip
        if name in WHOLE:
            entries[-1]["small"] = [float(v) for v in small(image, return_tensors="np").pixel_values.ravel()]
        if not exact:  # compared within a tolerance: the first rows of pixels
            entries[-1]["rgb"] = pixels[:4].ravel().tolist()
    lines = ",\n".join(json.dumps(e) for e in entries)
    (folder / "pictures.json").write_text(f'{{"side": {SIDE}, "largeSide": {LARGE_SIDE}, "smallSide": {SMALL_SIDE}, "pictures": [\n{lines}\n]}}\n')
    return len(entries)
