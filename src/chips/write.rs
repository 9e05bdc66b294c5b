//! From places to chips: cut image by image, each side of the split by itself, and written with their
//! labels.

use super::ChipsRequest;
use super::examples::{Example, Examples, Role};
use super::images::{Image, choices};
use super::split::Split;
use super::table::{Row, Table};
use crate::campaign::home::Homes;
use crate::campaign::villages::VillageIndex;
use crate::georef::Window;
use crate::pipeline::acquire;
use crate::pipeline::report::ChipLayout;
use crate::pipeline::report::chips::coco::Annotations;
use crate::pipeline::report::chips::label::{Label, labels};
use crate::pipeline::report::chips::picture::{Cutter, Picture};
use crate::pipeline::report::chips::places::Places;
use crate::pipeline::report::chips::shapes::Shapes;
use crate::pipeline::report::chips::table::Place;
use crate::pipeline::report::chips::{mask, write_png, yolo};
use crate::{Error, Result};
use geo::{MultiPolygon, Point, Rect};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::Path;

/// The share of a background chip that may show no ground.
const MOST_EMPTY: f64 = 0.1;

/// A background chip keeps this share of its size away from every place.
const BACKGROUND_MARGIN: f64 = 1.0 / 16.0;

/// Places tried for each background chip that is wanted.
const TRIES: usize = 50;

/// How many chips of each kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// With an object.
    pub(super) sites: u32,
    /// With something that looked like one.
    pub(super) negative: u32,
    /// Of ground without a place.
    pub(super) background: u32,
    /// On the side that is learned from.
    pub(super) train: u32,
    /// On the side that is measured on.
    pub(super) val: u32,
    /// From images whose date nobody knows.
    pub(super) undated: u32,
    /// Chips that could not be cut, as the image cannot be read there.
    pub(super) unreadable: u32,
}

/// What chips are made of, and where they go.
pub(super) struct Writer<'a> {
    folder: &'a Path,
    request: &'a ChipsRequest<'a>,
    round: &'a str,
    examples: &'a Examples,
    sides: Vec<Split>,
    images: &'a [Image],
    homes: &'a Homes,
    villages: &'a VillageIndex,
    table: Table,
    coco: [Annotations; 2],
    gsds_m: Vec<f64>,
    /// How many chips.
    pub(super) tally: Tally,
}

/// Places as one image and one side show them.
struct View {
    objects: Shapes,
    negatives: Shapes,
    hidden: Shapes,
}

/// A chip about to be written.
struct Chip<'a> {
    image: &'a Image,
    window: Window,
    picture: &'a Picture,
    objects: &'a [Label],
    negatives: &'a [Label],
    split: Split,
    village: &'a str,
}

impl<'a> Writer<'a> {
    /// Makes the folders that the layout needs.
    pub(super) fn new(
        folder: &'a Path,
        request: &'a ChipsRequest<'a>,
        round: &'a str,
        examples: &'a Examples,
        images: &'a [Image],
        (homes, villages): (&'a Homes, &'a VillageIndex),
    ) -> Result<Self> {
        for side in Split::ALL {
            let side = folder.join(side.name());
            fs_err::create_dir_all(side.join("images"))?;
            match request.layout {
                ChipLayout::Yolo => fs_err::create_dir(side.join(yolo::FOLDER))?,
                ChipLayout::Mask => fs_err::create_dir(side.join(mask::FOLDER))?,
                ChipLayout::Coco => {}
            }
        }
        let side = |example: &Example| Split::of(&example.village, request.val_share);
        Ok(Self {
            folder,
            request,
            round,
            sides: examples.list.iter().map(side).collect(),
            examples,
            images,
            homes,
            villages,
            table: Table::new(),
            coco: [Annotations::default(), Annotations::default()],
            gsds_m: Vec::new(),
            tally: Tally::default(),
        })
    }

    /// Cuts every place out of the best image that really shows it; gives those that none shows.
    pub(super) fn write(&mut self) -> Result<usize> {
        let mut choices = choices(self.images, &self.examples.list)?;
        let mut open: BTreeSet<usize> = (0..choices.len())
            .filter(|at| self.examples.list[*at].role != Role::Hidden)
            .collect();
        loop {
            // What an image does not show after all is looked for in the next best.
            let best: Vec<(usize, usize)> = open
                .iter()
                .filter_map(|at| Some((*at, choices[*at].pop()?)))
                .collect();
            if best.is_empty() {
                break;
            }
            for image in 0..self.images.len() {
                let of_image = best.iter().filter(|(_, i)| *i == image).map(|(at, _)| *at);
                let wanted: Vec<usize> = of_image.collect();
                for side in Split::ALL {
                    let of_side = |at: &usize| self.sides[*at] == side;
                    let wanted: Vec<usize> = wanted.iter().copied().filter(of_side).collect();
                    if !wanted.is_empty() {
                        for shown in self.cut(image, side, &wanted)? {
                            open.remove(&shown);
                        }
                    }
                }
            }
        }
        self.cut_background()?;
        Ok(open.len())
    }

