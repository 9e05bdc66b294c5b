//! From sites to chips, image by image: where they are cut, and what is written of each.

use super::label::{Label, labels};
use super::picture::{Cutter, Picture};
use super::places::Places;
use super::shapes::Shapes;
use super::table::{Place, Row, Table};
use super::{ChipLayout, ChipOptions, Tally, coco, gives_boxes, mask, readme, write_png, yolo};
use crate::georef::{Window, ceil_to_u32, floor_to_u32};
use crate::pipeline::acquire::{self, Raster};
use crate::pipeline::area::searched_on_grid;
use crate::pipeline::chip::{AoiMask, Cover, ModelGrid};
use crate::pipeline::fit::model_grid;
use crate::pipeline::report::NOTE;
use crate::pipeline::{Scan, ScanJob};
use crate::{Error, Result};
use geo::{BoundingRect, MultiPolygon};
use serde_json::json;
use std::path::Path;

/// Background chips where no site was found and no number is asked for.
const LEAST_BACKGROUND: u32 = 10;

/// The share of a background chip that may show no ground.
const MOST_EMPTY: f64 = 0.1;

/// A background chip keeps this share of its size away from every site: where a plot ends
/// is not known to the pixel.
const BACKGROUND_MARGIN: f64 = 1.0 / 16.0;

/// Places tried for each background chip that is wanted.
const TRIES: usize = 50;

/// Places read one after the other without finding ground, after which an image has none.
const MOST_EMPTY_PLACES: u32 = 500;

/// One image with what is to be cut out of it.
struct ImagePlan {
    index: usize,
    raster: Raster,
    grid: ModelGrid,
    shapes: Shapes,
    places: Places,
    windows: Vec<Window>,
}

/// What chips are to be written, of what, and where.
pub(super) struct Order<'a> {
    /// The folder, empty.
    pub(super) folder: &'a Path,
    /// How chips are to be made.
    pub(super) options: &'a ChipOptions,
    /// What was found.
    pub(super) scan: &'a Scan,
    /// What was asked for.
    pub(super) job: &'a ScanJob<'a>,
    /// Classes that can become sites.
    pub(super) classes: &'a [&'a str],
    /// Asked between chips.
    pub(super) stop: &'a dyn Fn() -> bool,
}

/// Writes chips into a folder.
pub(super) struct Writer<'a> {
    order: Order<'a>,
    table: Table,
    coco: coco::Annotations,
    gsds_m: Vec<f64>,
    tally: Tally,
}

impl<'a> Writer<'a> {
    /// Makes the folders that the layout needs.
    pub(super) fn new(order: Order<'a>) -> Result<Self> {
        let folder = order.folder;
        fs_err::create_dir(folder.join("images"))?;
        match order.options.layout {
            ChipLayout::Yolo => fs_err::create_dir(folder.join(yolo::FOLDER))?,
            ChipLayout::Mask => fs_err::create_dir(folder.join(mask::FOLDER))?,
            ChipLayout::Coco => {}
        }
        Ok(Self {
            table: Table::new(folder)?,
            order,
            coco: coco::Annotations::default(),
            gsds_m: Vec::new(),
            tally: Tally::default(),
        })
    }

    /// Writes everything; says how many chips there are.
    pub(super) fn write(mut self) -> Result<Tally> {
        let mut plans = Vec::new();
        for index in 0..self.order.job.images.len() {
            if self.order.scan.record.images[index].failure.is_none() {
                plans.push(self.plan(index)?);
            }
        }
        let planned: usize = plans.iter().map(|p| p.windows.len()).sum();
        let wanted = self.order.options.background.unwrap_or_else(|| {
            let planned = u32::try_from(planned).unwrap_or(u32::MAX);
            planned.max(LEAST_BACKGROUND)
        });
        let covered = |index: usize| self.order.scan.record.images[index].covered_m2;
        let whole: f64 = plans.iter().map(|p| covered(p.index)).sum();
        let mut seen = 0.0;
        for mut plan in plans {
            seen += covered(plan.index);
            // What one image cannot give, a later one may.
            let up_to = ceil_to_u32(f64::from(wanted) * (seen / whole) - 1e-9);
            self.write_image(&mut plan, up_to)?;
        }
        self.write_rest()?;
        Ok(self.tally)
    }

