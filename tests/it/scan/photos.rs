//! Photos: images in their own pixel frame, whose pixels meet the ground ray by ray. Here they are
//! taken by a made-up camera over flat ground.

use crate::support::{Bands, HEMP, Job, ModelKit, POPPY, Pinhole, Scene, rectangle_file};
use geo::{Area, Distance, Geodesic, Point};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::tempdir;
use tianmu::georef::{PixelGround, geodesic_area_m2, geodesic_distance_m};
use tianmu::pipeline::Scan;
use tianmu::pipeline::acquire::Photos;
use tianmu::pipeline::report::{
    ChipLayout, ChipOptions, Placing, Report, write_chips, write_results, write_thumbs,
};

const STEP: f64 = 5e-7;
const LON: f64 = 102.0;
const LAT: f64 = 24.5;

/// Any scale, so that grid pixels are pixels of the picture.
fn model(folder: &Path) -> PathBuf {
    let kit = ModelKit::segmenter().set("tianmu:gsd_m", Value::Null);
    kit.save(folder, "m")
}

/// A camera that shows what a scene in degrees shows.
fn above(scene: &Scene, size: (u32, u32)) -> Pinhole {
    let half = |n: u32| f64::from(n) / 2.0;
    let (lon, lat) = scene.transform().pixel_to_map(half(size.0), half(size.1));
    Pinhole::down(lon, lat, STEP, size)
}

fn photos(placed: &[(PathBuf, Pinhole)]) -> Photos {
    let ground = |(path, camera): &(PathBuf, Pinhole)| {
        let ground: Arc<dyn PixelGround> = Arc::new(camera.clone());
        (path.clone(), ground)
    };
    placed.iter().map(ground).collect()
}

#[test]
fn sites_of_a_photo_lie_where_those_of_the_map_do() {
    let dir = tempdir().unwrap();
    let scene = Scene::degrees(LON, LAT, STEP)
        .plot([40, 30, 80, 90], POPPY)
        .plot([150, 60, 40, 50], HEMP);
    let model = model(dir.path());
    let map = Job::new([&scene.save(dir.path(), "map.tif")], &model).run();
    let photo = scene.clone().photo().save(dir.path(), "photo.tif");
    let camera = above(&scene, (200, 150));
    let scan = Job::new([&photo], &model)
        .photos(photos(&[(photo.clone(), camera)]))
        .run();
    assert_eq!(scan.sites.len(), 2);
    for (site, wanted) in scan.sites.iter().zip(&map.sites) {
        let off = Geodesic.distance(site.point, wanted.point);
        assert!(off < 0.01, "{off}");
        assert_eq!(site.class, wanted.class);
        assert!((site.area_m2 / wanted.area_m2 - 1.0).abs() < 1e-4);
        assert!((site.gsd_cm / wanted.gsd_cm - 1.0).abs() < 1e-3);
        assert!((site.prob - wanted.prob).abs() < 1e-12);
        assert_eq!(site.map_crs, "EPSG:4326");
        assert!((site.map_x - site.point.x()).abs() < 1e-12);
        // Three metres of the camera, and half the diagonal of a pixel.
        assert!((3.0..3.01).contains(&site.pos_err_m), "{}", site.pos_err_m);
        assert_eq!(site.views.map(|v| (v.seen, v.could)), Some((1, 1)));
    }
    let (own, wanted) = (scan.coverage[0].area_m2, map.coverage[0].area_m2);
    assert!((own / wanted - 1.0).abs() < 1e-3, "{own} of {wanted}");
    assert!(scan.record.images[0].photo.is_some() && map.record.images[0].photo.is_none());
}

/// A strip of ground with a plot at every second fifth of a photo's width, and photos along it that
/// share four fifths each.
struct Flight {
    placed: Vec<(PathBuf, Pinhole)>,
    plots: Vec<u32>,
}

impl Flight {
    /// What `hidden` says of a photo and a plot, both by number, is not painted.
    fn paint(folder: &Path, hidden: impl Fn(u32, u32) -> bool) -> Self {
        let plots: Vec<u32> = (0..7).map(|i| 50 + 80 * i).collect();
        let photo = |number: u32| {
            let from = 40 * number;
            let mut scene = Scene::degrees(LON, LAT, STEP).moved(f64::from(from), 0.0);
            for (plot, left) in (0..).zip(&plots) {
                if *left >= from && *left < from + 200 && !hidden(number, plot) {
                    scene = scene.plot([left - from, 60 + 10 * (plot % 3), 20, 24], POPPY);
                }
            }
            let name = format!("DJI_{number:04}.tif");
            let camera = above(&scene, (200, 150));
            (scene.photo().save(folder, &name), camera)
        };
        Self {
            placed: (0..11).map(photo).collect(),
            plots,
        }
    }

