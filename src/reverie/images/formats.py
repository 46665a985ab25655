"""Which files are pictures, told by their first bytes. Pillow is not needed here."""

PICTURES = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP")  # as Pillow names what is read; all else is refused
SUFFIXES = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".mp4"}
SIGNATURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")


def is_picture(start: bytes) -> bool:
    """Whether a file that begins with these 12 bytes claims one of the formats. No model file does."""
    return (
        start.startswith(SIGNATURES)
        or (start[:4] == b"RIFF" and start[8:12] == b"WEBP")
        or (start[:4] in (b"II*\0", b"MM\0*") and start[4:8] != bytes(4))
        or (start[:2] == b"BM" and start[6:10] == bytes(4))
    )


def is_film(start: bytes) -> bool:
    """Whether a file that begins with these 12 bytes claims to be an mp4."""
    return start[4:8] == b"ftyp"
