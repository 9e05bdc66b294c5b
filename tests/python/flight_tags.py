"""Tags of drone photos, written and read apart from the program: EXIF by Pillow, DJI's XMP as text."""

import re
from fractions import Fraction

from PIL import Image
from PIL.TiffImagePlugin import IFDRational

XMP_FORMS = ("attributes", "elements", "mixed")
PREFIX = "drone-dji"
NAMESPACE = "http://www.dji.com/drone-dji/1.0/"
EXIF_IFD, GPS_IFD = 0x8769, 0x8825


def dji(path):
    """The values of DJI's namespace, whichever way they stand in the file."""
    data = path.read_bytes()
    start = data.find(b"<x:xmpmeta")
    packet = data[start : data.find(b"</x:xmpmeta>", start)].decode("utf-8", "replace") if start >= 0 else ""
    found = dict(re.findall(rf'{PREFIX}:(\w+)\s*=\s*["\']([^"\']*)["\']', packet))
    return found | dict(re.findall(rf"<{PREFIX}:(\w+)>([^<]*)</{PREFIX}:\1>", packet))


def exif_place(image):
    """Longitude and latitude in degrees, or nothing."""
    gps = image.getexif().get_ifd(GPS_IFD)
    if 2 not in gps or 4 not in gps:
        return None
    degrees = lambda parts: sum(float(part) / 60**i for i, part in enumerate(parts))
    return degrees(gps[4]) * (-1 if gps.get(3) == "W" else 1), degrees(gps[2]) * (-1 if gps.get(1) == "S" else 1)


def xmp(values, form="attributes"):
    """A packet as DJI writes it; with `elements`, values are child elements, with `mixed`, every second one."""
    names = list(values)
    inside = {"attributes": [], "elements": names, "mixed": names[1::2]}[form]
    own = "".join(f'\n   {PREFIX}:{name}="{values[name]}"' for name in names if name not in inside)
    children = "".join(f"\n   <{PREFIX}:{name}>{values[name]}</{PREFIX}:{name}>" for name in inside)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        f'  <rdf:Description rdf:about="DJI Meta Data" xmlns:{PREFIX}="{NAMESPACE}"{own}>{children}\n'
        '  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def rational(value, denominator):
    return IFDRational(Fraction(round(value * denominator), denominator))


def sexagesimal(degrees):
    """Degrees, minutes and seconds to a hundredth of a millimetre."""
    degrees = abs(degrees)
    minutes = degrees % 1 * 60
    return IFDRational(int(degrees)), IFDRational(int(minutes)), rational(minutes % 1 * 60, 3_000_000)


def exif(make, model, taken, lon=None, lat=None, altitude=None, size=None, **more):
    """EXIF; `taken` is a time with an offset. `more`: focal_mm, focal_35mm, zoom, orientation."""
    tags = Image.Exif()
    tags[0x010F], tags[0x0110] = make, model
    if "orientation" in more:
        tags[0x0112] = more["orientation"]
    own = tags.get_ifd(EXIF_IFD)
    own[0x9003] = taken.strftime("%Y:%m:%d %H:%M:%S")
    offset = taken.strftime("%z")
    if offset:
        own[0x9011] = f"{offset[:3]}:{offset[3:]}"
    if size:
        own[0xA002], own[0xA003] = size
    if more.get("focal_mm"):
        own[0x920A] = rational(more["focal_mm"], 100)
    if more.get("focal_35mm"):
        own[0xA405] = more["focal_35mm"]
    if more.get("zoom"):
        own[0xA404] = rational(more["zoom"], 100)
    if lon is not None:
        gps = tags.get_ifd(GPS_IFD)
        gps[0] = b"\x02\x03\x00\x00"
        gps[1], gps[2] = "N" if lat >= 0 else "S", sexagesimal(lat)
        gps[3], gps[4] = "E" if lon >= 0 else "W", sexagesimal(lon)
        if altitude is not None:
            gps[5], gps[6] = bytes([int(altitude < 0)]), rational(abs(altitude), 1000)
    return tags


def signed(value, digits=2):
    """As DJI writes numbers, with a leading sign."""
    return f"{value:+.{digits}f}"


def pose_values(pose, relative, absolute, digits=2):
    """DJI's values of a pose. Real files have two digits; comparisons to the millimetre need more."""
    return {
        "AbsoluteAltitude": signed(absolute, digits),
        "RelativeAltitude": signed(relative, digits),
        "GpsLatitude": signed(pose.lat, 11 if digits > 2 else 8),
        "GpsLongitude": signed(pose.lon, 11 if digits > 2 else 8),
        "GimbalRollDegree": signed(pose.roll, digits),
        "GimbalYawDegree": signed((pose.yaw + 180) % 360 - 180, digits),
        "GimbalPitchDegree": signed(pose.pitch, digits),
    }


def spliced(jpeg, tags, packet=b""):
    """A JPEG, given as bytes without tags, with EXIF and XMP before its first segment."""
    segment = lambda body: b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body
    own = segment(tags.tobytes()) + (segment(b"http://ns.adobe.com/xap/1.0/\0" + packet) if packet else b"")
    return jpeg[:2] + own + jpeg[2:]
