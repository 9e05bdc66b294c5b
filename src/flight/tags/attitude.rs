//! How camera and aircraft were turned, after the tags of each maker, in the convention of [`Attitude`]:
//! turns about down, east and north axis, pitch -90 straight down.

use super::xmp::Xmp;
use crate::flight::photo::{Attitude, AttitudeSource};

/// How the camera was turned: as its gimbal says; else as the tags of the camera say; else as an aircraft
/// that carries it fixed.
pub(super) fn camera(
    xmp: &Xmp,
    make: &str,
    notes: &mut Vec<String>,
) -> Option<(Attitude, AttitudeSource)> {
    gimbal(xmp, notes)
        .map(|a| (a, AttitudeSource::Gimbal))
        .or_else(|| downward(xmp, make, notes).map(|a| (a, AttitudeSource::Camera)))
        .or_else(|| {
            let turned = looking_down(wing(xmp, notes)?);
            notes.push(
                "the camera is taken to be fixed to the aircraft, to look down and to have its top \
                 towards the nose"
                    .into(),
            );
            Some((turned, AttitudeSource::Airframe))
        })
}

/// How the aircraft was turned.
pub(super) fn aircraft(xmp: &Xmp, notes: &mut Vec<String>) -> Option<Attitude> {
    let flown = [
        [
            "drone-dji:FlightYawDegree",
            "drone-dji:FlightPitchDegree",
            "drone-dji:FlightRollDegree",
        ],
        [
            "drone:FlightYawDegree",
            "drone:FlightPitchDegree",
            "drone:FlightRollDegree",
        ],
    ];
    flown
        .iter()
        .find_map(|names| whole(xmp, names, notes))
        .or_else(|| wing(xmp, notes))
}

/// Angles that makers write in our convention:
/// - DJI, absolute in the north-east-down frame (`ExifTool` names the tags; the guides of its payload kit
///   the order of turns). Newer cameras of Autel write the same under `drone:` (read so by `OpenAthena`).
/// - Parrot, `Xmp.drone-parrot.Camera…Degree` "in NED coordinate system": in its example a camera at -51.99
///   has a `Camera:Pitch` of 38.01 (Parrot, "Embedded Photo Metadata").
/// - Skydio, `CameraOrientationNED` (Skydio, "camera and metadata overview", after `OpenAthena`).
fn gimbal(xmp: &Xmp, notes: &mut Vec<String>) -> Option<Attitude> {
    let sets = [
        [
            "drone-dji:GimbalYawDegree",
            "drone-dji:GimbalPitchDegree",
            "drone-dji:GimbalRollDegree",
        ],
        [
            "drone:GimbalYawDegree",
            "drone:GimbalPitchDegree",
            "drone:GimbalRollDegree",
        ],
        [
            "drone-parrot:CameraYawDegree",
            "drone-parrot:CameraPitchDegree",
            "drone-parrot:CameraRollDegree",
        ],
        [
            "drone-skydio:CameraOrientationNED/drone-skydio:Yaw",
            "drone-skydio:CameraOrientationNED/drone-skydio:Pitch",
            "drone-skydio:CameraOrientationNED/drone-skydio:Roll",
        ],
    ];
    sets.iter().find_map(|names| {
        let [yaw, pitch, roll] = names.map(|n| angle(xmp, n, notes));
        let missing = match (yaw, pitch, roll) {
            (None, None, None) => return None,
            (None, _, _) => names[0],
            (_, None, _) => names[1],
            (Some(yaw_deg), Some(pitch_deg), roll) => {
                if roll.is_none() {
                    notes.push(format!("`{}` is missing and was taken for 0", names[2]));
                }
                return Some(Attitude {
                    yaw_deg,
                    pitch_deg,
                    roll_deg: roll.unwrap_or(0.0),
                });
            }
        };
        notes.push(format!(
            "`{missing}` is missing, so that nobody knows where the camera looked"
        ));
        None
    })
}