    /// Opens an image and says which chips show its sites.
    fn plan(&self, index: usize) -> Result<ImagePlan> {
        let (contract, settings) = (&self.order.job.model.contract, &self.order.job.settings);
        let path = &self.order.job.images[index];
        let raster = acquire::open(path, contract.channels, &contract.bands, &settings.acquire)?;
        let grid = model_grid(&raster, settings.gsd_m)?;
        let sites = &self.order.scan.sites;
        let shapes = Shapes::of_image(index, sites, self.order.classes, &raster, &grid)?;
        let mut places = Places::new(self.order.options.size, (grid.width, grid.height));
        // A site is cut out of the image that shows it best.
        let windows = shapes
            .found()
            .filter(|shape| sites[shape.site].shown().image == index)
            .flat_map(|shape| places.around(&shape.outline))
            .collect();
        Ok(ImagePlan {
            index,
            raster,
            grid,
            shapes,
            places,
            windows,
        })
    }

    /// Writes the chips of one image, background until there are `up_to` in all.
    fn write_image(&mut self, plan: &mut ImagePlan, up_to: u32) -> Result<()> {
        let contract = &self.order.job.model.contract;
        let stretch = self.order.scan.record.images[plan.index]
            .stretch
            .map(|s| s.range);
        let mut cutter = Cutter::open(&plan.raster, plan.grid, &contract.bands, stretch)?;
        let searched = search_area(plan, self.order.job.aoi.as_ref())?;
        for window in std::mem::take(&mut plan.windows) {
            let Some(mut picture) = acquire::readable(cutter.cut(window))? else {
                self.tally.unreadable += 1;
                continue;
            };
            if let Some((_, Some(mask))) = &searched {
                picture.keep_inside(mask, window);
            }
            let labels = labels(&plan.shapes, window, &picture);
            if labels.is_empty() {
                // A site thinner than a pixel; without its label it would pass for background.
                continue;
            }
            self.tally.with_sites += 1;
            let name = format!("c{:05}", self.tally.with_sites);
            self.write_chip(plan, window, &name, &picture, &labels)?;
        }
        let Some((search, mask)) = searched else {
            return Ok(());
        };
        let whole = plan.grid.window();
        let is_asked_for = |window: Window| {
            let inside = window.intersection(&whole);
            mask.as_ref()
                .is_none_or(|m| inside.is_some_and(|w| m.cover(w) == Cover::All))
        };
        let missing = up_to.saturating_sub(self.tally.background) as usize;
        let candidates =
            acquire::spread_windows(search, (self.order.options.size, self.order.options.size));
        let mut empty = 0;
        for found in candidates.take(missing * TRIES) {
            if self.tally.background >= up_to || empty >= MOST_EMPTY_PLACES {
                break;
            }
            if (self.order.stop)() {
                return Err(Error::Interrupted);
            }
            let window = Window {
                width: self.order.options.size,
                height: self.order.options.size,
                ..found
            };
            let margin = f64::from(self.order.options.size) * BACKGROUND_MARGIN;
            if !plan.places.is_apart(window)
                || !plan.shapes.near(window, margin).is_empty()
                || !is_asked_for(window)
            {
                continue;
            }
            let Some(picture) = acquire::readable(cutter.cut(window))? else {
                empty += 1;
                continue;
            };
            if picture.valid_share() < 1.0 - MOST_EMPTY {
                empty += 1;
                continue;
            }
            empty = 0;
            plan.places.put(window.col_off, window.row_off);
            self.tally.background += 1;
            let name = format!("b{:05}", self.tally.background);
            self.write_chip(plan, window, &name, &picture, &[])?;
        }
        Ok(())
    }