    /// Writes what stands beside the chips.
    pub(super) fn write_rest(&self) -> Result<()> {
        let classes: Vec<&str> = self.examples.classes.iter().map(String::as_str).collect();
        let first = self.gsds_m.first().copied();
        let is_one = |gsd: &f64| self.gsds_m.iter().all(|g| (g / gsd - 1.0).abs() < 1e-3);
        let gsd_m = first.filter(is_one);
        match self.request.layout {
            ChipLayout::Yolo => {
                let splits = yolo::Splits {
                    note: "Checked on the ground, one round of a campaign; see README.md.",
                    train: "train/images",
                    val: "val/images",
                };
                yolo::write_data(self.folder, &splits, &classes, gsd_m)?;
            }
            ChipLayout::Coco => {
                for (side, annotations) in Split::ALL.into_iter().zip(&self.coco) {
                    let info = json!({
                        "description": format!("checked on the ground, round {}, {}", self.round, side.name()),
                        "version": self.round,
                        "gsd_m": gsd_m,
                    });
                    annotations.write(&self.folder.join(side.name()), &info, &classes)?;
                }
            }
            ChipLayout::Mask => {
                for side in Split::ALL {
                    mask::write_classes(&self.folder.join(side.name()), &classes)?;
                }
            }
        }
        self.table.write(self.folder)
    }

    /// What a side shows in an image: places of the other side, those that nobody may see, and those
    /// that somebody looked at before it was taken are painted over.
    fn view(&self, image: &Image, side: Split) -> Result<View> {
        let list = || self.examples.list.iter().enumerate();
        let is_shown = |at: usize, e: &Example| self.sides[at] == side && image.is_before(e);
        let shapes = |wanted: &dyn Fn(usize, &Example) -> Option<usize>| {
            let outlines = list().filter_map(|(at, e)| Some((at, wanted(at, e)?, &e.outline)));
            Shapes::of_outlines(outlines, &image.raster, &image.grid)
        };
        Ok(View {
            objects: shapes(&|at, e| match e.role {
                Role::Object(class) if is_shown(at, e) => Some(class),
                _ => None,
            })?,
            negatives: shapes(&|at, e| (e.role == Role::Negative && is_shown(at, e)).then_some(0))?,
            hidden: shapes(&|at, e| (e.role == Role::Hidden || !is_shown(at, e)).then_some(0))?,
        })
    }

    /// Cuts places of one side, in ascending order, out of an image; gives those that it shows.
    fn cut(&mut self, image: usize, side: Split, wanted: &[usize]) -> Result<Vec<usize>> {
        let image = &self.images[image];
        (self.request.tell)(&format!("cutting chips out of `{}`", image.name));
        let view = self.view(image, side)?;
        let mut cutter = Cutter::open(&image.raster, image.grid, &[], None)?;
        let mut places = Places::new(self.request.size, (image.grid.width, image.grid.height));
        let mut windows = Vec::new();
        for shape in view.objects.found().chain(view.negatives.found()) {
            if wanted.binary_search(&shape.site).is_ok() {
                let village = self.examples.list[shape.site].village.as_str();
                let new = places.around(&shape.outline);
                windows.extend(new.into_iter().map(|window| (window, village)));
            }
        }
        let mut shown = Vec::new();
        for (window, village) in windows {
            let Some(mut picture) = acquire::readable(cutter.cut(window))? else {
                self.tally.unreadable += 1;
                continue;
            };
            let objects = labels(&view.objects, window, &picture);
            let hidden = labels(&view.hidden, window, &picture);
            let is_object = |at: usize| objects.iter().any(|label| label.pixels[at]);
            picture.hide(|at| hidden.iter().any(|h| h.pixels[at]) && !is_object(at));
            let negatives = labels(&view.negatives, window, &picture);
            if objects.is_empty() && negatives.is_empty() {
                continue;
            }
            shown.extend(objects.iter().chain(&negatives).map(|label| label.site));
            self.write_chip(&Chip {
                image,
                window,
                picture: &picture,
                objects: &objects,
                negatives: &negatives,
                split: side,
                village,
            })?;
        }
        Ok(shown)
    }

    /// Ground without a place, away from homes: nobody looked there, the model only found nothing.
    fn cut_background(&mut self) -> Result<()> {
        let count = self.images.len();
        let wanted = self.request.background as usize;
        for at in 0..count {
            let up_to = (wanted * (at + 1)).div_ceil(count);
            let missing = up_to.saturating_sub(self.tally.background as usize);
            if missing > 0 {
                self.cut_background_of(at, missing)?;
            }
        }
        Ok(())
    }

