//! Made-up photos for tests: the front of a JPEG or a small TIFF, with Exif and XMP as cameras write them.

use super::front::tag;

/// A value of a tag.
#[derive(Debug, Clone)]
pub(crate) enum Field {
    /// Text.
    Text(String),
    /// One byte.
    Byte(u8),
    /// A small whole number.
    Short(u16),
    /// A whole number.
    Long(u32),
    /// Fractions, numerator first.
    Fractions(Vec<(u32, u32)>),
    /// Bytes as they stand.
    Raw(Vec<u8>),
}

/// A photo to be made. Tags are numbered as in Exif.
#[derive(Debug, Clone, Default)]
pub(crate) struct MadePhoto {
    /// Columns and rows.
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// Whether numbers begin with their big end.
    pub(crate) is_big_endian: bool,
    /// Tags of the first directory, of Exif and of GPS.
    pub(crate) main: Vec<(u16, Field)>,
    pub(crate) exif: Vec<(u16, Field)>,
    pub(crate) gps: Vec<(u16, Field)>,
    /// The packet of XMP; none where empty.
    pub(crate) xmp: String,
}

impl MadePhoto {
    /// A photo of a Mavic 3 Enterprise that looks straight down, north up, 100 m above its take-off.
    pub(crate) fn dji() -> Self {
        let mut made = Self {
            width: 5280,
            height: 3956,
            main: vec![
                (tag::MAKE, Field::Text("DJI".into())),
                (tag::MODEL, Field::Text("M3E".into())),
                (tag::ORIENTATION, Field::Short(1)),
            ],
            exif: vec![
                (tag::TAKEN, Field::Text("2026:05:04 10:30:00".into())),
                (tag::FOCAL, Field::Fractions(vec![(1229, 100)])),
                (tag::FULL_WIDTH, Field::Long(5280)),
                (tag::FULL_HEIGHT, Field::Long(3956)),
                (tag::ZOOM, Field::Fractions(vec![(1, 1)])),
                (tag::FOCAL_35, Field::Short(24)),
            ],
            ..Self::default()
        };
        made.at(101.6367, 24.7548);
        made.dji_xmp(&[
            ("AbsoluteAltitude", "+1985.30"),
            ("RelativeAltitude", "+100.000"),
            ("GimbalRollDegree", "+0.00"),
            ("GimbalYawDegree", "+0.00"),
            ("GimbalPitchDegree", "-90.00"),
            ("FlightRollDegree", "+2.10"),
            ("FlightYawDegree", "+0.30"),
            ("FlightPitchDegree", "-4.20"),
            ("GpsStatus", "RTK"),
            ("RtkFlag", "50"),
            ("RtkStdLon", "0.01137"),
            ("RtkStdLat", "0.00988"),
            ("RtkStdHgt", "0.02404"),
            ("CalibratedFocalLength", "3750.936"),
            ("CalibratedOpticalCenterX", "2640.0"),
            ("CalibratedOpticalCenterY", "1978.0"),
            ("DewarpFlag", "0"),
            ("ImageSource", "WideCamera"),
            ("UTCAtExposure", "2026:05:04 02:30:01.25"),
        ]);
        made
    }

    /// Puts the photo at a place in degrees.
    pub(crate) fn at(&mut self, lon: f64, lat: f64) {
        let angle = |value: f64| {
            let micro = crate::georef::round_to_u32(value.abs() * 1e7);
            Field::Fractions(vec![(micro, 10_000_000), (0, 1), (0, 1)])
        };
        let letter = |is_minus, minus: &str, plus: &str| {
            Field::Text(if is_minus { minus } else { plus }.into())
        };
        self.gps = vec![
            (tag::LAT_REF, letter(lat < 0.0, "S", "N")),
            (tag::LAT, angle(lat)),
            (tag::LON_REF, letter(lon < 0.0, "W", "E")),
            (tag::LON, angle(lon)),
        ];
    }

    /// Gives the photo a packet with these tags of DJI as attributes.
    pub(crate) fn dji_xmp(&mut self, tags: &[(&str, &str)]) {
        let attributes: Vec<String> = tags
            .iter()
            .map(|(name, value)| format!("   drone-dji:{name}=\"{value}\"\n"))
            .collect();
        self.xmp = format!(
            "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n <rdf:RDF>\n  <rdf:Description \
             rdf:about=\"DJI Meta Data\"\n{}  />\n </rdf:RDF>\n</x:xmpmeta>",
            attributes.concat()
        );
    }

    /// Sets one tag of DJI in the packet, in place of what stood there.
    pub(crate) fn set_dji(&mut self, name: &str, value: &str) {
        let start = format!("drone-dji:{name}=\"");
        let at = self.xmp.find(&start).expect("the tag stands in the packet") + start.len();
        let end = at + self.xmp[at..].find('"').expect("it is closed");
        self.xmp.replace_range(at..end, value);
    }

