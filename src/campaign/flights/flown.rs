//! The ground of all flights, for planning the next one.

use super::FlightRow;
use crate::Result;
use crate::campaign::Campaign;
use crate::campaign::coverage::ExtraImage;
use crate::campaign::tables::FLIGHT_GROUND;
use crate::vector::{Filter, StoredShape};
use std::collections::BTreeSet;

/// The ground of flights as if a model had looked at it: of those that the campaign keeps, and of others
/// that it may not keep yet, which take the place of the same ones there.
///
/// # Errors
/// [`crate::Error::Store`] where the campaign cannot be read.
pub fn flown(campaign: &Campaign, besides: &[FlightRow]) -> Result<Vec<ExtraImage>> {
    let given: BTreeSet<&str> = besides.iter().map(|row| row.flight_id.as_str()).collect();
    let mut all = Vec::new();
    campaign
        .store
        .for_each(&FLIGHT_GROUND, &Filter::All, &mut |row| {
            if given.contains(row.text("flight_id").as_str()) {
                return Ok(());
            }
            let (gsd_cm, capture_time) = (row.real("gsd_cm"), row.text("capture_time"));
            if let Some(outline) = row.shape.map(StoredShape::into_area) {
                all.push(ExtraImage {
                    outline,
                    gsd_cm,
                    capture_time,
                });
            }
            Ok(())
        })?;
    all.extend(besides.iter().filter_map(FlightRow::as_extra));
    Ok(all)
}
