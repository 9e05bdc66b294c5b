//! Exports as ODK Central and `KoBo` write them, and as people change them afterwards.

use super::*;
use std::path::PathBuf;

struct Export {
    folder: tempfile::TempDir,
}

impl Export {
    fn of(text: impl AsRef<[u8]>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs_err::write(folder.path().join("form.csv"), text).unwrap();
        Self { folder }
    }

    fn with(self, name: &str) -> Self {
        let path = self.folder.path().join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, b"\xff\xd8\xff\xd9").unwrap();
        self
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("form.csv")
    }

    fn read(&self) -> ReturnFile {
        read(&self.path()).unwrap()
    }

    fn refused(&self) -> String {
        read(&self.path()).unwrap_err().to_string()
    }
}

fn answers(row: &Returned) -> Vec<(&str, &str)> {
    row.answers
        .iter()
        .map(|(n, w)| (*n, w.text.as_str()))
        .collect()
}

const CENTRAL: &str = "SubmissionDate,start,end,deviceid,lead_note,site_id,visit-checker,\
visit-gps-Latitude,visit-gps-Longitude,visit-gps-Altitude,visit-gps-Accuracy,visit-outcome,\
visit-plot,area_m2,photo_ctx,photo_near,note,meta-instanceID,KEY,ReviewState,Status\n\
2026-05-04T03:00:00.123Z,2026-05-04T10:20:00.000+08:00,2026-05-04T10:31:00.000+08:00,d,,\
990101101201-2026R1-0007,甲,24.7548,101.6367,1800.2,4.5,confirmed,\
24.75 101.63 0 0;24.7501 101.63 0 0;24.7501 101.6301 0 0;24.75 101.6301 0 0;24.75 101.63 0 0,,\
1.jpg,2.jpg,\"一\n二\",uuid:a,uuid:b,rejected,\n";

#[test]
fn central_writes_names_with_their_groups() {
    let export = Export::of(CENTRAL).with("media/1.jpg");
    let file = export.read();
    assert_eq!(file.format, ReturnFormat::Odk);
    assert_eq!(file.sha256, crate::digest::hash_of(CENTRAL));
    assert!(file.notes.is_empty(), "{:?}", file.notes);
    let [row] = file.rows.as_slice() else {
        panic!()
    };
    assert_eq!((row.place.as_str(), row.key.as_str()), ("row 2", "uuid:b"));
    assert_eq!(
        answers(row),
        [
            ("area_m2", "112"),
            ("checked_at", "2026-05-04T10:31:00.000+08:00"),
            ("checker", "甲"),
            ("gps_accuracy_m", "4.5"),
            ("lat", "24.7548"),
            ("lon", "101.6367"),
            ("note", "一\n二"),
            ("outcome", "confirmed"),
            (
                "plot",
                "POLYGON ((101.63 24.75, 101.63 24.7501, 101.6301 24.7501, 101.6301 24.75, 101.63 24.75))"
            ),
            ("site_id", "990101101201-2026R1-0007"),
        ]
    );
    assert_eq!(row.answers["outcome"].cell, "visit-outcome");
    assert_eq!(row.answers["area_m2"].cell, "visit-plot");
    let [ctx, near] = row.photos.as_slice() else {
        panic!()
    };
    assert_eq!(ctx.path, Some(export.folder.path().join("media/1.jpg")));
    assert_eq!(
        (near.kind.as_str(), near.name.as_str()),
        ("photo_near", "2.jpg")
    );
    assert_eq!(near.path, None);
    assert_eq!(row.notes.len(), 2, "{:?}", row.notes);
    assert!(row.notes[0].contains("112 m2") && row.notes[1].contains("`rejected`"));
    assert_eq!(row.raw["ReviewState"], "rejected");
    assert_eq!(row.raw.len(), 21);
}

#[test]
fn kobo_writes_labels_and_semicolons() {
    let header = "start;end;选择疑似点;核查/核查人;现场定位;_现场定位_latitude;_现场定位_longitude;\
                  _现场定位_altitude;_现场定位_precision;核查结果;各样方株数，如 12;9;15;全景照片;\
                  全景照片_URL;_id;_uuid;_submission_time;_validation_status;_index";
    // The label with semicolons is quoted, as every program does.
    let header = header.replace("各样方株数，如 12;9;15", "\"各样方株数，如 12;9;15\"");
    let row = ";;101201-07 石门村 A;乙;24.7 101.6 0 3;24.7;101.6;0;3;确认;\"12;9;15\";9.jpg;https://k/9.jpg;5;\
               ab-1;2026-05-04T02:31:00;Not Approved;1";
    let text = format!("{header}\n{row}\n");
    for bytes in [
        text.as_bytes().to_vec(),
        [&b"\xef\xbb\xbf"[..], text.as_bytes()].concat(),
        encoding_rs::GB18030.encode(&text).0.into_owned(),
    ] {
        let export = Export::of(bytes).with("user/9.JPG");
        let file = export.read();
        assert_eq!(file.format, ReturnFormat::Kobo);
        let [row] = file.rows.as_slice() else {
            panic!()
        };
        assert_eq!(row.key, "ab-1");
        assert_eq!(
            answers(row),
            [
                ("checked_at", "2026-05-04T02:31:00Z"),
                ("checker", "乙"),
                ("code", "101201-07"),
                ("gps_accuracy_m", "3"),
                ("lat", "24.7"),
                ("lon", "101.6"),
                ("outcome", "确认"),
                ("quadrat_counts", "12;9;15"),
            ]
        );
        assert_eq!(row.photos.len(), 1);
        assert!(row.photos[0].path.is_some());
        assert_eq!(row.notes.len(), 3, "{:?}", row.notes);
    }
}

