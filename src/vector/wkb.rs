//! Well-known binary: how geometries cross to GDAL in one call each way. Reading
//! drops Z and M, and turns arcs into chords.

use crate::georef::ceil_to_u32;
use geo::{Coord, LineString, MultiLineString, MultiPolygon, Point, Polygon};

/// Degrees of arc that one chord stands for; GDAL's own default.
const ARC_STEP_DEGREES: f64 = 4.0;
/// Collections inside collections, deeper than any real file.
const MAX_DEPTH: u32 = 32;

/// A point as little-endian WKB.
pub(super) fn encode_point(point: Point<f64>) -> Vec<u8> {
    let mut out = Vec::with_capacity(21);
    header(&mut out, 1);
    coord(&mut out, point.0);
    out
}

/// Areas as a little-endian WKB `MultiPolygon`; empty polygons are left out.
pub(super) fn encode_multi_polygon(areas: &MultiPolygon<f64>) -> Vec<u8> {
    let polygons: Vec<&Polygon<f64>> = areas
        .iter()
        .filter(|p| !p.exterior().0.is_empty())
        .collect();
    let mut out = Vec::new();
    header(&mut out, 6);
    length(&mut out, polygons.len());
    for polygon in polygons {
        header(&mut out, 3);
        let holes = polygon.interiors().iter().filter(|r| !r.0.is_empty());
        length(&mut out, 1 + holes.clone().count());
        for ring in std::iter::once(polygon.exterior()).chain(holes) {
            length(&mut out, ring.0.len());
            for c in &ring.0 {
                coord(&mut out, *c);
            }
        }
    }
    out
}

/// Lines as a little-endian WKB `MultiLineString`.
pub(super) fn encode_lines(lines: &MultiLineString<f64>) -> Vec<u8> {
    let mut out = Vec::new();
    header(&mut out, 5);
    length(&mut out, lines.0.len());
    for line in lines {
        header(&mut out, 2);
        length(&mut out, line.0.len());
        line.coords().for_each(|c| coord(&mut out, *c));
    }
    out
}

fn header(out: &mut Vec<u8>, kind: u32) {
    out.push(1);
    out.extend_from_slice(&kind.to_le_bytes());
}

fn length(out: &mut Vec<u8>, count: usize) {
    let count = u32::try_from(count).expect("a geometry holds fewer than 2^32 points");
    out.extend_from_slice(&count.to_le_bytes());
}

fn coord(out: &mut Vec<u8>, c: Coord<f64>) {
    out.extend_from_slice(&c.x.to_le_bytes());
    out.extend_from_slice(&c.y.to_le_bytes());
}

/// What a geometry is made of, whatever holds it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Parts {
    /// Places with finite coordinates.
    pub(super) points: Vec<Point<f64>>,
    /// Lines of at least two points with finite coordinates.
    pub(super) lines: Vec<LineString<f64>>,
    /// Polygons; rings that enclose nothing (fewer than four points, or a coordinate that is not a
    /// number) are dropped.
    pub(super) polygons: Vec<Polygon<f64>>,
}

/// The parts of a WKB geometry; `None` where the bytes are cut short or name an unknown type.
pub(super) fn decode(bytes: &[u8]) -> Option<Parts> {
    let mut parts = Parts::default();
    Reader { bytes }.geometry(&mut parts, 0)?;
    Some(parts)
}

/// Every polygon in a WKB geometry, as [`decode`] gives them.
pub(super) fn decode_polygons(bytes: &[u8]) -> Option<Vec<Polygon<f64>>> {
    Some(decode(bytes)?.polygons)
}

struct Reader<'a> {
    bytes: &'a [u8],
}