    fn job(&self, model: &Path) -> Job {
        let images = self.placed.iter().map(|(path, _)| path.clone()).collect();
        Job::of(images, model).photos(photos(&self.placed))
    }

    /// How many photos could see a plot.
    fn could(&self, plot: usize) -> u32 {
        let left = self.plots[plot];
        let sees = |number: &u32| (40 * number..40 * number + 200).contains(&left);
        u32::try_from((0..11).filter(sees).count()).unwrap()
    }
}

#[test]
fn overlapping_photos_give_each_plot_once() {
    let dir = tempdir().unwrap();
    let model = model(dir.path());
    let hidden = |photo: u32, plot: u32| plot == 3 && photo == 5;
    let flight = Flight::paint(dir.path(), hidden);
    let scan = flight.job(&model).run();
    assert_eq!(scan.sites.len(), flight.plots.len());
    for (plot, site) in scan.sites.iter().enumerate() {
        let could = flight.could(plot);
        let seen = could - u32::from(plot == 3);
        let views = site.views.unwrap();
        assert_eq!((views.seen, views.could), (seen, could), "plot {plot}");
        assert_eq!(site.src_image.len(), seen as usize);
        let middle = f64::from(flight.plots[plot]) + 10.0;
        let off = (site.point.x() - LON) / STEP - middle;
        assert!(off.abs() < 0.1, "{off} pixels");
    }
    let hidden = scan.sites[3].prob;
    assert!((scan.sites.iter()).all(|s| s.prob >= hidden) && hidden < scan.sites[2].prob);
    // Ground that several photos show counts once.
    assert!(scan.record.statement.contains("7 candidate sites"));
}

#[test]
fn neither_workers_nor_the_order_of_photos_change_what_is_found() {
    let dir = tempdir().unwrap();
    let model = model(dir.path());
    let flight = Flight::paint(dir.path(), |photo, plot| (photo + plot) % 4 == 1);
    let files = |workers: usize| {
        let scan = flight.job(&model).with(|s| s.workers = Some(workers)).run();
        let names = ["s.gpkg", "s.geojson", "s.csv"];
        let folder = dir.path().join(workers.to_string());
        fs_err::create_dir(&folder).unwrap();
        written(&scan, &names.map(|name| folder.join(name)))
    };
    let one = files(1);
    assert!(files(3) == one);
    let csv = String::from_utf8(one[2].clone()).unwrap();
    assert!(
        csv.lines()
            .next()
            .unwrap()
            .contains(",status,views_seen,views_could,note")
    );
    let said = |scan: &Scan| {
        let say = |s: &tianmu::pipeline::site::CandidateSite| format!("{:?} {:?}", s.views, s.prob);
        let mut said: Vec<String> = scan.sites.iter().map(say).collect();
        said.sort();
        said
    };
    let wanted = said(&flight.job(&model).run());
    let mut turned = Flight {
        placed: flight.placed.clone(),
        plots: Vec::new(),
    };
    turned.placed.reverse();
    assert_eq!(said(&turned.job(&model).run()), wanted);
}

fn written(scan: &Scan, paths: &[PathBuf]) -> Vec<Vec<u8>> {
    let report = Report {
        sites: &scan.sites,
        coverage: &scan.coverage,
        facts: &scan.facts,
    };
    let mut placing = Placing {
        replace: true.into(),
        note: &mut |_| Ok(()),
    };
    write_results(paths, &report, None, &mut placing).unwrap();
    paths.iter().map(|p| fs_err::read(p).unwrap()).collect()
}

