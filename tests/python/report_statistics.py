"""Figures of `tianmu report` against scipy and sums of the tables themselves.

Field precision with Wilson's interval, exact upper ends of what was missed, sums of plants with their standard
errors, and counts by village, town, month and outcome, all reckoned anew from the rows of the campaign.
"""

import collections

import numpy as np
from scipy import stats

import common
import report_world

CLOSED = {"confirmed", "false_alarm", "legal_crop", "already_removed", "not_found"}


def close(seen, wanted):
    """Equal to 9 digits, or both missing."""
    if seen is None or wanted is None:
        return seen is wanted
    return abs(seen - wanted) <= 1e-9 * max(1.0, abs(wanted))


def check_share(checks, what, seen, part, whole):
    """A share with scipy's interval."""
    checks.equal((seen["part"], seen["whole"]), (part, whole), f"{what}: counts")
    if whole == 0:
        checks.equal(seen["share"], None, f"{what}: share of nothing")
        return
    ends = stats.binomtest(part, whole).proportion_ci(0.95, method="wilson")
    for key, wanted in (("share", part / whole), ("low", ends.low), ("high", ends.high)):
        checks.that(close(seen[key], wanted), f"{what}: {key}", f"{seen[key]} against {wanted}")


def upper(found, drawn, risk):
    """The exact upper end of a share, one-sided."""
    return 1.0 if found == drawn else stats.beta.ppf(1 - risk, found + 1, drawn - found)


def upper_total(strata, risk):
    """No more than this in strata (size, checked, found)."""
    known = [s for s in strata if s[1] > 0]
    if not known:
        return None
    drawn, found = sum(s[1] for s in known), sum(s[2] for s in known)
    mean = drawn * upper(found, drawn, risk)
    bound = max(s[0] / s[1] for s in known) * mean if found == 0 or mean >= found + 1 else np.inf
    return min(bound, sum(s[0] for s in known))


def check_lots(checks, figures, campaign, verdicts):
    """Strata, what was missed, upper ends."""
    sums = {}
    for kind in ("random", "low"):
        strata = collections.defaultdict(lambda: [0, 0, 0])
        for task in report_world.rows(campaign, f"SELECT * FROM tasks WHERE kind = 'control_{kind}'"):
            stratum = strata[task["stratum"]]
            outcome = verdicts.get(task["site_id"], {}).get("outcome")
            stratum[0] = max(stratum[0], task["stratum_cells"])
            stratum[1] += outcome in CLOSED
            stratum[2] += outcome == "confirmed"
        seen = figures["control"][kind]
        checks.equal({s["stratum"]: [s["cells"], s["checked"], s["found"]] for s in seen["strata"]}, dict(strata), f"strata of {kind}")
        known = [s for s in strata.values() if s[1]]
        missed = sum(n * m / c for n, c, m in known) if known else None
        checks.that(close(seen["missed"], missed), f"{kind}: missed", f"{seen['missed']} against {missed}")
        checks.that(close(seen["missed_upper"], upper_total(strata.values(), 0.05)), f"{kind}: at most")
        if known:
            drawn, found = sum(s[1] for s in known), sum(s[2] for s in known)
            checks.that(close(seen["share_upper"], upper(found, drawn, 0.05)), f"{kind}: exact upper end", seen["share_upper"])
        for stratum in seen["strata"]:
            if stratum["checked"]:
                wanted = upper(stratum["found"], stratum["checked"], 0.05)
                checks.that(close(stratum["share_upper"], wanted), f"{kind} {stratum['stratum']}: exact upper end")
        sums[kind] = (missed, list(strata.values()))
    known = [missed for missed, _ in sums.values() if missed is not None]
    control = figures["control"]
    checks.that(close(control["missed"], sum(known) if known else None), "missed in all")
    risk = 0.025 if len(known) == 2 else 0.05
    uppers = [upper_total(strata, risk) for missed, strata in sums.values() if missed is not None]
    checks.that(close(control["missed_upper"], sum(uppers) if uppers else None), "missed in all at most", control["missed_upper"])
    if known:
        recall = control["true_positives"] / (control["true_positives"] + sum(known))
        checks.that(close(control["recall"], recall), "recall", control["recall"])