    fn write_chip(
        &mut self,
        plan: &ImagePlan,
        window: Window,
        name: &str,
        picture: &Picture,
        labels: &[Label],
    ) -> Result<()> {
        if (self.order.stop)() {
            return Err(Error::Interrupted);
        }
        let record = &self.order.scan.record;
        let stem = format!("{}-{name}", &record.run_id[..8]);
        let file = format!("{stem}.png");
        write_png(
            &self.order.folder.join("images").join(&file),
            &picture.colors.clone().into(),
        )?;
        let place = Place {
            raster: &plan.raster,
            grid: &plan.grid,
            window,
        };
        let image = &self.order.job.names[plan.index];
        let sites = &self.order.scan.sites;
        let size = self.order.options.size;
        match self.order.options.layout {
            ChipLayout::Yolo => {
                let path = self
                    .order
                    .folder
                    .join(yolo::FOLDER)
                    .join(format!("{stem}.txt"));
                yolo::write_labels(
                    &path,
                    labels,
                    size,
                    gives_boxes(&self.order.job.model.contract),
                )?;
            }
            ChipLayout::Coco => {
                let time = plan.raster.info.capture_time.as_deref();
                let facts = [
                    ("date_captured", json!(time.unwrap_or_default())),
                    ("src_image", json!(image)),
                    ("gsd_m", json!(place.gsd_m())),
                ];
                let named: Vec<(&Label, &str)> = labels
                    .iter()
                    .map(|l| (l, sites[l.site].site_id.as_str()))
                    .collect();
                self.coco.add(&file, size, &facts, &named);
            }
            ChipLayout::Mask => {
                let path = self.order.folder.join(mask::FOLDER).join(&file);
                mask::write_mask(&path, labels, &picture.valid, size)?;
            }
        }
        self.gsds_m.push(place.gsd_m());
        self.table.add(
            &place,
            &Row {
                chip: &file,
                is_background: labels.is_empty(),
                image,
                sha256: record.images[plan.index]
                    .sha256
                    .as_deref()
                    .unwrap_or_default(),
                labels,
                sites,
                valid_share: picture.valid_share(),
                run_id: &record.run_id,
                model: &record.model,
            },
        )
    }

    /// Writes what stands beside the chips.
    fn write_rest(&mut self) -> Result<()> {
        let (folder, record) = (self.order.folder, &self.order.scan.record);
        // One number for all, where it is one.
        let first = self.gsds_m.first().copied();
        let is_one = |gsd: &f64| self.gsds_m.iter().all(|g| (g / gsd - 1.0).abs() < 1e-3);
        let gsd_m = first.filter(is_one);
        match self.order.options.layout {
            ChipLayout::Yolo => {
                let splits = yolo::Splits {
                    note: yolo::MACHINE_MADE,
                    train: "images",
                    val: "images # split by the column `group` of chips.csv, or scores are too good",
                };
                yolo::write_data(folder, &splits, self.order.classes, gsd_m)?;
            }
            ChipLayout::Coco => {
                let mut info = json!({
                    "description": format!(
                        "machine-made candidates of tianmu, to be corrected before training; {}",
                        NOTE
                    ),
                    "version": record.run_id,
                    "contributor": record.model,
                    "date_created": self.order.scan.facts.plan_date,
                });
                if let Some(gsd_m) = gsd_m {
                    info["gsd_m"] = json!(gsd_m);
                }
                self.coco.write(folder, &info, self.order.classes)?;
            }
            ChipLayout::Mask => mask::write_classes(folder, self.order.classes)?,
        }
        let table = std::mem::replace(&mut self.table, Table::new(folder)?);
        table.finish()?;
        let searched: Vec<&str> = record
            .sites_by_class
            .iter()
            .map(|(class, _)| class.as_str())
            .collect();
        readme::write(
            folder,
            &readme::Facts {
                layout: self.order.options.layout,
                boxes: gives_boxes(&self.order.job.model.contract),
                tally: self.tally,
                size: self.order.options.size,
                classes: self.order.classes,
                searched: &searched,
                model: &record.model,
                run_id: &record.run_id,
                least_area: self.order.job.settings.min_area_text.as_deref(),
            },
        )
    }
}

/// Where background may lie: bounds in grid pixels, and the area of interest with the usable part of a
/// photo.
fn search_area(
    plan: &ImagePlan,
    area: Option<&MultiPolygon<f64>>,
) -> Result<Option<(Window, Option<AoiMask>)>> {
    let whole = plan.grid.window();
    let Some(outline) = searched_on_grid(area, &plan.raster, &plan.grid)? else {
        return Ok(Some((whole, None)));
    };
    let Some(bounds) = outline.bounding_rect() else {
        return Ok(None);
    };
    let (col_off, row_off) = (floor_to_u32(bounds.min().x), floor_to_u32(bounds.min().y));
    let within = Window {
        col_off,
        row_off,
        width: ceil_to_u32(bounds.max().x).saturating_sub(col_off),
        height: ceil_to_u32(bounds.max().y).saturating_sub(row_off),
    };
    let mask = AoiMask::new(&outline, plan.grid.height);
    Ok(within.intersection(&whole).map(|w| (w, Some(mask))))
}