    fn cut_background_of(&mut self, image: usize, missing: usize) -> Result<()> {
        let image = &self.images[image];
        let size = self.request.size;
        let all = self
            .examples
            .list
            .iter()
            .enumerate()
            .map(|(at, e)| (at, 0, &e.outline));
        let all = Shapes::of_outlines(all, &image.raster, &image.grid)?;
        let homes = self.homes_of(image)?;
        let mut cutter = Cutter::open(&image.raster, image.grid, &[], None)?;
        let mut places = Places::new(size, (image.grid.width, image.grid.height));
        let margin = f64::from(size) * BACKGROUND_MARGIN;
        let (mut found, whole) = (0, image.grid.window());
        for tried in acquire::spread_windows(whole, (size, size)).take(missing * TRIES) {
            if found == missing {
                break;
            }
            let window = Window {
                width: size,
                height: size,
                ..tried
            };
            let shows_home = homes
                .as_ref()
                .is_some_and(|homes| !homes.near(window, margin).is_empty());
            if shows_home || !places.is_apart(window) || !all.near(window, margin).is_empty() {
                continue;
            }
            let Some(picture) = acquire::readable(cutter.cut(window))? else {
                continue;
            };
            if picture.valid_share() < 1.0 - MOST_EMPTY {
                continue;
            }
            let village = self.village_of(image, window)?;
            places.put(window.col_off, window.row_off);
            found += 1;
            self.write_chip(&Chip {
                image,
                window,
                picture: &picture,
                objects: &[],
                negatives: &[],
                split: Split::of(&village, self.request.val_share),
                village: &village,
            })?;
        }
        Ok(())
    }

    /// Homes on an image's grid; `None` where they may be shown.
    fn homes_of(&self, image: &Image) -> Result<Option<Shapes>> {
        if self.request.with_homes {
            return Ok(None);
        }
        let (xs, ys) = image.raster.border(16)?;
        let span = |v: &[f64]| {
            let ends = |(low, high): (f64, f64), x: &f64| (low.min(*x), high.max(*x));
            v.iter().fold((f64::INFINITY, f64::NEG_INFINITY), ends)
        };
        let ((west, east), (south, north)) = (span(&xs), span(&ys));
        let homes = self.homes.within(Rect::new((west, south), (east, north)));
        let homes = homes
            .into_iter()
            .enumerate()
            .map(|(at, outline)| (at, 0, outline));
        Shapes::of_outlines(homes, &image.raster, &image.grid).map(Some)
    }

    /// The village of a chip's middle; empty outside of every village.
    fn village_of(&self, image: &Image, window: Window) -> Result<String> {
        let place = Place {
            raster: &image.raster,
            grid: &image.grid,
            window,
        };
        let Some((x, y)) = place.center() else {
            return Ok(String::new());
        };
        let (lon, lat) = image.raster.crs.to_wgs84()?.point(x, y)?;
        let found = self
            .villages
            .locate(&MultiPolygon::new(vec![]), Point::new(lon, lat));
        Ok(found.map_or_else(String::new, |found| found.xzqdm))
    }

    fn write_chip(&mut self, chip: &Chip<'_>) -> Result<()> {
        if (self.request.stop)() {
            return Err(Error::Interrupted);
        }
        let (kind, letter, count) = if !chip.objects.is_empty() {
            ("sites", 'c', &mut self.tally.sites)
        } else if !chip.negatives.is_empty() {
            ("negative", 'n', &mut self.tally.negative)
        } else {
            ("background", 'b', &mut self.tally.background)
        };
        *count += 1;
        let stem = format!("{}-{letter}{count:05}", self.round);
        let count = match chip.split {
            Split::Train => &mut self.tally.train,
            Split::Val => &mut self.tally.val,
        };
        *count += 1;
        self.tally.undated += u32::from(chip.image.capture_time.is_empty());
        let folder = self.folder.join(chip.split.name());
        let file = format!("{stem}.png");
        write_png(
            &folder.join("images").join(&file),
            &chip.picture.colors.clone().into(),
        )?;
        let place = Place {
            raster: &chip.image.raster,
            grid: &chip.image.grid,
            window: chip.window,
        };
        let list = &self.examples.list;
        let size = self.request.size;
        match self.request.layout {
            ChipLayout::Yolo => {
                let path = folder.join(yolo::FOLDER).join(format!("{stem}.txt"));
                yolo::write_labels(&path, chip.objects, size, false)?;
            }
            ChipLayout::Coco => {
                let facts = [
                    ("date_captured", json!(chip.image.capture_time)),
                    ("src_image", json!(chip.image.name)),
                    ("gsd_m", json!(place.gsd_m())),
                ];
                let named: Vec<(&Label, &str)> = chip
                    .objects
                    .iter()
                    .map(|label| (label, list[label.site].site_id.as_str()))
                    .collect();
                self.coco[chip.split as usize].add(&file, size, &facts, &named);
            }
            ChipLayout::Mask => {
                let path = folder.join(mask::FOLDER).join(&file);
                mask::write_mask(&path, chip.objects, &chip.picture.valid, size)?;
            }
        }
        self.gsds_m.push(place.gsd_m());
        let class = |label: &Label| self.examples.classes[label.class].as_str();
        let objects = chip
            .objects
            .iter()
            .map(|label| (&list[label.site], class(label)));
        let negatives = chip.negatives.iter().map(|label| (&list[label.site], ""));
        let shows: Vec<(&Example, &str)> = objects.chain(negatives).collect();
        let row = Row {
            chip: &file,
            kind,
            shows: &shows,
            split: chip.split,
            village: chip.village,
            valid_share: chip.picture.valid_share(),
            round: self.round,
        };
        self.table.add(chip.image, &place, &row)
    }
}
