"""Cuts the font of the printable sheets out of Debian's Noto Sans CJK.

    pip install fonttools==4.68.0
    python subset.py /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc NotoSansSC-sheets.otf

Kept are the simplified Chinese forms of all characters of GBK (which holds GB 2312), what the
Table of General Standard Chinese Characters (通用规范汉字表, State Council of China, 2013) has
beyond it, Latin, and the signs that the sheets use. The same input gives the same bytes.
"""

import sys

from fontTools import subset
from fontTools.ttLib import TTFont

# The 276 of the table's 8,105 characters that GBK lacks.
BEYOND_GBK = (
    "㑇㑊㕮㘎㙍㙘㙦㛃㛚㛹㟃㠇㠓㤘㥄㧐㧑㧟㫰㬊㬎㬚㭎㭕㮾㰀㳇㳘㳚㴔㵐㶲㸆㸌㺄㻬㽏㿠䁖䂮䃅䃎䅟䌹䎃䎖"
    "䏝䏡䏲䐃䓖䓛䓨䓫䓬䗖䗛䗪䗴䜣䝙䢺䢼䣘䥽䦃䲟䲠䲢䴓䴔䴕䴖䴗䴘䴙䶮鿍鿎鿏𠅤𠙶𠳐𡎚𡐓𣗋𣲗𣲘𣸣𤧛𤩽𤫉"
    "𥔲𥕢𥖨𥻗𦈡𦒍𦙶𦝼𦭜𦰡𧿹𨐈𨙸𨚕𨟠𨭉𨱇𨱏𨱑𨱔𨺙𩽾𩾃𩾌𪟝𪣻𪤗𪨰𪨶𪩘𪾢𫄧𫄨𫄷𫄸𫇭𫌀𫍣𫍯𫍲𫍽𫐄𫐐𫐓𫑡𫓧"
    "𫓯𫓶𫓹𫔍𫔎𫔶𫖮𫖯𫖳𫗧𫗴𫘜𫘝𫘦𫘧𫘨𫘪𫘬𫚕𫚖𫚭𫛭𫞩𫟅𫟦𫟹𫟼𫠆𫠊𫠜𫢸𫫇𫭟𫭢𫭼𫮃𫰛𫵷𫶇𫷷𫸩𬀩𬀪𬂩𬃊𬇕"
    "𬇙𬇹𬉼𬊈𬊤𬌗𬍛𬍡𬍤𬒈𬒔𬒗𬕂𬘓𬘘𬘡𬘩𬘫𬘬𬘭𬘯𬙂𬙊𬙋𬜬𬜯𬞟𬟁𬟽𬣙𬣞𬣡𬣳𬤇𬤊𬤝𬨂𬨎𬩽𬪩𬬩𬬭𬬮𬬱𬬸𬬹"
    "𬬻𬬿𬭁𬭊𬭎𬭚𬭛𬭤𬭩𬭬𬭯𬭳𬭶𬭸𬭼𬮱𬮿𬯀𬯎𬱖𬱟𬳵𬳶𬳽𬳿𬴂𬴃𬴊𬶋𬶍𬶏𬶐𬶟𬶠𬶨𬶭𬶮𬷕𬸘𬸚𬸣𬸦𬸪𬹼𬺈𬺓"
)

# Latin with the accents of western Europe, and the signs of measures, boxes, arrows, bullets and
# numbers.
LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x100)]
SIGNS = (
    "–—‘’“”…·•‰′″※€№™½¼¾←↑→↓↗↘↙↖−≈≠≤≥≦≧±×÷°²³¹⁴"
    "■□▢▲△▼▽◆◇○◎●★☆✓⊙㎡㎥㎝㎞㎜㎎㎏℃"
)


def gbk():
    """All characters of GBK in two bytes."""
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            try:
                text = bytes([lead, trail]).decode("gbk")
            except UnicodeDecodeError:
                continue
            if len(text) == 1:
                yield ord(text)


def main(collection, output):
    """Writes the subset."""
    # Dates of the source are kept, so that the bytes do not depend on the day.
    fonts = (TTFont(collection, fontNumber=i, recalcTimestamp=False) for i in range(20))
    font = next(f for f in fonts if f["name"].getDebugName(4) == "Noto Sans CJK SC")
    wanted = {*gbk(), *map(ord, BEYOND_GBK), *LATIN, *map(ord, SIGNS)}
    missing = [chr(code) for code in sorted(wanted - set(font.getBestCmap()))]
    options = subset.Options()
    options.hinting = False
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.notdef_outline = True
    options.recalc_timestamp = False
    # Tables for vertical lines and for alternative forms: the sheets use neither.
    options.drop_tables += ["BASE", "GPOS", "GSUB", "VORG", "vhea", "vmtx"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=wanted)
    cutter.subset(font)
    font.save(output)
    print(f"{len(font.getBestCmap())} characters; the source lacks {len(missing)}: {''.join(missing)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
