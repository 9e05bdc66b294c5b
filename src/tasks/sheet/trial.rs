//! Made-up ground and pictures for tests, and a test that writes whole documents to look at.

use crate::campaign::Lang;
use crate::tasks::fixture;
use crate::tasks::pack::{FieldPack, FieldTask, LocalMap, MapSource, Picture};
use geo::{Coord, LineString, Point, Polygon, Rect, coord};
use image::{Rgb, RgbImage};
use std::path::Path;
use std::sync::Arc;

/// Hilly ground with everything that a map can show.
pub(super) struct Ground;

impl MapSource for Ground {
    fn around(&self, task: &FieldTask, half_m: f64) -> LocalMap {
        let wave = |height: f64, swing: f64| -> LineString<f64> {
            (-30..=30)
                .map(|i| {
                    let x = f64::from(i) * 10.0;
                    coord! {x: x, y: height + swing * (x / 60.0).sin()}
                })
                .collect()
        };
        let blob = |x: f64, y: f64, radius: f64| -> Polygon<f64> {
            let ring = (0..24).map(|i| {
                let angle = f64::from(i) * std::f64::consts::TAU / 24.0;
                let reach = radius * (1.0 + 0.25 * (3.0 * angle).sin());
                coord! {x: x + reach * angle.cos(), y: y + reach * angle.sin()}
            });
            Polygon::new(ring.collect(), vec![])
        };
        let house = |x: f64, y: f64| {
            Rect::new(coord! {x: x, y: y}, coord! {x: x + 12.0, y: y + 8.0}).to_polygon()
        };
        let near = f64::from(task.seq % 4) * 8.0;
        LocalMap {
            half_m,
            roads: vec![
                wave(-90.0, 30.0),
                vec![(40.0, -400.0), (60.0, -70.0)].into(),
            ],
            buildings: (0..6)
                .map(|i| house(-20.0 + 20.0 * f64::from(i), -60.0 + near))
                .collect(),
            water: vec![blob(160.0, -170.0, 45.0)],
            streams: vec![wave(-190.0, 12.0)],
            forest: vec![blob(-120.0, 150.0, 110.0), blob(180.0, 120.0, 60.0)],
            borders: vec![wave(215.0, 10.0)],
            contours: (0..9)
                .map(|i| {
                    (
                        1800.0 + 10.0 * f64::from(i),
                        wave(-200.0 + 50.0 * f64::from(i), 22.0),
                    )
                })
                .collect(),
            neighbours: vec![
                (Point::new(90.0, 40.0), "101201-02".into()),
                (Point::new(-70.0, 20.0), "101201-03".into()),
                (Point::new(239.0, -60.0), "101201-04".into()),
            ],
            outline: vec![blob(0.0, 0.0, 5.0)],
            background: None,
        }
    }
}

/// The same ground, with a picture under the map of every fifth task.
struct PicturedGround<'a>(&'a Path);

impl MapSource for PicturedGround<'_> {
    fn around(&self, task: &FieldTask, half_m: f64) -> LocalMap {
        let background = (task.seq.is_multiple_of(5)).then(|| {
            let picture = picture(&self.0.join("now.jpg"), "");
            (picture, [-200.0, -300.0, 300.0, 240.0])
        });
        LocalMap {
            background,
            ..Ground.around(task, half_m)
        }
    }
}

fn picture(file: &Path, time: &str) -> Picture {
    Picture {
        file: file.into(),
        name: "pictures/one.jpg".into(),
        width: 1800,
        height: 2000,
        m_per_px: 0.025,
        top_bearing_deg: 12.0,
        site_px: (900.0, 1000.0),
        capture_time: time.into(),
    }
}

/// The pack with a close view and an earlier picture for every lead.
pub(super) fn pictured(mut pack: FieldPack, folder: &Path) -> FieldPack {
    let paint = |name: &str, tone: u8| {
        let image = RgbImage::from_fn(1800, 2000, |x, y| {
            let grain = u8::try_from((x * 31 + y * 17 + (x / 40) * (y / 40)) % 40).unwrap();
            let (dx, dy) = (f64::from(x) - 900.0, f64::from(y) - 1000.0);
            let far = dx.hypot(dy);
            if (300.0..308.0).contains(&far) {
                Rgb([255, 0, 0])
            } else if far < 300.0 {
                Rgb([tone + grain, 90 + grain, 120 + grain])
            } else {
                Rgb([70 + grain, 110 + grain, 60 + grain])
            }
        });
        let file = folder.join(name);
        image.save(&file).unwrap();
        file
    };
    let (now, before) = (paint("now.jpg", 170), paint("before.jpg", 90));
    for task in pack.tasks.iter_mut().filter(|task| task.grade.is_some()) {
        task.close_up = Some(picture(&now, "2026-04-20T10:30:00"));
        task.earlier_picture = Some(picture(&before, "2025-04-18T11:00:00"));
    }
    pack
}