/// What a geometry's first bytes say.
struct Head {
    little_endian: bool,
    kind: u32,
    dimensions: u32,
}

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.bytes.split_first_chunk::<N>()?;
        self.bytes = rest;
        Some(*head)
    }

    fn int(&mut self, little: bool) -> Option<u32> {
        let raw = self.take::<4>()?;
        Some(if little {
            u32::from_le_bytes(raw)
        } else {
            u32::from_be_bytes(raw)
        })
    }

    fn number(&mut self, little: bool) -> Option<f64> {
        let raw = self.take::<8>()?;
        Some(if little {
            f64::from_le_bytes(raw)
        } else {
            f64::from_be_bytes(raw)
        })
    }

    fn head(&mut self) -> Option<Head> {
        let little_endian = self.take::<1>()?[0] == 1;
        let code = self.int(little_endian)?;
        // PostGIS and old OGR mark Z, M and SRID in the high bits, ISO in thousands.
        let (z, m, srid) = (
            code & 0x8000_0000 != 0,
            code & 0x4000_0000 != 0,
            code & 0x2000_0000 != 0,
        );
        let code = code & 0x1fff_ffff;
        if srid {
            self.int(little_endian)?;
        }
        let dimensions = match code / 1000 {
            0 => 2 + u32::from(z) + u32::from(m),
            1 | 2 => 3,
            3 => 4,
            _ => return None,
        };
        Some(Head {
            little_endian,
            kind: code % 1000,
            dimensions,
        })
    }

    fn coords(&mut self, head: &Head, count: u32) -> Option<Vec<Coord<f64>>> {
        let mut coords = Vec::new();
        for _ in 0..count {
            let x = self.number(head.little_endian)?;
            let y = self.number(head.little_endian)?;
            for _ in 2..head.dimensions {
                self.number(head.little_endian)?;
            }
            coords.push(Coord { x, y });
        }
        Some(coords)
    }

    fn geometry(&mut self, parts: &mut Parts, depth: u32) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let ahead = self.bytes;
        let head = self.head()?;
        match head.kind {
            1 => {
                let place = self.coords(&head, 1)?.into_iter().filter(is_finite);
                parts.points.extend(place.map(Point));
            }
            2 | 8 | 9 => {
                self.bytes = ahead;
                let line = self.curve(depth)?;
                if line.len() >= 2 && line.iter().all(is_finite) {
                    parts.lines.push(LineString::new(line));
                }
            }
            3 | 17 => {
                let mut rings = Vec::new();
                for _ in 0..self.int(head.little_endian)? {
                    let count = self.int(head.little_endian)?;
                    rings.push(self.coords(&head, count)?);
                }
                parts.polygons.extend(polygon_of(rings));
            }
            10 => {
                let mut rings = Vec::new();
                for _ in 0..self.int(head.little_endian)? {
                    rings.push(self.curve(depth + 1)?);
                }
                parts.polygons.extend(polygon_of(rings));
            }
            4..=7 | 11 | 12 | 15 | 16 => {
                for _ in 0..self.int(head.little_endian)? {
                    self.geometry(parts, depth + 1)?;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn curve(&mut self, depth: u32) -> Option<Vec<Coord<f64>>> {
        if depth > MAX_DEPTH {
            return None;
        }
        let head = self.head()?;
        let count = self.int(head.little_endian)?;
        match head.kind {
            2 => self.coords(&head, count),
            8 => {
                let nodes = self.coords(&head, count)?;
                let mut line: Vec<_> = nodes.first().copied().into_iter().collect();
                for arc in nodes.windows(3).step_by(2) {
                    push_arc(&mut line, arc[0], arc[1], arc[2]);
                }
                Some(line)
            }
            9 => {
                let mut line: Vec<Coord<f64>> = Vec::new();
                for _ in 0..count {
                    let piece = self.curve(depth + 1)?;
                    let joined = usize::from(!line.is_empty() && line.last() == piece.first());
                    line.extend(&piece[joined..]);
                }
                Some(line)
            }
            _ => None,
        }
    }
}

fn is_finite(c: &Coord<f64>) -> bool {
    c.x.is_finite() && c.y.is_finite()
}

fn polygon_of(rings: Vec<Vec<Coord<f64>>>) -> Option<Polygon<f64>> {
    let usable = |r: &Vec<Coord<f64>>| r.len() >= 4 && r.iter().all(is_finite);
    let mut rings = rings.into_iter();
    let exterior = rings.next().filter(usable)?;
    let holes = rings.filter(usable).map(LineString::new).collect();
    Some(Polygon::new(LineString::new(exterior), holes))
}

/// Appends the arc from `start` through `middle` to `end` as chords, without `start`.
fn push_arc(line: &mut Vec<Coord<f64>>, start: Coord<f64>, middle: Coord<f64>, end: Coord<f64>) {
    use std::f64::consts::TAU;
    let (half, chord) = (middle - start, end - start);
    let cross = half.x * chord.y - half.y * chord.x;
    let (center, sweep) = if start == end {
        // A whole circle: the middle lies opposite.
        ((start + middle) / 2.0, TAU)
    } else {
        let half2 = half.x * half.x + half.y * half.y;
        let chord2 = chord.x * chord.x + chord.y * chord.y;
        if cross.abs() <= 1e-12 * half2.max(chord2) {
            line.extend([middle, end]);
            return;
        }
        let center = start
            + Coord {
                x: (chord.y * half2 - half.y * chord2) / (2.0 * cross),
                y: (half.x * chord2 - chord.x * half2) / (2.0 * cross),
            };
        let angle = |c: Coord<f64>| (c.y - center.y).atan2(c.x - center.x);
        let left_turn = (angle(end) - angle(start)).rem_euclid(TAU);
        let right_turn = left_turn - TAU;
        (center, if cross > 0.0 { left_turn } else { right_turn })
    };
    let from = start - center;
    let pieces = ceil_to_u32(sweep.abs().to_degrees() / ARC_STEP_DEGREES).max(2);
    for i in 1..pieces {
        let (sin, cos) = (sweep * f64::from(i) / f64::from(pieces)).sin_cos();
        line.push(Coord {
            x: center.x + from.x * cos - from.y * sin,
            y: center.y + from.x * sin + from.y * cos,
        });
    }
    line.push(end);
}

#[cfg(test)]
mod tests {
    use super::*;
    use gdal::vector::Geometry;
    use geo::Area;

    fn decode(wkt: &str) -> Vec<Polygon<f64>> {
        decode_polygons(&Geometry::from_wkt(wkt).unwrap().iso_wkb().unwrap()).unwrap()
    }

    #[test]
    fn areas_cross_to_gdal_and_back() {
        let areas = MultiPolygon::new(decode(
            "MULTIPOLYGON (((0 0,9 0,9 9,0 0),(2 1,3 1,3 2,2 1)),((20 0,21 0,21 1,20 0)))",
        ));
        let bytes = encode_multi_polygon(&areas);
        assert_eq!(decode_polygons(&bytes).unwrap(), areas.0);
        let wkt = Geometry::from_wkb(&bytes).unwrap().wkt().unwrap();
        assert!(
            wkt.starts_with("MULTIPOLYGON (((0 0,9 0,9 9,0 0),(2 1,"),
            "{wkt}"
        );
        assert!(
            decode_polygons(&encode_point(Point::new(1.0, 2.0)))
                .unwrap()
                .is_empty()
        );
    }

    #[test]
    fn arcs_become_chords_and_heights_are_dropped() {
        let circle = decode("CURVEPOLYGON (CIRCULARSTRING (10 0,-10 0,10 0))");
        let area = circle[0].unsigned_area();
        assert!((area / 314.159 - 1.0).abs() < 2e-3, "{area}");
        let half = decode(
            "MULTISURFACE (CURVEPOLYGON (COMPOUNDCURVE (CIRCULARSTRING (1 0,0 1,-1 0),(-1 0,1 0))))",
        );
        assert!((half[0].unsigned_area() - std::f64::consts::FRAC_PI_2).abs() < 2e-3);
        assert_eq!(
            decode("POLYGON ZM ((0 0 5 1,1 0 5 1,1 1 5 1,0 0 5 1))").len(),
            1
        );
    }

    #[test]
    fn points_and_lines_cross_as_well() {
        let parts = |wkt: &str| {
            super::decode(&Geometry::from_wkt(wkt).unwrap().iso_wkb().unwrap()).unwrap()
        };
        let lines = parts("MULTILINESTRING Z ((0 0 5,9 0 5),(1 1 5,2 2 5,3 1 5))").lines;
        assert_eq!(lines.len(), 2);
        let lines = MultiLineString::new(lines);
        assert_eq!(super::decode(&encode_lines(&lines)).unwrap().lines, lines.0);
        let all = parts(
            "GEOMETRYCOLLECTION (POINT (1 2),MULTIPOINT (3 4,5 6),LINESTRING (0 0,1 1),POLYGON ((0 0,1 0,1 1,0 0)))",
        );
        assert_eq!(
            (all.points.len(), all.lines.len(), all.polygons.len()),
            (3, 1, 1)
        );
        assert_eq!(all.points[0], Point::new(1.0, 2.0));
        assert_eq!(parts("POINT EMPTY"), Parts::default());
        assert_eq!(parts("LINESTRING EMPTY"), Parts::default());
        let arc = parts("MULTICURVE (CIRCULARSTRING (1 0,0 1,-1 0))");
        assert!(arc.lines[0].0.len() > 40, "{arc:?}");
    }

    #[test]
    fn odd_input_never_panics() {
        for wkt in [
            "POLYGON EMPTY",
            "MULTIPOLYGON EMPTY",
            "POLYGON ((0 0,1 1,0 0))",
            "GEOMETRYCOLLECTION (POINT (1 1),LINESTRING (0 0,1 1))",
        ] {
            assert!(decode(wkt).is_empty(), "{wkt}");
        }
        let whole = encode_multi_polygon(&MultiPolygon::new(decode("POLYGON ((0 0,1 0,1 1,0 0))")));
        for cut in 0..whole.len() {
            assert!(decode_polygons(&whole[..cut]).is_none());
        }
    }
}