    /// The photo as a JPEG without pixels.
    pub(crate) fn jpeg(&self) -> Vec<u8> {
        let mut out = vec![0xff, 0xd8];
        out.extend(self.segments());
        out.extend([0xff, 0xc0, 0, 11, 8]);
        out.extend(self.height.to_be_bytes());
        out.extend(self.width.to_be_bytes());
        out.extend([1, 1, 0x11, 0]);
        out.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0xff, 0xd9]);
        out
    }

    /// A JPEG of another program, with the tags of this photo.
    pub(crate) fn jpeg_of(&self, picture: &[u8]) -> Vec<u8> {
        assert!(picture.starts_with(&[0xff, 0xd8]), "wanted a JPEG");
        [&picture[..2], &self.segments(), &picture[2..]].concat()
    }

    /// The photo as a TIFF of one band of 16 bits, all zeros.
    pub(crate) fn tiff(&self) -> Vec<u8> {
        let size = 2 * u32::from(self.width) * u32::from(self.height);
        let mut made = self.clone();
        made.main.extend([
            (tag::WIDTH, Field::Short(self.width)),
            (tag::HEIGHT, Field::Short(self.height)),
            (258, Field::Short(16)),
            (259, Field::Short(1)),
            (262, Field::Short(1)),
            (273, Field::Long(0)),
            (277, Field::Short(1)),
            (278, Field::Short(self.height)),
            (279, Field::Long(size)),
        ]);
        if !self.xmp.is_empty() {
            made.main
                .push((tag::XMP, Field::Raw(self.xmp.clone().into())));
        }
        let pixels = made.block().len();
        let strip = made.main.iter_mut().find(|(tag, _)| *tag == 273);
        strip.expect("was put there").1 = Field::Long(u32::try_from(pixels).expect("small"));
        let mut out = made.block();
        out.resize(pixels + usize::try_from(size).expect("small"), 0);
        out
    }

    /// The segments of Exif and XMP.
    fn segments(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut segment = |head: &[u8], body: &[u8]| {
            let length = u16::try_from(2 + head.len() + body.len()).expect("fits a segment");
            out.extend([0xff, 0xe1]);
            out.extend(length.to_be_bytes());
            out.extend(head);
            out.extend(body);
        };
        if !(self.main.is_empty() && self.exif.is_empty() && self.gps.is_empty()) {
            segment(b"Exif\0\0", &self.block());
        }
        if !self.xmp.is_empty() {
            segment(b"http://ns.adobe.com/xap/1.0/\0", self.xmp.as_bytes());
        }
        out
    }

    /// The directories behind their header.
    fn block(&self) -> Vec<u8> {
        let mut main = self.main.clone();
        main.push((tag::EXIF, Field::Long(0)));
        main.push((tag::GPS, Field::Long(0)));
        let exif = 8 + self.directory(8, &main).len();
        let gps = exif + self.directory(exif, &self.exif).len();
        for (tag, field) in &mut main {
            match *tag {
                tag::EXIF => *field = Field::Long(u32::try_from(exif).expect("small")),
                tag::GPS => *field = Field::Long(u32::try_from(gps).expect("small")),
                _ => {}
            }
        }
        let mut out = if self.is_big_endian {
            b"MM\0\x2a\0\0\0\x08".to_vec()
        } else {
            b"II\x2a\0\x08\0\0\0".to_vec()
        };
        out.extend(self.directory(8, &main));
        out.extend(self.directory(exif, &self.exif));
        out.extend(self.directory(gps, &self.gps));
        out
    }

    /// A directory that stands at `place`, with what its tags point to behind it.
    fn directory(&self, place: usize, fields: &[(u16, Field)]) -> Vec<u8> {
        let mut fields = fields.to_vec();
        fields.sort_by_key(|(tag, _)| *tag);
        let mut list = self.short(u16::try_from(fields.len()).expect("few"));
        let mut behind = Vec::new();
        let data = place + 2 + 12 * fields.len() + 4;
        for (tag, field) in &fields {
            let (kind, count, bytes) = self.bytes(field);
            list.extend(self.short(*tag));
            list.extend(self.short(kind));
            list.extend(self.long(count));
            if bytes.len() <= 4 {
                list.extend(bytes.iter().chain(&[0; 4]).take(4));
            } else {
                let at = u32::try_from(data + behind.len()).expect("small");
                list.extend(self.long(at));
                behind.extend(bytes);
                // Values begin at even places.
                behind.resize(behind.len().next_multiple_of(2), 0);
            }
        }
        list.extend([0; 4]);
        list.extend(behind);
        list
    }

    fn bytes(&self, field: &Field) -> (u16, u32, Vec<u8>) {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).expect("small");
        match field {
            Field::Text(text) => {
                let bytes = [text.as_bytes(), &[0]].concat();
                (2, length(&bytes), bytes)
            }
            Field::Byte(value) => (1, 1, vec![*value]),
            Field::Short(value) => (3, 1, self.short(*value)),
            Field::Long(value) => (4, 1, self.long(*value)),
            Field::Fractions(parts) => {
                let all = parts.iter().flat_map(|(over, under)| [*over, *under]);
                let bytes: Vec<u8> = all.flat_map(|n| self.long(n)).collect();
                (5, length(&bytes) / 8, bytes)
            }
            Field::Raw(bytes) => (1, length(bytes), bytes.clone()),
        }
    }

    fn short(&self, value: u16) -> Vec<u8> {
        if self.is_big_endian {
            value.to_be_bytes().to_vec()
        } else {
            value.to_le_bytes().to_vec()
        }
    }

    fn long(&self, value: u32) -> Vec<u8> {
        if self.is_big_endian {
            value.to_be_bytes().to_vec()
        } else {
            value.to_le_bytes().to_vec()
        }
    }
}
