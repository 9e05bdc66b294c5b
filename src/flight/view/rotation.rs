//! How a camera is turned, as a whole matrix: one angle alone says nothing where it looks straight down.

use crate::flight::photo::Attitude;

/// A direction or a point in three dimensions: of the camera ahead, right and down as its picture shows
/// it; of the ground north, east and down.
pub(super) type Vector = [f64; 3];

/// From the camera's axes to north, east and down.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rotation([Vector; 3]);

impl Rotation {
    /// Turns by roll about the axis of the lens, then by pitch, then by yaw: `Rz(yaw)·Ry(pitch)·Rx(roll)`,
    /// the order that DJI's guides name ("NED coordinate system, the rotation order is ZYX", Mavic 3M
    /// User Manual, page 89). `None` where an angle is none.
    ///
    /// A roll of 180 turns the picture about the axis of the lens and no more, wherever it looks: DJI's
    /// H30T writes it with a pitch of -90 and means a yaw turned by 180
    /// (github.com/leftfield-geospatial/orthority, issue 36).
    pub(super) fn of(attitude: Attitude) -> Option<Self> {
        let angles = [attitude.yaw_deg, attitude.pitch_deg, attitude.roll_deg];
        if !angles.iter().all(|angle| angle.is_finite()) {
            return None;
        }
        let [(sin_y, cos_y), (sin_p, cos_p), (sin_r, cos_r)] =
            angles.map(|angle| angle.to_radians().sin_cos());
        Some(Self([
            [
                cos_y * cos_p,
                cos_y * sin_p * sin_r - sin_y * cos_r,
                cos_y * sin_p * cos_r + sin_y * sin_r,
            ],
            [
                sin_y * cos_p,
                sin_y * sin_p * sin_r + cos_y * cos_r,
                sin_y * sin_p * cos_r - cos_y * sin_r,
            ],
            [-sin_p, cos_p * sin_r, cos_p * cos_r],
        ]))
    }

    /// A vector of the camera as north, east and down.
    pub(super) fn to_ground(self, v: Vector) -> Vector {
        self.0
            .map(|row| row[0] * v[0] + row[1] * v[1] + row[2] * v[2])
    }

    /// A vector of north, east and down as the camera's.
    pub(super) fn to_camera(self, v: Vector) -> Vector {
        [0, 1, 2].map(|i| self.0[0][i] * v[0] + self.0[1][i] * v[1] + self.0[2][i] * v[2])
    }
}

/// A vector of length 1; `None` for one that has no direction.
pub(super) fn unit(v: Vector) -> Option<Vector> {
    let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
    (length.is_normal()).then(|| v.map(|x| x / length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rotation(yaw_deg: f64, pitch_deg: f64, roll_deg: f64) -> Rotation {
        Rotation::of(Attitude {
            yaw_deg,
            pitch_deg,
            roll_deg,
        })
        .unwrap()
    }

    fn differ(a: Rotation, b: Rotation) -> f64 {
        let pairs = a.0.iter().flatten().zip(b.0.iter().flatten());
        pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
    }

    #[test]
    fn straight_down_roll_adds_to_yaw() {
        for (yaw, roll) in [(30.0, 0.0), (10.0, 20.0), (0.0, 30.0), (-150.0, 180.0)] {
            let difference = differ(rotation(yaw, -90.0, roll), rotation(30.0, -90.0, 0.0));
            assert!(difference < 1e-15, "yaw {yaw}, roll {roll}: {difference}");
        }
    }

    #[test]
    fn roll_leaves_the_axis_of_the_lens_where_it_is() {
        let axis = rotation(70.0, -50.0, 180.0).to_ground([1.0, 0.0, 0.0]);
        let plain = rotation(70.0, -50.0, 0.0).to_ground([1.0, 0.0, 0.0]);
        assert!(axis.iter().zip(plain).all(|(a, b)| (a - b).abs() < 1e-15));
    }

    #[test]
    fn the_way_back_returns() {
        let turned = rotation(-77.0, -61.0, 13.0);
        let back = turned.to_camera(turned.to_ground([0.2, -0.5, 0.9]));
        assert!(
            back.iter()
                .zip([0.2, -0.5, 0.9])
                .all(|(a, b)| (a - b).abs() < 1e-15)
        );
        assert!(unit([0.0; 3]).is_none());
    }
}
