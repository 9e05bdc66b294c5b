//! Judging the pixels of a drone photo.
//!
//! Inputs: a photo of 4000 x 3000 pixels made of patches and noise, the same in each run, as a JPEG of
//! quality 92: read at the size in which it is judged, judged, and both; and 5000 photos of one flight, of
//! which every tenth is there twice, compared for duplicates. Threads: one.
//!
//! Throughput: photos. `cargo bench --bench photo_quality`

use chrono::{NaiveDate, TimeDelta};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use std::path::Path;
use tianmu::flight::quality::{JUDGED_PX, Shot, duplicates, look, look_at};
use tianmu::pipeline::acquire::read_picture;

const SIZE: (u32, u32) = (4000, 3000);

fn write_photo(path: &Path) {
    let mut numbers = fastrand::Rng::with_seed(1);
    let shades: Vec<u8> = (0..500 * 375).map(|_| numbers.u8(60..180)).collect();
    let photo = image::RgbImage::from_fn(SIZE.0, SIZE.1, |x, y| {
        let shade = shades[(y / 8 * 500 + x / 8) as usize];
        let noise = numbers.u8(0..24);
        image::Rgb([shade, shade + noise, shade / 2 + noise])
    });
    let file = fs_err::File::create(path).expect("a folder of our own");
    image::codecs::jpeg::JpegEncoder::new_with_quality(file, 92)
        .encode_image(&photo)
        .expect("pixels of a common kind");
}

fn photos(c: &mut Criterion) {
    let dir = tempfile::tempdir().expect("room for a photo");
    let path = dir.path().join("photo.jpg");
    write_photo(&path);
    let picture = read_picture(&path, JUDGED_PX).expect("the photo just written");
    let mut group = c.benchmark_group("photo_quality");
    group.sample_size(20).throughput(Throughput::Elements(1));
    group.bench_function("read", |b| b.iter(|| read_picture(&path, JUDGED_PX)));
    group.bench_function("judge", |b| b.iter(|| look(black_box(&picture))));
    group.bench_function("read and judge", |b| b.iter(|| look_at(&path)));
    group.finish();
}

fn flights(c: &mut Criterion) {
    let mut numbers = fastrand::Rng::with_seed(2);
    let start = NaiveDate::from_ymd_opt(2026, 4, 18).and_then(|day| day.and_hms_opt(9, 0, 0));
    let start = start.expect("a day of the calendar");
    let mut shots: Vec<Shot> = (0..4500_u16)
        .map(|at| Shot {
            path: format!("DJI_{at:04}.JPG").into(),
            sha256: None,
            likeness: Some(numbers.u64(..)),
            position: Some((
                102.0 + 1e-4 * f64::from(at % 50),
                30.0 + 2e-4 * f64::from(at / 50),
            )),
            taken: Some(start + TimeDelta::seconds(2 * i64::from(at))),
        })
        .collect();
    let copy = |shot: &Shot| Shot {
        path: format!("copy of {}", shot.path.display()).into(),
        ..shot.clone()
    };
    let copies: Vec<Shot> = shots.iter().step_by(9).map(copy).collect();
    shots.extend(copies);
    let mut group = c.benchmark_group("duplicates");
    group
        .sample_size(20)
        .throughput(Throughput::Elements(shots.len() as u64));
    group.bench_function("a flight of 5000", |b| {
        b.iter(|| duplicates(black_box(&shots)));
    });
    group.finish();
}

criterion_group!(benches, photos, flights);
criterion_main!(benches);