#[test]
fn an_orthomosaic_and_photos_give_one_list() {
    let dir = tempdir().unwrap();
    let model = model(dir.path());
    let flight = Flight::paint(dir.path(), |_, _| false);
    let mut strip = Scene::degrees(LON, LAT, STEP).size(600, 150);
    for (plot, left) in (0..).zip(&flight.plots) {
        strip = strip.plot([*left, 60 + 10 * (plot % 3), 20, 24], POPPY);
    }
    let mosaic = strip.save(dir.path(), "mosaic.tif");
    let paths = flight.placed.iter().map(|(path, _)| path.clone());
    let images = std::iter::once(mosaic).chain(paths).collect();
    let scan = Job::of(images, &model).photos(photos(&flight.placed)).run();
    assert_eq!(scan.sites.len(), flight.plots.len());
    // The mosaic comes first, and gives its sites row by row.
    let mut sites: Vec<_> = scan.sites.iter().collect();
    sites.sort_by(|a, b| a.point.x().total_cmp(&b.point.x()));
    for (plot, site) in sites.into_iter().enumerate() {
        assert_eq!(site.src_image[0], "mosaic.tif");
        let views = site.views.unwrap();
        assert_eq!(
            (views.seen, views.could),
            (flight.could(plot), flight.could(plot))
        );
    }
}

#[test]
fn only_what_the_camera_looks_down_on_is_scanned() {
    let dir = tempdir().unwrap();
    let model = model(dir.path());
    // Looks 50 degrees above straight down: the upper rows look too flatly.
    let camera = Pinhole::down(LON, LAT, STEP, (200, 150)).tilted(50.0, 35.0);
    let usable = camera.usable();
    let first = usable
        .exterior()
        .0
        .iter()
        .map(|c| c.y)
        .fold(150.0, f64::min);
    assert!((20.0..70.0).contains(&first), "{first}");
    let photo = Scene::degrees(LON, LAT, STEP)
        .plot([40, 2, 30, 10], POPPY)
        .plot([60, 100, 40, 30], POPPY)
        .photo()
        .save(dir.path(), "photo.tif");
    let placed = photos(&[(photo.clone(), camera.clone())]);
    let job = Job::new([&photo], &model).photos(placed.clone());
    let scan = job.run();
    assert_eq!(scan.sites.len(), 1);
    let site = &scan.sites[0];
    let wanted = camera.ground(80.0, 115.0).unwrap();
    let off = geodesic_distance_m(site.point.x_y(), wanted);
    assert!(off < 1e-3, "{off}");
    let at = camera.pixel(site.point.x(), site.point.y()).unwrap();
    let own = camera.gsd(at.0, at.1).unwrap().mean_m() * 100.0;
    assert!((site.gsd_cm / own - 1.0).abs() < 1e-5);
    let ring = [(60.0, 100.0), (100.0, 100.0), (100.0, 130.0), (60.0, 130.0)];
    let ring = ring.map(|(x, y)| Point::from(camera.ground(x, y).unwrap()).into());
    let plot = geo::Polygon::new(geo::LineString::new(ring.to_vec()), vec![]);
    let area = geodesic_area_m2(&plot.into());
    assert!(
        (site.area_m2 / area - 1.0).abs() < 1e-6,
        "{} {area}",
        site.area_m2
    );
    // Covered ground ends where the usable part does, to half a cell of coverage.
    let rows = scan.coverage[0]
        .outline
        .iter()
        .flat_map(|p| p.exterior().0.iter());
    let highest = rows
        .map(|c| camera.pixel(c.x, c.y).unwrap().1)
        .fold(150.0, f64::min);
    assert!((highest - first).abs() <= 16.0, "{highest} of {first}");

    // An area of interest is cut to it as well.
    let corner = camera.ground(0.0, 120.0).unwrap();
    let north = Scene::degrees(corner.0 - 0.01, corner.1 + 0.01, 1e-4);
    let file = dir.path().join("area.geojson");
    let area = rectangle_file(&file, &north, "EPSG:4326", &[([0, 0, 200, 100], json!({}))]);
    let above = Job::new([&photo], &model).photos(placed).aoi(&area).run();
    let (part, all) = (above.coverage[0].area_m2, scan.coverage[0].area_m2);
    assert!(part < all && part > 0.3 * all, "{part} of {all}");
    assert!(above.sites[0].area_m2 < site.area_m2);
    let seen = above.sites[0].outline.unsigned_area() / site.outline.unsigned_area();
    assert!((0.5..0.9).contains(&seen), "{seen}");
}