def check_sums(checks, what, tally, answers):
    """Outcomes, plants and areas of answers."""
    confirmed = [a for a in answers if a["outcome"] == "confirmed"]
    checks.equal(tally["confirmed"], len(confirmed), f"{what}: confirmed")
    checks.equal(tally["checked"], len(answers), f"{what}: checked")
    plants = [a for a in confirmed if a["plants"] is not None]
    checks.that(close(tally["plants"]["sum"], float(np.sum([a["plants"] for a in plants]))), f"{what}: plants")
    error = np.sqrt(np.sum(np.square([a["plants_se"] or 0.0 for a in plants])))
    checks.that(close(tally["plants"]["standard_error"], error), f"{what}: standard error", tally["plants"]["standard_error"])
    checks.equal(tally["plants"]["without"], len(confirmed) - len(plants), f"{what}: without plants")
    area = float(np.sum([a["area_m2"] for a in confirmed if a["area_m2"] is not None]))
    checks.that(close(tally["measured_m2"]["sum"], area), f"{what}: area")
    checks.that(close(tally["measured_mu"], area * 3 / 2000), f"{what}: mu")
    done = collections.Counter(a["disposal"] or "unsaid" for a in answers if a["outcome"] == "confirmed" or (a["outcome"] == "already_removed" and a["disposal"]))
    checks.equal({k: v for k, v in tally["disposals"].items() if v}, dict(done), f"{what}: disposal")


def main():
    args, checks = common.start("report_statistics", __doc__)
    campaign = report_world.make(args.tianmu, args.work, villages=12, sites=500)
    figures = report_world.report(args.tianmu, campaign, args.work / "report")
    verdicts = report_world.verdicts(campaign)
    sites = {row["site_id"]: row for row in report_world.rows(campaign, "SELECT * FROM sites WHERE status = 'candidate'")}
    tasks = {row["site_id"]: row for row in report_world.rows(campaign, "SELECT * FROM tasks")}

    def kind(site):
        if site in tasks:
            return tasks[site]["kind"]
        return "lead" if site in sites else "find"

    main_list = [c for s, c in verdicts.items() if kind(s) == "lead" and sites[s]["listing"] == "main"]
    for what, seen, chosen in [("precision", figures["precision"]["all"], main_list)] + [
        (f"precision of grade {grade['grade'] or 'none'}", grade, [c for c in main_list if (sites[c["site_id"]]["grade"] or "") == grade["grade"]])
        for grade in figures["precision"]["by_grade"]
    ]:
        whole = [c for c in chosen if c["outcome"] in ("confirmed", "false_alarm", "not_found")]
        check_share(checks, what, seen, sum(c["outcome"] == "confirmed" for c in whole), len(whole))
    check_share(checks, "targets", figures["targets"]["matched"], figures["targets"]["matched"]["part"], len(report_world.rows(campaign, "SELECT * FROM targets")))
    check_lots(checks, figures, campaign, verdicts)

    answers = list(verdicts.values())
    check_sums(checks, "in all", figures["total"], answers)
    checks.equal(figures["total"]["candidates"], len(sites), "candidates")
    leads = collections.Counter(c["outcome"] for s, c in verdicts.items() if kind(s) in ("lead", "control_low"))
    checks.equal({k: v for k, v in figures["total"]["outcomes"].items() if v}, dict(leads), "outcomes of leads")
    given = [s for s, t in tasks.items() if t["assigned_on"]]
    open_ = [s for s in given if verdicts.get(s, {}).get("outcome") not in CLOSED]
    checks.equal((figures["total"]["assigned"], figures["total"]["pending"], figures["total"]["overdue"]), (len(given), len(open_), len(open_)), "work")
    in_time = [s for s in given if s not in set(open_) and verdicts[s]["checked_at"][:10] <= tasks[s]["due"]]
    checks.equal((figures["total"]["closed"], figures["total"]["closed_in_time"]), (len(given) - len(open_), len(in_time)), "closed")
    flagged = report_world.rows(campaign, "SELECT * FROM checks WHERE state != 'withdrawn' AND flag != ''")
    checks.equal(figures["total"]["flagged"], len(flagged), "flagged")
    checks.equal(figures["total"]["rejected"], 5, "rejected")

    def village(site):
        return sites[site]["xzqdm"] if site in sites else tasks[site]["xzqdm"] if site in tasks else site.split("-")[0]

    for name, digits in (("by_village", 12), ("by_town", 9), ("by_county", 6)):
        groups = collections.defaultdict(list)
        for site, check in verdicts.items():
            groups[village(site)[:digits]].append(check)
        for unit in figures[name]:
            check_sums(checks, f"{name} {unit['code']}", unit, groups.pop(unit["code"], []))
        checks.equal(dict(groups), {}, f"{name}: nothing is left over")
    months = collections.defaultdict(list)
    for check in answers:
        months[check["checked_at"][:7]].append(check)
    for period in figures["by_month"]:
        check_sums(checks, f"month {period['period']}", period, months.pop(period["period"], []))
    checks.equal(dict(months), {}, "months: nothing is left over")
    change = figures["change"]
    checks.equal(change["new"] + change["persisting"], len(sites), "new and persisting")
    checks.finish()


if __name__ == "__main__":
    main()
