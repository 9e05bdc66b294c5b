//! Stage 2, chip: reading tiles and resampling them to the model grid.
//!
//! Input: an image of 2048 × 2048 pixels, three bands of bytes, in blocks of 256,
//! not compressed, painted into a temporary folder. It fits into GDAL's block cache,
//! so decoding hardly counts. Tiles of 512 model pixels that share 128, scaled to
//! floats, every tile of the image in turn. Threads: one.
//!
//! *native*: a model pixel is an image pixel; *0.7*: it spans 0.7 image pixels, so that
//! the image is enlarged; *3.3*: it spans 3.3, so that the image is reduced.
//! Throughput: values put into the model's input. `cargo bench --bench chip`

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gdal::DriverManager;
use gdal::raster::{Buffer, RasterCreationOptions};
use gdal::spatial_ref::SpatialRef;
use std::hint::black_box;
use std::path::Path;
use tianmu::model::{BandScaling, InputLayout};
use tianmu::pipeline::acquire::{self, AcquireOptions};
use tianmu::pipeline::chip::{
    ChipReader, ChipValidity, EdgePolicy, InputSpec, ModelGrid, TileShape, Tiling,
};

/// Pixels along an edge of the image.
const SIZE: u32 = 2048;

const BANDS: usize = 3;

const SHAPE: TileShape = TileShape {
    width: 512,
    height: 512,
    margin: 0,
    fixed: true,
    overlap: 128,
    stride: 32,
    edge: EdgePolicy::ShiftInside,
};

fn paint(path: &Path) -> gdal::errors::Result<()> {
    let driver = DriverManager::get_driver_by_name("GTiff")?;
    let options: RasterCreationOptions = ["TILED=YES"].into_iter().collect();
    let side = SIZE as usize;
    let mut image =
        driver.create_with_band_type_with_options::<u8, _>(path, side, side, BANDS, &options)?;
    image.set_geo_transform(&[412_345.0, 0.05, 0.0, 2_890_123.0, 0.0, -0.05])?;
    image.set_spatial_ref(&SpatialRef::from_epsg(32650)?)?;
    for band in 0..BANDS {
        let value = |at: u32| f64::from((at % SIZE * 7 + at / SIZE * 13) % 251);
        let values = (0..SIZE * SIZE).map(value).collect();
        let mut buffer = Buffer::new((side, side), values);
        let mut band = image.rasterband(band + 1)?;
        band.write((0, 0), (side, side), &mut buffer)?;
    }
    image.close()
}

fn chips(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("image.tif");
    acquire::prepare_gdal();
    paint(&path).expect("the image can be written");
    let raster = acquire::open(&path, BANDS, &[], &AcquireOptions::default())
        .expect("the image can be scanned");
    acquire::set_block_cache(256 << 20);
    let mut group = criterion.benchmark_group("chip/read");
    group.sample_size(20);
    for (name, scale) in [("native", None), ("0.7", Some(0.7)), ("3.3", Some(3.3))] {
        let target_m = scale.map(|s| s * raster.gsd.mean_m());
        let grid = ModelGrid::new(SIZE, SIZE, raster.gsd, target_m);
        let tiling = Tiling::new(&grid, &SHAPE);
        let spec = InputSpec {
            layout: InputLayout::Nchw,
            scaling: vec![BandScaling::EIGHT_BIT; BANDS],
        };
        let mut reader = ChipReader::open(&raster, grid, spec).expect("a handle can be opened");
        let mut input = vec![0.0; BANDS * (SHAPE.width * SHAPE.height) as usize];
        let values = tiling.tile_count() * input.len() as u64;
        group.throughput(Throughput::Elements(values));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| {
                for row in 0..tiling.row_count() {
                    for col in 0..tiling.column_count() {
                        let tile = tiling.tile(row, col);
                        let validity = reader.read(&tile, black_box(&mut input));
                        assert!(matches!(validity, Ok(ChipValidity::Full)));
                    }
                }
            });
        });
    }
    group.finish();
}

criterion_group!(benches, chips);
criterion_main!(benches);
