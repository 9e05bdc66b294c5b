"""Sites lie where an independent computation puts them, whatever the raster's georeferencing.

Plots are painted into rasters of many kinds; rasterio, scipy and pyproj say where each is on the
ground, and tianmu's sites must agree one to one: outlines and points within half a pixel.
"""

import math

import numpy as np
import pyproj
import rasterio
import shapely
from rasterio.transform import Affine

import colour_models
import common
import geometry
import scenes

GAUSS_KRUGER_WITHOUT_CODE = (
    'PROJCS["County grid",GEOGCS["CGCS2000",DATUM["County datum",'
    'SPHEROID["CGCS2000",6378137,298.257222101],TOWGS84[0,0,0,0,0,0,0]],PRIMEM["Greenwich",0],'
    'UNIT["degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],'
    'PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",101.75],'
    'PARAMETER["scale_factor",1],PARAMETER["false_easting",500000],'
    'PARAMETER["false_northing",-2000000],UNIT["metre",1]]'
)


def ground_metres(transform, crs, width, height):
    """Metres from a pixel to the next along a row and along a column, at the raster's centre."""
    project = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    c, r = width / 2, height / 2
    lon, lat = project.transform(*np.array([transform * p for p in [(c, r), (c + 9, r), (c, r + 9)]]).T)
    geod = pyproj.Geod(ellps="WGS84")
    return [geod.inv(lon[0], lat[0], lon[k], lat[k])[2] / 9 for k in (1, 2)]


def cases():
    """Name, transform, CRS, whether pixels are square on the ground and so used as they are."""
    north_up = Affine(0.05, 0, 368123.4, 0, -0.05, 2739001.7)
    yield "north_up_utm", north_up, "EPSG:32648", True
    yield "south_up", Affine(0.05, 0, 368123.4, 0, 0.05, 2738951.7), "EPSG:32648", True
    yield "mirrored", Affine(-0.05, 0, 368123.4, 0, -0.05, 2739001.7), "EPSG:32648", True
    turned = Affine.translation(368123.4, 2739001.7) @ Affine.rotation(30) @ Affine.scale(0.05, -0.05)
    yield "rotated_30", turned, "EPSG:32648", True
    # Degrees chosen so that a pixel spans 5 cm in both directions, then square degrees.
    metres_x, metres_y = 111319.49 * math.cos(math.radians(24.755)) * 1.00061, 110782.0
    near_square = Affine(0.05 / metres_x, 0, 101.6367, 0, -0.05 / metres_y, 24.7551)
    yield "degrees_square_on_ground", near_square, "EPSG:4490", True
    yield "degrees_oblong_on_ground", Affine(4.5e-7, 0, 101.6367, 0, -4.5e-7, 24.7551), "EPSG:4490", False
    yield "feet", Affine(0.25, 0, 981234.5, 0, -0.25, 205432.1), "EPSG:2263", True
    yield "wkt_without_code", Affine(0.04, 0, 488765.4, 0, -0.04, 739123.4), GAUSS_KRUGER_WITHOUT_CODE, True
    yield "zone_prefix", Affine(0.05, 0, 34463218.4, 0, -0.05, 2738964.9), "EPSG:4522", True
    yield "compound", Affine(0.05, 0, 368123.4, 0, -0.05, 2739001.7), "EPSG:32648+5773", True
    # Web Mercator stretches: a pixel of 8 cm on the map is 7.3 cm of ground here.
    yield "web_mercator", Affine(0.08, 0, 11314000.0, 0, -0.08, 2845000.0), "EPSG:3857", True


