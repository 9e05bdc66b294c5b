//! How far a place read off a photo may be from the true one.

use super::lens::Lens;
use crate::flight::photo::Rtk;

/// The flag of a receiver whose position is fixed to centimetres.
const RTK_FIXED: i32 = 50;

/// Standard errors of what a place on the ground is worked out from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorModel {
    /// Of the camera's position, in metres over the ground.
    pub gnss_m: f64,
    /// Of its pitch and its roll, in degrees.
    pub attitude_deg: f64,
    /// Of its yaw, in degrees.
    pub yaw_deg: f64,
    /// Of its height above the ground, in metres: of the ground's height as much as of its own.
    pub height_m: f64,
    /// Of the focal length, as a share of it.
    pub focal: f64,
}

impl ErrorModel {
    /// What drones of the trade do, a supposition of the domain notes: 3 m for the position, or what a
    /// receiver with a fixed solution says of itself; 1 degree of pitch and roll, 3 degrees of yaw; 5 m
    /// of height over an elevation model, 30 m over hills that are taken as level.
    #[must_use]
    pub fn usual(lens: &Lens, rtk: Option<&Rtk>, has_relief: bool) -> Self {
        let fixed = rtk.filter(|rtk| rtk.flag == RTK_FIXED);
        let said = fixed
            .and_then(|rtk| rtk.std_m)
            .map(|[lon, lat, _]| lon.hypot(lat))
            .filter(|m| m.is_finite() && *m > 0.0);
        Self {
            gnss_m: said.unwrap_or(3.0),
            attitude_deg: 1.0,
            yaw_deg: 3.0,
            height_m: if has_relief { 5.0 } else { 30.0 },
            focal: lens.source.relative_error(),
        }
    }

    /// The standard error in metres over the ground of a place `away_m` from the one below the camera,
    /// which is `drop_m` above it (h and r of the formula of the domain notes, section 6.4):
    ///
    /// `√(σ_gnss² + (h·σ_att)² + (r·σ_yaw)² + (Δh·r/h)² + (r·σ_f/f)²)`
    ///
    /// The last term is ours: a focal length that is wrong by a share moves a place by this share of its
    /// distance. And where r is greater than h, r²/h stands for h in the second term: a tilt moves the
    /// end of a ray by h + r²/h along it, of which the notes, made for steep rays, keep the first part.
    #[must_use]
    pub fn over_ground_m(&self, drop_m: f64, away_m: f64) -> f64 {
        let tilted = drop_m.max(away_m * away_m / drop_m);
        let terms = [
            self.gnss_m,
            tilted * self.attitude_deg.to_radians(),
            away_m * self.yaw_deg.to_radians(),
            self.height_m * away_m / drop_m,
            away_m * self.focal,
        ];
        let error = terms.iter().map(|m| m * m).sum::<f64>().sqrt();
        if error.is_finite() {
            error
        } else {
            f64::INFINITY
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flight::view::FocalSource;

    #[test]
    fn the_example_of_the_domain_notes() {
        let errors = ErrorModel {
            gnss_m: 3.0,
            attitude_deg: 1.0,
            yaw_deg: 3.0,
            height_m: 0.0,
            focal: 0.0,
        };
        assert!((errors.over_ground_m(100.0, 88.0) - 5.8).abs() < 0.05);
        let in_hills = ErrorModel {
            height_m: 20.0,
            ..errors
        };
        assert!((in_hills.over_ground_m(100.0, 88.0) - 18.5).abs() < 0.05);
        let by_film = ErrorModel {
            focal: 0.04,
            ..errors
        };
        let grown = by_film.over_ground_m(100.0, 88.0).powi(2);
        let plain = errors.over_ground_m(100.0, 88.0).powi(2);
        assert!((grown - plain - 3.52_f64.powi(2)).abs() < 1e-9);
        assert!(
            errors.over_ground_m(100.0, 173.2)
                > errors.over_ground_m(100.0, 100.0) + 100.0_f64.to_radians()
        );
        assert!(errors.over_ground_m(0.0, 0.0).is_infinite());
    }

    #[test]
    fn a_receiver_is_believed_only_when_fixed() {
        let lens = Lens::pinhole((4000, 3000), 3000.0, FocalSource::Sensor).unwrap();
        let rtk = |flag| Rtk {
            flag,
            std_m: Some([0.03, 0.04, 0.1]),
        };
        let gnss = |flag| ErrorModel::usual(&lens, Some(&rtk(flag)), true).gnss_m;
        assert!((gnss(50) - 0.05).abs() < 1e-12 && (gnss(34) - 3.0).abs() < 1e-12);
        let level = ErrorModel::usual(&lens, None, false);
        assert!((level.height_m - 30.0).abs() < 1e-12 && (level.focal - 0.015).abs() < 1e-12);
    }
}