/// Angles as `Pix4D` defines them, which Parrot (Sequoia, Anafi), senseFly and older Autel write
/// (support.pix4d.com, articles 202558969 and 360016450032; Autel after `OpenAthena`): those of an aircraft
/// under which the camera looks down, so that pitch 0 looks down and 90 ahead.
///
/// The cameras of senseFly roll the other way (`OpenDroneMap`, `opendm/photo.py`).
fn downward(xmp: &Xmp, make: &str, notes: &mut Vec<String>) -> Option<Attitude> {
    let mut turned = whole(xmp, &["Camera:Yaw", "Camera:Pitch", "Camera:Roll"], notes)?;
    if make.eq_ignore_ascii_case("sensefly") {
        turned.roll_deg = -turned.roll_deg;
    }
    Some(looking_down(turned))
}

/// Angles of a fixed wing of senseFly: those of the aircraft, nose up and right wing down positive. Two
/// neighbouring photos of one flight meet on the ground with these signs and with the top of the picture
/// towards the nose, and with no others.
fn wing(xmp: &Xmp, notes: &mut Vec<String>) -> Option<Attitude> {
    let names = [
        "sensefly:Heading",
        "sensefly:PitchAngle",
        "sensefly:RollAngle",
    ];
    whole(xmp, &names, notes)
}

/// Yaw, pitch and roll, if all three are there.
fn whole(xmp: &Xmp, names: &[&str; 3], notes: &mut Vec<String>) -> Option<Attitude> {
    let [yaw, pitch, roll] = names.map(|n| angle(xmp, n, notes));
    Some(Attitude {
        yaw_deg: yaw?,
        pitch_deg: pitch?,
        roll_deg: roll?,
    })
}

fn angle(xmp: &Xmp, name: &str, notes: &mut Vec<String>) -> Option<f64> {
    let value = xmp.number(&[name], notes)?;
    if value.abs() <= 360.0 {
        return Some(value);
    }
    notes.push(format!("`{name}` is {value}, wanted degrees up to 360"));
    None
}