#[test]
fn a_position_may_be_text() {
    let read = |gps: &str| {
        let text = format!("KEY,instanceID,outcome,gps\n1,1,confirmed,{gps}\n");
        Export::of(text).read().rows.remove(0)
    };
    let row = read("24.7548 101.6367 1800 4.9");
    assert_eq!(
        answers(&row)[..3],
        [
            ("gps_accuracy_m", "4.9"),
            ("lat", "24.7548"),
            ("lon", "101.6367")
        ]
    );
    assert_eq!(answers(&read("24.7 101.6")).len(), 3);
    for wrong in ["24.7", "a b", "1 2 3 4 5"] {
        let row = read(wrong);
        assert_eq!(answers(&row), [("outcome", "confirmed")]);
        assert!(row.notes[0].contains(wrong), "{:?}", row.notes);
    }
}

#[test]
fn the_first_of_several_columns_counts_and_none_is_lost() {
    let text = "a/outcome,outcome,b-outcome,start,end,SubmissionDate,plot,,\n\
                false_alarm,confirmed,confirmed,2026-05-04T10:00:00+08:00,,x,1 2;3 4,too,much\n";
    let row = Export::of(text).read().rows.remove(0);
    assert_eq!(
        answers(&row),
        [
            ("checked_at", "2026-05-04T10:00:00+08:00"),
            ("outcome", "confirmed")
        ]
    );
    assert_eq!(row.notes.len(), 2, "{:?}", row.notes);
    assert!(row.notes[0].contains("`a/outcome` says `false_alarm`"));
    assert!(row.notes[1].contains("2 corners"));
    assert_eq!(row.raw["column 9"], "much");
    let briefcase = "KEY,outcome,SubmissionDate\nk,confirmed,\"May 4, 2026 10:31:00 PM\"\n";
    let row = Export::of(briefcase).read().rows.remove(0);
    assert_eq!(row.answers["checked_at"].text, "2026-05-04T22:31:00");
}

#[test]
fn encrypted_submissions_are_never_taken_for_empty_ones() {
    let header = "SubmissionDate,site_id,outcome,KEY,Status\n";
    let secret = "2026-05-04T03:00:00Z,,,uuid:1,not decrypted\n";
    let open = "2026-05-04T03:00:00Z,990101101201-2026R1-0007,confirmed,uuid:2,\n";
    let all = Export::of(format!("{header}{secret}{secret}"));
    assert!(
        all.refused().contains("2 encrypted submissions"),
        "{}",
        all.refused()
    );
    let some = Export::of(format!("{header}{secret}{open}")).read();
    assert_eq!(some.rows.len(), 2);
    assert!(some.rows[0].notes.iter().any(|n| n.contains("encrypted")));
    assert!(
        some.notes[0].contains("1 submissions are encrypted"),
        "{:?}",
        some.notes
    );
}

#[test]
fn what_is_no_export_is_named() {
    let header = |text: &str| text.split(',').map(str::to_owned).collect::<Vec<_>>();
    for (names, wanted) in [
        ("a,_uuid", Some(ReturnFormat::Kobo)),
        ("_id,核查结果,_index", Some(ReturnFormat::Kobo)),
        ("meta/instanceID,_submission_time", Some(ReturnFormat::Kobo)),
        ("\u{feff}SubmissionDate,x", Some(ReturnFormat::Odk)),
        ("x,meta-instanceID", Some(ReturnFormat::Odk)),
        ("visit-outcome,KEY", Some(ReturnFormat::Odk)),
        ("序号 seq,简码 code,疑似点编号 site_id,结果 outcome", None),
        ("key,value", None),
        ("", None),
    ] {
        assert_eq!(is_export(&header(names)), wanted, "{names}");
    }
    let repeat = Export::of("PARENT_KEY,KEY,outcome\na,b,c\n").refused();
    assert!(repeat.contains("repeated group"), "{repeat}");
    let other = Export::of("序号,结果\n1,确认\n").refused();
    assert!(other.contains("its columns are 序号, 结果"), "{other}");
    let empty = Export::of("SubmissionDate,outcome,KEY\n").read();
    assert!(empty.rows.is_empty());
}

proptest::proptest! {
    #[test]
    fn no_export_makes_it_panic(cells in "([ -~]|甲|\u{feff}|\n|[0-9.]|;|T|Z|May 4, 2026){0,200}") {
        let header = "KEY,outcome,gps,plot,end,SubmissionDate,site_id,gps-Latitude,photo_ctx,_uuid\n";
        let export = Export::of(format!("{header}{cells}"));
        let _ = read(&export.path());
        let _ = read(&Export::of(cells).path());
    }
}
