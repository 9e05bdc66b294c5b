//! Working a plan out, row by row: what is new, what is known, what cannot be taken.

use super::photos::Hashes;
use super::plan::{FileRow, NewReject, Plan};
use super::stock::Stock;
use super::waiting::{Waiter, Waiting, checker_of};
use super::{FileReport, RejectedRow, conflicts, keys};
use crate::Result;
use crate::campaign::CampaignFacts;
use crate::campaign::check::{COUNTED, Check, WITHDRAWN, verdicts};
use crate::georef::geodesic_distance_m;
use crate::returns::judge::ground::find_number;
use crate::returns::judge::{Judged, Rules, judge, photo_position};
use crate::returns::{Fault, ReturnFile, ReturnFormat, Returned};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A plot without a lead nearer than so many metres to another place may be the same: two phones and
/// the width of a plot lie between them.
const SAME_PLOT_M: f64 = 25.0;

/// A plan while it is made.
pub(super) struct Making<'a> {
    facts: &'a CampaignFacts,
    stock: &'a Stock<'a>,
    hashes: &'a Hashes,
    plan: Plan,
    by_key: HashMap<String, Vec<usize>>,
    by_content: HashMap<String, usize>,
    contents: Vec<String>,
    known_photos: BTreeSet<(String, String)>,
    known_rejects: BTreeSet<String>,
    /// Highest number of a plot without a lead, by what stands before it.
    finds: BTreeMap<String, u32>,
    /// Sites that new answers are of, or whose answers were taken back.
    touched: BTreeSet<String>,
    /// Rejected rows and photos that no good answer has come in for.
    rejects_waiting: Waiting,
    photos_waiting: Waiting,
    /// The answer that counts for each site, where a folder of photos asks for it.
    counting: HashMap<String, String>,
}

impl<'a> Making<'a> {
    pub(super) fn new(facts: &'a CampaignFacts, stock: &'a Stock<'_>, hashes: &'a Hashes) -> Self {
        let mut making = Self {
            facts,
            stock,
            hashes,
            plan: Plan::default(),
            by_key: HashMap::new(),
            by_content: HashMap::new(),
            contents: Vec::new(),
            known_photos: stock.photos.clone(),
            known_rejects: stock.rejected.iter().map(|r| r.reject_id.clone()).collect(),
            finds: BTreeMap::new(),
            touched: BTreeSet::new(),
            rejects_waiting: Waiting::default(),
            photos_waiting: Waiting::default(),
            counting: HashMap::new(),
        };
        for row in stock.rejected.iter().filter(|r| r.settled_by.is_empty()) {
            making
                .rejects_waiting
                .add(&row.site_id, &row.checker, Waiter::Stored(row.fid));
        }
        for (fid, site_id) in &stock.photos_alone {
            making.photos_waiting.add(site_id, "", Waiter::Stored(*fid));
        }
        for check in &stock.checks {
            if let (Some(number), Some((head, _))) =
                (find_number(&check.site_id), check.site_id.rsplit_once("-F"))
            {
                let highest = making.finds.entry(head.to_owned()).or_default();
                *highest = number.max(*highest);
            }
            making.push(check.clone(), keys::content(check));
        }
        making.plan.had = stock.checks.len();
        making
    }

    fn push(&mut self, check: Check, content: String) {
        let at = self.plan.checks.len();
        self.by_key
            .entry(keys::base(&check.check_id).to_owned())
            .or_default()
            .push(at);
        self.by_content.entry(content.clone()).or_insert(at);
        self.contents.push(content);
        self.plan.checks.push(check);
    }