/// How a camera is turned that looks down from a body turned like this, its top towards the nose.
///
/// The turn of the camera is that of the body after a turn by -90 about its east axis, taken apart again
/// into yaw, pitch and roll.
fn looking_down(body: Attitude) -> Attitude {
    let (sin_yaw, cos_yaw) = body.yaw_deg.to_radians().sin_cos();
    let (sin_pitch, cos_pitch) = body.pitch_deg.to_radians().sin_cos();
    let (sin_roll, cos_roll) = body.roll_deg.to_radians().sin_cos();
    // Where right wing and belly point, and how far the nose points down: columns of Rz·Ry·Rx.
    let wing = [
        cos_yaw * sin_pitch * sin_roll - sin_yaw * cos_roll,
        sin_yaw * sin_pitch * sin_roll + cos_yaw * cos_roll,
        cos_pitch * sin_roll,
    ];
    let belly = [
        cos_yaw * sin_pitch * cos_roll + sin_yaw * sin_roll,
        sin_yaw * sin_pitch * cos_roll - cos_yaw * sin_roll,
        cos_pitch * cos_roll,
    ];
    let nose_down = -sin_pitch;
    let level = belly[0].hypot(belly[1]);
    // Straight down, yaw and roll are one turn, which is called yaw.
    let (yaw, roll) = if level < 1e-9 {
        ((-wing[0]).atan2(wing[1]), 0.0)
    } else {
        (belly[1].atan2(belly[0]), wing[2].atan2(-nose_down))
    };
    Attitude {
        yaw_deg: yaw.to_degrees(),
        pitch_deg: (-belly[2]).atan2(level).to_degrees(),
        roll_deg: roll.to_degrees(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(attributes: &str, make: &str) -> (Option<(Attitude, AttitudeSource)>, Vec<String>) {
        let packet = format!("<x:xmpmeta><rdf:Description {attributes}/></x:xmpmeta>");
        let mut notes = Vec::new();
        let found = camera(&Xmp::parse(packet.as_bytes()), make, &mut notes);
        (found, notes)
    }

    #[track_caller]
    fn check(found: Option<(Attitude, AttitudeSource)>, wanted: [f64; 3], source: AttitudeSource) {
        let (turned, from) = found.unwrap();
        assert_eq!(from, source);
        let seen = [turned.yaw_deg, turned.pitch_deg, turned.roll_deg];
        for (seen, wanted) in seen.iter().zip(wanted) {
            assert!((seen - wanted).abs() < 0.06, "{turned:?}");
        }
    }

    #[test]
    fn the_gimbal_is_taken_as_it_stands() {
        let (found, notes) = of(
            r#"drone-dji:GimbalYawDegree="+45.00" drone-dji:GimbalPitchDegree="-89.90"
               drone-dji:GimbalRollDegree="+0.00" drone-dji:FlightYawDegree="+46.00""#,
            "DJI",
        );
        check(found, [45.0, -89.9, 0.0], AttitudeSource::Gimbal);
        assert!(notes.is_empty());
    }

    #[test]
    fn without_its_yaw_nobody_knows_where_it_looked() {
        let (found, notes) = of(
            r#"drone-dji:GimbalPitchDegree="-80" drone-dji:FlightYawDegree="+89.60""#,
            "DJI",
        );
        assert_eq!(found, None);
        assert!(notes[0].contains("GimbalYawDegree"), "{notes:?}");
    }

    #[test]
    fn both_ways_of_parrot_say_the_same() {
        // The values of the example in Parrot's description of its tags.
        let own = r#"drone-parrot:CameraRollDegree="-0.052789" drone-parrot:CameraPitchDegree="-51.988888"
                     drone-parrot:CameraYawDegree="146.848038""#;
        let camera = r#"Camera:Roll="-0.041258" Camera:Pitch="38.011101" Camera:Yaw="146.781036""#;
        check(
            of(own, "Parrot").0,
            [146.85, -51.99, -0.05],
            AttitudeSource::Gimbal,
        );
        check(
            of(camera, "Parrot").0,
            [146.81, -51.99, -0.05],
            AttitudeSource::Camera,
        );
    }

    #[test]
    fn a_camera_below_an_aircraft_looks_down_from_it() {
        let nadir = r#"Camera:Yaw="90" Camera:Pitch="0" Camera:Roll="0""#;
        check(of(nadir, "").0, [90.0, -90.0, 0.0], AttitudeSource::Camera);
        let ahead = r#"Camera:Yaw="30" Camera:Pitch="60" Camera:Roll="0""#;
        check(of(ahead, "").0, [30.0, -30.0, 0.0], AttitudeSource::Camera);
        // The right wing down by 10: the camera looks left, its right side up.
        let banked = r#"sensefly:Heading="0" sensefly:PitchAngle="0" sensefly:RollAngle="10""#;
        let (found, notes) = of(banked, "Canon");
        check(found, [-90.0, -80.0, 90.0], AttitudeSource::Airframe);
        assert!(notes[0].contains("nose"), "{notes:?}");
        // The cameras of senseFly count the other way.
        let own = r#"Camera:Yaw="0" Camera:Pitch="0" Camera:Roll="-10""#;
        check(
            of(own, "senseFly").0,
            [-90.0, -80.0, 90.0],
            AttitudeSource::Camera,
        );
    }

    #[test]
    fn angles_that_are_none_are_noted() {
        let (found, notes) = of(
            r#"drone-dji:GimbalYawDegree="nan" drone-dji:GimbalPitchDegree="-900""#,
            "DJI",
        );
        assert_eq!(found, None);
        assert_eq!(notes.len(), 2, "{notes:?}");
    }
}
