"""Picture files that are right but unusual: Pillow and browsers read them, other decoders do not."""

import io
import struct
import zlib

import numpy as np


def encoded(image, kind, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_chunks(file: bytes):
    """Lists of type, data and checksum."""
    at = 8
    while at < len(file):
        (length,) = struct.unpack_from(">I", file, at)
        end = at + 8 + length
        yield [file[at + 4 : at + 8], file[at + 8 : end], file[end : end + 4]]
        at = end + 4


def png(chunks) -> bytes:
    parts = (struct.pack(">I", len(body)) + kind + body + crc for kind, body, crc in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def wrong_checksum(image, kind: bytes) -> bytes:
    chunks = list(png_chunks(encoded(image, "PNG")))
    return png((k, body, b"\1\2\3\4" if k == kind else crc) for k, body, crc in chunks)


def unknown_chunk(image) -> bytes:
    """A critical chunk that no specification has, behind the header."""
    chunks = list(png_chunks(encoded(image, "PNG")))
    chunks.insert(1, [b"CgBX", b"abc", struct.pack(">I", zlib.crc32(b"CgBXabc"))])
    return png(chunks)


def on_canvas(gif: bytes, size, at) -> bytes:
    """A GIF whose first frame is a part of a canvas."""
    file = bytearray(gif)
    file[6:10] = struct.pack("<HH", *size)
    block = 13 + 3 * 2 ** ((file[10] & 7) + 1)
    while file[block] != 0x2C:
        block += 2
        while file[block]:
            block += file[block] + 1
        block += 1
    file[block + 1 : block + 5] = struct.pack("<HH", *at)
    return bytes(file)


def tiff(samples: np.ndarray, photometric: int) -> bytes:
    """An uncompressed TIFF. samples: uint8 or uint16 [height, width, channels]."""
    height, width, channels = samples.shape
    bits = samples.dtype.itemsize * 8
    data = samples.astype(samples.dtype.newbyteorder("<")).tobytes()
    extra = max(0, channels - (4 if photometric == 5 else 3))
    bits_at, data_at = 300, 400
    entries = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, channels, bits_at), (259, 3, 1, 1), (262, 3, 1, photometric),
        (273, 4, 1, data_at), (277, 3, 1, channels), (278, 4, 1, height), (279, 4, 1, len(data)),
    ]  # fmt: skip
    if extra > 0:
        entries.append((338, 3, extra, 0))  # channels of unknown use
    directory = struct.pack("<H", len(entries)) + b"".join(struct.pack("<HHII", *e) for e in entries) + bytes(4)
    file = (b"II*\0" + struct.pack("<I", 8) + directory).ljust(bits_at, b"\0")
    return (file + struct.pack(f"<{channels}H", *[bits] * channels)).ljust(data_at, b"\0") + data


def moving_avif(frames, durations=()) -> bytes:
    """An animation, without the time at which it was made."""
    first, *others = frames
    options = {"duration": list(durations)} if durations else {}
    file = bytearray(
        encoded(first, "AVIF", save_all=True, append_images=others, quality=80, subsampling="4:4:4", **options)
    )
    for kind in (b"mvhd", b"tkhd", b"mdhd"):
        times = file.index(kind) + 8
        length = 16 if file[times - 4] == 1 else 8
        file[times : times + length] = bytes(length)
    return bytes(file)


def odd_pictures(rgb, palette):
    """Name, file, what it is for, pixels equal to Pillow's."""
    still = encoded(palette, "GIF")
    sixteen = np.random.default_rng(8).integers(0, 2**16, (15, 20, 4)).astype(np.uint16)
    return [
        ("checksum.png", wrong_checksum(rgb, b"IDAT"), "PNG with a wrong checksum of its pixels", True),
        ("unknown-chunk.png", unknown_chunk(rgb), "PNG with a chunk that nobody knows", True),
        ("no-end.png", encoded(rgb, "PNG")[:-12], "PNG without its end", True),
        ("screen-size.gif", on_canvas(still, (640, 480), (10, 5)), "GIF with a small frame on a screen", True),
        ("large-canvas.gif", on_canvas(still, (2100, 50), (0, 9)), "GIF with a canvas over 2048", True),
        ("uncovered.gif", on_canvas(still, (60, 50), (10, 5)), "GIF whose frame leaves a part uncovered", True),
        (
            "screen-transparent.gif",
            on_canvas(encoded(palette, "GIF", transparency=3), (800, 600), (7, 9)),
            "GIF with a transparent entry on a screen",
            True,
        ),
        ("cmyk16.tif", tiff(sixteen, 5), "CMYK TIFF of 16 bits", True),
        ("five-channels.tif", tiff(sixteen[..., [0, 1, 2, 3, 0]].astype(np.uint8), 2), "TIFF of five channels", True),
        ("moving.avif", moving_avif([rgb, rgb.transpose(0)]), "AVIF that moves: first frame", False),
    ]