#[test]
fn what_needs_a_map_is_refused() {
    let dir = tempdir().unwrap();
    let model = model(dir.path());
    let scene = Scene::degrees(LON, LAT, STEP).plot([40, 30, 80, 90], POPPY);
    let camera = above(&scene, (200, 150));
    let of = |scene: Scene, name: &str| {
        let photo = scene.photo().save(dir.path(), name);
        let placed = photos(&[(photo.clone(), camera.clone())]);
        Job::new([&photo], &model).photos(placed)
    };
    let failure = |job: &Job| {
        let scan = job.attempt().unwrap();
        scan.record.images[0].failure.clone().unwrap()
    };
    let heat = of(scene.clone(), "a.tif").heatmap(&dir.path().join("h.tif"));
    assert!(failure(&heat).contains("is a photo"), "{}", failure(&heat));
    let grey = failure(&of(scene.clone().bands(Bands::Grey), "grey.tif"));
    assert!(
        grey.contains("has 1 data bands, but the model takes 3"),
        "{grey}"
    );
    // And a photo that nobody places is still an image without a place.
    let lost = failure(&Job::new([&dir.path().join("a.tif")], &model));
    assert!(lost.contains("not georeferenced"), "{lost}");
}

#[test]
fn a_run_is_not_continued_under_other_poses() {
    let dir = tempdir().unwrap();
    let model = model(dir.path());
    let scene = Scene::degrees(LON, LAT, STEP);
    let photo = scene.clone().photo().save(dir.path(), "a.tif");
    let plan = |camera: Pinhole| {
        let placed = photos(&[(photo.clone(), camera)]);
        Job::new([&photo], &model).photos(placed).plan()
    };
    let camera = above(&scene, (200, 150));
    let (one, same) = (plan(camera.clone()), plan(camera.clone()));
    assert_eq!(one.difference(&same), None);
    let other = plan(camera.tilted(0.1, 30.0));
    let why = one.difference(&other).unwrap();
    assert_eq!(why, "photo `a.tif` is placed in another way");
}

#[test]
fn chips_and_pictures_are_cut_from_the_best_view() {
    let dir = tempdir().unwrap();
    let model = model(dir.path());
    let flight = Flight::paint(dir.path(), |_, _| false);
    let options = ChipOptions {
        layout: ChipLayout::Coco,
        size: 64,
        background: Some(3),
    };
    let (chips, pictures) = (dir.path().join("chips"), dir.path().join("pictures"));
    flight.job(&model).run_and(|job, scan| {
        let record = write_chips(&chips, &options, scan, job, false, &|| false).unwrap();
        assert_eq!((record.with_sites, record.background), (7, 3));
        let acquire = &job.settings.acquire;
        let lost = write_thumbs(&pictures, &scan.sites, &job.images, acquire, false).unwrap();
        assert_eq!(lost, 0);
        for site in &scan.sites {
            let picture = pictures.join(format!("{}.jpg", site.site_id));
            let picture = image::open(picture).unwrap().to_rgb8();
            let is_poppy = |pixel: &image::Rgb<u8>| {
                let apart = |(a, b): (&u8, u8)| a.abs_diff(b) < 30;
                pixel.0.iter().zip(POPPY).all(apart)
            };
            let poppy = picture.pixels().filter(|p| is_poppy(p)).count();
            assert!(poppy > 1000, "{poppy}");
        }
    });
    let table = fs_err::read_to_string(chips.join("chips.csv")).unwrap();
    assert!(table.contains(",EPSG:4326,") && !table.contains("NaN"));
}

#[test]
fn coarse_models_read_jpegs_at_reduced_scale() {
    let dir = tempdir().unwrap();
    let scene = Scene::degrees(LON, LAT, STEP)
        .size(800, 600)
        .plot([320, 160, 200, 160], POPPY);
    let camera = Pinhole::down(LON, LAT, STEP, (800, 600));
    let gsd = camera.gsd(400.0, 300.0).unwrap().mean_m();
    let kit = ModelKit::segmenter().set("tianmu:gsd_m", gsd * 2.2);
    let model = kit.save(dir.path(), "m");
    let painted = scene.photo().save(dir.path(), "a.tif");
    let photo = dir.path().join("DJI_0001.JPG");
    let jpeg = gdal::DriverManager::get_driver_by_name("JPEG").unwrap();
    let painted = gdal::Dataset::open(painted).unwrap();
    let options = gdal::cpl::CslStringList::new();
    painted
        .create_copy(&jpeg, &photo, &options)
        .unwrap()
        .close()
        .unwrap();
    let placed = photos(&[(photo.clone(), camera.clone())]);
    let scan = Job::new([&photo], &model).photos(placed).run();
    assert_eq!(scan.record.images[0].overview, Some(0));
    assert_eq!(scan.sites.len(), 1);
    let wanted = camera.ground(420.0, 240.0).unwrap();
    let off = geodesic_distance_m(scan.sites[0].point.x_y(), wanted);
    assert!(off < gsd, "{off}");
}