    pub(super) fn file(&mut self, file: &ReturnFile, rules: &Rules<'_>) -> Result<()> {
        let mut report = FileReport {
            file: file.path.display().to_string(),
            format: file.format.name().into(),
            sha256: file.sha256.clone(),
            rows: file.rows.len(),
            notes: file.notes.clone(),
            ..FileReport::default()
        };
        let before = (self.plan.photos.len(), self.plan.rejects.len());
        if file.format == ReturnFormat::Photos {
            self.counting = counting(&self.plan.checks);
        }
        for row in &file.rows {
            if file.format == ReturnFormat::Photos {
                self.photo_row(file, row, rules, &mut report);
                continue;
            }
            match judge(row, file.format, rules) {
                Judged::Blank => report.blank += 1,
                Judged::Bad { site_id, faults } => {
                    self.reject(file, row, site_id, faults, &mut report);
                }
                Judged::Good {
                    check,
                    is_find,
                    notes,
                } => {
                    let all = row.notes.iter().chain(&notes);
                    report
                        .notes
                        .extend(all.map(|note| format!("{}: {note}", row.place)));
                    let find = is_find.then_some(rules);
                    self.answer(file, row, *check, find, &mut report)?;
                }
            }
        }
        let is_new =
            report.taken > 0 || before != (self.plan.photos.len(), self.plan.rejects.len());
        if is_new {
            self.note_file(file, &report);
        }
        self.plan.report.files.push(report);
        Ok(())
    }

    fn note_file(&mut self, file: &ReturnFile, report: &FileReport) {
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let before = self.stock.files.get(&file.sha256);
        // What the file gave when it was read before counts as taken, not as known.
        let earlier = before
            .map_or(0, |(_, taken)| *taken)
            .min(whole(report.known));
        self.plan.files.push(FileRow {
            fid: before.map(|(fid, _)| *fid),
            source: source(file),
            path: std::path::absolute(&file.path)
                .unwrap_or_else(|_| file.path.clone())
                .display()
                .to_string(),
            sha256: file.sha256.clone(),
            format: file.format.name(),
            counts: [
                whole(report.rows),
                whole(report.taken) + earlier,
                whole(report.known) - earlier,
                whole(report.blank),
                whole(report.rejected),
            ],
        });
    }

    /// A good answer: new, or there already.
    fn answer(
        &mut self,
        file: &ReturnFile,
        row: &Returned,
        mut check: Check,
        find: Option<&Rules<'_>>,
        report: &mut FileReport,
    ) -> Result<()> {
        let content = keys::content(&check);
        let versions = match row.key.as_str() {
            "" => Vec::new(),
            key => self
                .by_key
                .get(keys::base(key))
                .cloned()
                .unwrap_or_default(),
        };
        let same_version = versions
            .iter()
            .copied()
            .find(|&at| self.contents[at] == content);
        if let Some(at) = same_version.or_else(|| self.by_content.get(&content).copied()) {
            let (site_id, check_id) = {
                let known = &self.plan.checks[at];
                (known.site_id.clone(), known.check_id.clone())
            };
            if self.plan.checks[at].state == WITHDRAWN {
                report.notes.push(format!(
                    "{}: says what `{check_id}` said, which does not count any more: it was corrected or taken back",
                    row.place
                ));
            }
            self.add_photos(row, &site_id, &check_id);
            report.known += 1;
            return Ok(());
        }
        if let Some(rules) = find {
            check.site_id = match versions.last() {
                Some(&at) => self.plan.checks[at].site_id.clone(),
                None => self.find_id(&check)?,
            };
            if check.site_id.starts_with(&self.facts.outside_code()) {
                check.add_flag("outside of every village");
            }
            if let Some((metres, other)) = self.nearest(&check, rules) {
                check.add_flag(&format!(
                    "{metres:.0} m from `{other}`: perhaps the same plot"
                ));
            }
        }
        check.check_id = match (row.key.as_str(), versions.len()) {
            ("", _) => keys::check_id(self.facts, &content),
            (key, 0) => key.to_owned(),
            (key, count) => {
                self.correct(&versions, &mut check, file.format);
                format!("{}#{}", keys::base(key), count + 1)
            }
        };
        check.state = COUNTED.into();
        check.source = source(file);
        check.source_sha256.clone_from(&file.sha256);
        check.place.clone_from(&row.place);
        self.add_photos(row, &check.site_id, &check.check_id);
        self.settle_rejects(&check);
        self.touched.insert(check.site_id.clone());
        self.push(check, content);
        report.taken += 1;
        Ok(())
    }

