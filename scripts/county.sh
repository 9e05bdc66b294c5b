#!/usr/bin/env bash
# The sample county from villages to a report: two rounds, each a campaign of its own; a field pack, what
# the teams brought back, and what is reported.
#
#   scripts/county.sh FOLDER [PROGRAM]
#
# FOLDER gets round1.gpkg, round2.gpkg, walked.gpkg (round 2 with the answers), the scans beside them, the
# pack and the report of round 2. Campaigns that stand there are made anew. PROGRAM is target/release/tianmu unless said otherwise.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

folder=${1:?say which folder}
tianmu=${2:-target/release/tianmu}
county=samples/ridge-county

mkdir -p -- "$folder"
for round in 1 2; do
    campaign=$folder/round$round.gpkg
    rm -f -- "$campaign"
    "$tianmu" campaign new "$campaign" --year 2026 --round "$round" --county-code 990101 --county 天目县
    for layer in villages.shp:villages grid.csv:grid history.geojson:history whitelist.gpkg:whitelist \
        targets.csv:targets tips.csv:tips phenology.toml:phenology buildings.gpkg:buildings \
        roads.gpkg:roads water.gpkg:water forest.gpkg:forest dem.tif:dem; do
        "$tianmu" campaign import "$campaign" "$county/${layer%%:*}" --role "${layer##*:}"
    done
    if ((round == 2)); then
        "$tianmu" campaign import "$campaign" "$folder/round1.gpkg" --role previous
    fi
    "$tianmu" scan "$county/round$round.tif" --model models/poppy-seg --campaign "$campaign" \
        --threshold opium_poppy=0.8,cannabis=0.5
done
"$tianmu" campaign match "$folder/round2.gpkg"
"$tianmu" tasks "$folder/round2.gpkg" -o "$folder/pack" --date 2026-04-21 --control 20% --overwrite

# What the teams brought back two days later goes into a copy, so that both can be looked at. One row of it
# cannot be taken, and is kept with the reason.
cp -f -- "$folder/round2.gpkg" "$folder/walked.gpkg"
"$tianmu" record "$folder/walked.gpkg" "$county"/returns/*.csv
"$tianmu" coverage "$folder/walked.gpkg" -o "$folder/gaps.geojson" --overwrite
"$tianmu" report "$folder/walked.gpkg" -o "$folder/report" --date 2026-05-06 --overwrite
"$tianmu" verify "$folder/walked.gpkg" --quiet