def compare(args, checks, name, transform, crs, native):
    height, width = 480, 610
    image, label = scenes.paint(height, width)
    path = scenes.write_tiff(args.work / name / "scene.tif", image, transform, crs)
    with rasterio.open(path) as raster:  # As the file says it, not as it was asked for.
        transform, crs = raster.transform, raster.crs
    horizontal = pyproj.CRS(crs.to_wkt())
    horizontal = horizontal.sub_crs_list[0] if horizontal.is_compound else horizontal
    gsd_x, gsd_y = ground_metres(transform, horizontal, width, height)
    gsd = math.sqrt(gsd_x * gsd_y)
    model = colour_models.segmenter(args.work / name / "model", gsd)
    result = common.scan(args, name, path, model)
    sites = result.layer()

    truth = geometry.components(label)
    outlines = geometry.to_pixels(sites.geometry, transform, horizontal)
    pairs = geometry.match([t.outline for t in truth], outlines)
    label_of = {v: k for k, v in enumerate(scenes.COLOURS)}
    checks.equal(len(sites), len(truth), f"{name}: number of sites")
    checks.equal(len(pairs), len(truth), f"{name}: sites that meet a plot, one to one")

    # A resampled raster's outline may step by one pixel of either grid.
    step = 0.5 if native else 0.5 * (1 + max(gsd_x, gsd_y, gsd) / min(gsd_x, gsd_y))
    worst_outline = worst_point = worst_map = worst_area = 0.0
    same_mask, bias = 0, []
    points = geometry.to_pixels(shapely.points(sites.lon, sites.lat), transform, horizontal)
    layer_points = result.layer("site_points").set_index("site_id").geometry
    layer_points = geometry.to_pixels(layer_points.loc[sites.site_id], transform, horizontal)
    for i, j, _ in pairs:
        site, plot = sites.iloc[j], truth[i]
        checks.equal(label_of[site["class"]], plot.value, f"{name}: class of {site.site_id}")
        worst_outline = max(worst_outline, shapely.hausdorff_distance(plot.outline, outlines[j], 0.2))
        filled = geometry.fill(outlines[j], label.shape)
        same_mask += bool((filled[plot.window] == plot.mask).all() and filled.sum() == plot.pixels)
        worst_point = max(worst_point, shapely.distance(plot.outline, points[j]))
        worst_point = max(worst_point, shapely.distance(plot.outline, layer_points[j]))
        map_xy = shapely.Point(~transform * (site.map_x, site.map_y))
        worst_map = max(worst_map, shapely.distance(map_xy, points[j]))
        true_area = geodesic_area_of_pixels(plot.outline, transform, horizontal)
        worst_area = max(worst_area, abs(site.area_m2 / true_area - 1))
        bias.append(
            (plot.pixels, site.area_m2 / true_area - 1, geometry.geodesic_area(site.geometry) / true_area - 1)
        )

    checks.at_most(worst_outline, step + 0.02, f"{name}: outline to outline, in pixels")
    checks.at_most(worst_point, 0.0 if native else step, f"{name}: point outside its plot, in pixels")
    checks.at_most(worst_map, 0.02 + 1.2e-7 * 111e3 / gsd / 2, f"{name}: map_x, map_y against lon, lat")
    if native:
        checks.at_most(worst_area, 0.01, f"{name}: area_m2 against the ellipsoid, worst site")
        checks.equal(same_mask, len(truth), f"{name}: outlines that fill to the painted pixels exactly")
    pixels, by_field, by_geometry = np.array(bias).T
    total = lambda share: 100 * (share * pixels).sum() / pixels.sum()
    checks.at_most(abs(total(by_field)), 1.0, f"{name}: area_m2 against the ellipsoid, all sites, in %")
    print(
        f"{name}: {len(sites)} sites, outline {worst_outline:.3f} px, point {worst_point:.3f} px, "
        f"area worst {100 * worst_area:.2f} %, all area: area_m2 {total(by_field):+.3f} %, "
        f"area of the written geometry {total(by_geometry):+.3f} %, identical masks {same_mask}/{len(truth)}"
    )


def geodesic_area_of_pixels(outline, transform, crs):
    project = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def move(pixels):
        return np.column_stack(project.transform(*(transform * (pixels[:, 0], pixels[:, 1]))))

    return geometry.geodesic_area(shapely.transform(outline, move))


def main():
    args, checks = common.start("georeference", __doc__.splitlines()[0])
    for case in cases():
        compare(args, checks, *case)
    checks.finish()


main()