    /// An answer that came once more with other content takes the place of what the same person said
    /// before of the same site; what somebody else said on a copy of the form stands beside it. Where
    /// nobody is named, only the key of a submission says that it is the same: a pack that two phones
    /// carry has the same keys on both.
    fn correct(&mut self, versions: &[usize], check: &mut Check, format: ReturnFormat) {
        let is_submission = matches!(format, ReturnFormat::Odk | ReturnFormat::Kobo);
        for &at in versions {
            let earlier = &mut self.plan.checks[at];
            let is_somebody_named = !earlier.checker.is_empty() && !check.checker.is_empty();
            let is_same_person = if is_somebody_named {
                earlier.checker == check.checker
            } else {
                is_submission
            };
            let is_same_site = earlier.site_id == check.site_id;
            if earlier.state != COUNTED || !is_same_person || !is_same_site {
                continue;
            }
            WITHDRAWN.clone_into(&mut earlier.state);
            check.add_flag(&format!("corrects {}", earlier.check_id));
            self.touched.insert(earlier.site_id.clone());
            self.plan.changed.insert(at);
        }
    }

    /// The number of a plot without a lead: the next of its village.
    fn find_id(&mut self, check: &Check) -> Result<String> {
        let village = match check.point {
            Some(point) => self.stock.village(point, self.facts)?,
            None => self.facts.outside_code(),
        };
        let head = format!("{village}-{}", self.facts.label());
        let number = self.finds.entry(head.clone()).or_default();
        *number += 1;
        Ok(format!("{head}-F{number:03}"))
    }

    /// The nearest other place to a plot without a lead, with the metres between them, where it may be
    /// the same plot: another find, else a place that was given out or found.
    fn nearest(&self, check: &Check, rules: &Rules<'_>) -> Option<(f64, String)> {
        let point = check.point?;
        let finds = self.plan.checks.iter().filter(|other| {
            let is_other = other.site_id != check.site_id && other.state == COUNTED;
            is_other && find_number(&other.site_id).is_some()
        });
        let finds = finds.filter_map(|other| {
            let there = other.point?;
            let metres = geodesic_distance_m((point.x(), point.y()), (there.x(), there.y()));
            (metres <= SAME_PLOT_M).then(|| (metres, other.site_id.clone()))
        });
        let place = rules.ground.nearest(point, SAME_PLOT_M);
        let place = place.filter(|(_, place)| place.site_id != check.site_id);
        finds
            .chain(place.map(|(metres, place)| (metres, place.site_id.clone())))
            .min_by(|a, b| a.0.total_cmp(&b.0))
    }

    fn add_photos(&mut self, row: &Returned, site_id: &str, check_id: &str) -> usize {
        let mut count = 0;
        for photo in &row.photos {
            let Some(photo) = self.hashes.photo(photo, site_id, check_id) else {
                continue;
            };
            if self
                .known_photos
                .insert((site_id.to_owned(), photo.sha256.clone()))
            {
                if check_id.is_empty() {
                    self.photos_waiting
                        .add(site_id, "", Waiter::New(self.plan.photos.len()));
                }
                self.plan.photos.push(photo);
                count += 1;
            }
        }
        count
    }

    /// A good answer settles what could not be taken for its site before, and gets photos that waited.
    fn settle_rejects(&mut self, check: &Check) {
        for row in self.rejects_waiting.take(&check.site_id, &check.checker) {
            match row {
                Waiter::Stored(fid) => self.plan.settled.push((fid, check.check_id.clone())),
                Waiter::New(at) => self.plan.rejects[at].settled_by.clone_from(&check.check_id),
            }
        }
        for row in self.photos_waiting.take(&check.site_id, "") {
            match row {
                Waiter::Stored(fid) => self.plan.photo_checks.push((fid, check.check_id.clone())),
                Waiter::New(at) => self.plan.photos[at].check_id.clone_from(&check.check_id),
            }
        }
    }