/// Eight sheets at their limits: long names, many reasons, missing pictures.
fn hard(lang: Lang, folder: &Path) -> FieldPack {
    let mut pack = pictured(fixture::pack(8, lang), folder);
    pack.facts.notes.push("未计算：无高程模型".into());
    let task = &mut pack.tasks[1];
    let mut village = (*task.village).clone();
    village.county = "双江拉祜族佤族布朗族傣族自治县".into();
    village.town = "邦丙布朗族傣族乡".into();
    village.village = "大南直村民委员会老寨下组自然村".into();
    task.village = Arc::new(village);
    task.reasons = (1..=12)
        .map(|i| format!("第{i}项：距历史点 42 m，权重 +0.5，置信 0.83，季节系数 1.0"))
        .collect();
    task.earlier = "2023年第2轮：已铲除或已收；2025年第1轮：现场无此地块，照片 3 张".into();
    task.src_image = "2026-04-20_石门村_M3M_正射_第03架次_可见光_2.5cm.tif; ".repeat(6);
    pack.tasks[2].close_up = None;
    pack.tasks[2].earlier_picture = None;
    pack.tasks[2].pos_err_m = 65.0;
    // Rare in names: some systems have a font with it, the bundled one has not.
    pack.tasks[5].grid_worker = "网格员𠮷".into();
    let (earlier, reasons) = (pack.tasks[1].earlier.clone(), pack.tasks[1].reasons.clone());
    let full = &mut pack.tasks[4];
    full.near.water_m = Some(87.0);
    full.near.border_unit = "双江拉祜族佤族布朗族傣族自治县邦丙布朗族傣族乡".into();
    full.licence = Some("滇工大麻许可 (2025) 第 000123 号".into());
    full.src_image = "2026-04-20_M3M_03.tif; 2026-04-20_M3M_04.tif".into();
    full.earlier = earlier;
    full.reasons = reasons;
    pack.tasks[3].earlier_picture = None;
    pack.tasks[3].reasons = vec!["距历史点 42 m，权重 +0.5；".into(); 150];
    pack
}

/// Writes sheets to look at into the folder that `TIANMU_SHEETS` names: a pack a language.
#[test]
#[ignore = "writes files to look at; set TIANMU_SHEETS to a folder"]
fn write_sheets_to_look_at() {
    let folder = std::env::var_os("TIANMU_SHEETS").expect("TIANMU_SHEETS names a folder");
    let pages: Vec<usize> = (0..8).collect();
    for (lang, name) in [(Lang::Zh, "zh"), (Lang::En, "en")] {
        let folder = Path::new(&folder).join(name);
        let sheets = folder.join("sheets");
        fs_err::create_dir_all(&sheets).unwrap();
        let pack = hard(lang, &folder);
        write_ledger(&pack, &folder.join("ledger.csv"));
        let html = sheets.join("石门村.html");
        let ground = PicturedGround(&folder);
        super::write_html(&html, &pack, &pages, &ground).unwrap();
        #[cfg(feature = "pdf")]
        {
            let press = super::Press::new(&[]).unwrap();
            let file = sheets.join("石门村.pdf");
            super::write_pdf(&file, &pack, &pages, &ground, &press).unwrap();
        }
    }
}

/// The columns of the ledger that sheets are compared with.
fn write_ledger(pack: &FieldPack, path: &Path) {
    let mut file = csv::Writer::from_path(path).unwrap();
    file.write_record(["site_id", "lon", "lat"]).unwrap();
    for task in &pack.tasks {
        let (lon, lat) = (task.forms.wgs84.lon(), task.forms.wgs84.lat());
        file.write_record([
            task.site_id.clone(),
            format!("{lon:.7}"),
            format!("{lat:.7}"),
        ])
        .unwrap();
    }
    file.flush().unwrap();
}

/// Keeps the fixture honest: its ground is around the site.
#[test]
fn made_up_ground_has_the_site_in_its_middle() {
    let pack = fixture::pack(1, Lang::Zh);
    let map = Ground.around(&pack.tasks[0], 250.0);
    let first = map.outline[0].exterior().coords().next();
    assert!(first.is_some_and(|c: &Coord<f64>| c.x.hypot(c.y) < 10.0));
}