    /// Photos that lie in a folder for a site.
    fn photo_row(
        &mut self,
        file: &ReturnFile,
        row: &Returned,
        rules: &Rules<'_>,
        report: &mut FileReport,
    ) {
        let text = |name: &'static str| {
            let written = row.answers.get(name);
            written.map_or(("", name), |w| (w.text.as_str(), w.cell.as_str()))
        };
        let (site, code) = (text("site_id"), text("code"));
        if row.faults.is_empty() && row.photos.is_empty() {
            report.blank += 1;
            return;
        }
        let mut faults = row.faults.clone();
        let found = if site.0.is_empty() && code.0.is_empty() {
            let reason = "names no site, wanted the short code or the number of one in its name or its folder's";
            Err(Fault {
                cell: row.place.clone(),
                reason: reason.into(),
            })
        } else {
            rules.ground.find(site, code).map(|(place, _)| {
                let (wrong, known) = photo_position(row, place, rules);
                faults.extend(wrong);
                report
                    .notes
                    .extend(known.iter().map(|note| format!("{}: {note}", row.place)));
                place.site_id.clone()
            })
        };
        match found {
            Ok(site_id) if faults.is_empty() => {
                let check_id = self.counting.get(&site_id).cloned().unwrap_or_default();
                report.notes.extend(
                    row.notes
                        .iter()
                        .map(|note| format!("{}: {note}", row.place)),
                );
                if self.add_photos(row, &site_id, &check_id) > 0 {
                    report.taken += 1;
                } else {
                    report.known += 1;
                }
            }
            Ok(site_id) => self.reject(file, row, site_id, faults, report),
            Err(fault) => {
                faults.push(fault);
                self.reject(file, row, site.0.to_owned(), faults, report);
            }
        }
    }

    fn reject(
        &mut self,
        file: &ReturnFile,
        row: &Returned,
        site_id: String,
        faults: Vec<Fault>,
        report: &mut FileReport,
    ) {
        report.rejected += 1;
        let reject_id = keys::reject_id(file.format.name(), row);
        if self.known_rejects.insert(reject_id.clone()) {
            let joined =
                |part: fn(&Fault) -> &str| faults.iter().map(part).collect::<Vec<_>>().join("; ");
            let whole = row.whole();
            self.rejects_waiting.add(
                &site_id,
                &checker_of(&whole),
                Waiter::New(self.plan.rejects.len()),
            );
            self.plan.rejects.push(NewReject {
                reject_id,
                site_id: site_id.clone(),
                source: source(file),
                source_sha256: file.sha256.clone(),
                place: row.place.clone(),
                cell: joined(|f| &f.cell),
                reason: joined(|f| &f.reason),
                raw: serde_json::Value::Object(whole).to_string(),
                settled_by: String::new(),
            });
        }
        report.bad_rows.push(RejectedRow {
            place: row.place.clone(),
            site_id,
            faults,
            row: row.clone(),
        });
    }

    pub(super) fn finish(mut self) -> Plan {
        let (changed, conflicts) = conflicts::settle(&mut self.plan.checks, &self.touched);
        let had = self.plan.had;
        self.plan
            .changed
            .extend(changed.into_iter().filter(|&at| at < had));
        let plan = &mut self.plan;
        plan.report.conflicts = conflicts;
        plan.report.photos = plan.photos.len();
        let settled_now = plan
            .rejects
            .iter()
            .filter(|r| !r.settled_by.is_empty())
            .count();
        plan.report.settled = plan.settled.len() + settled_now;
        plan.report.changed = plan.checks.len() > had
            || !(plan.photos.is_empty() && plan.rejects.is_empty() && plan.changed.is_empty());
        self.plan
    }
}

/// The number of the answer that counts for each site.
fn counting(checks: &[Check]) -> HashMap<String, String> {
    let all = verdicts(checks, []).into_iter();
    all.filter_map(|(site, verdict)| {
        Some((site.to_owned(), checks[verdict.check?].check_id.clone()))
    })
    .collect()
}

/// The name of a file.
fn source(file: &ReturnFile) -> String {
    let name = file.path.file_name().unwrap_or(file.path.as_os_str());
    name.to_string_lossy().into_owned()
}
