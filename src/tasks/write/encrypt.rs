//! A whole pack as one file that only a passphrase opens: a ZIP archive within an age file
//! (<https://age-encryption.org/v1>), which the programs `age` and `rage` open.

use super::marks::{create, failed, zip_time};
use crate::Result;
use crate::campaign::manifest::files_below;
use age::scrypt::Recipient;
use age::secrecy::SecretString;
use age::{Encryptor, stream::StreamWriter};
use std::io::{self, Write};
use std::path::Path;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Work of scrypt as the power of two that `age` itself uses: about a second and 256 MiB to try
/// one passphrase.
const WORK_FACTOR: u8 = 18;
/// How hard the archive is compressed: pictures, most of it, are compressed already.
const LEVEL: i64 = 3;
/// From this size on an entry needs the 64-bit form of ZIP.
const LARGE: u64 = 0xF000_0000;

/// Seals every file below `folder` into the new file `target`, under the names they have in the
/// folder and with `date` (`2026-05-04`) as their time. The archive is never in memory as a whole
/// nor on the disk in the clear. Two seals of one folder differ, as each draws its own key.
pub(in crate::tasks) fn seal(
    folder: &Path,
    target: &Path,
    passphrase: &str,
    date: &str,
) -> Result<()> {
    if passphrase.is_empty() {
        return Err(failed(target, "the passphrase is empty"));
    }
    let files = files_below(folder)?;
    let time = zip_time(date)?;
    let file = create(target)?;
    let sealed = encrypted(file, passphrase)
        .and_then(|mut sealed| {
            let mut zip = ZipWriter::new_stream(&mut sealed);
            for (name, path) in &files {
                let mut source = fs_err::File::open(path)?;
                // What is deflated can be read from front to back; what is stored cannot, as
                // its size stands behind it.
                let options = SimpleFileOptions::default()
                    .compression_method(zip::CompressionMethod::Deflated)
                    .compression_level(Some(LEVEL))
                    .last_modified_time(time)
                    .unix_permissions(0o644)
                    .large_file(source.metadata()?.len() >= LARGE);
                zip.start_file(name.as_str(), options)?;
                io::copy(&mut source, &mut zip)?;
            }
            zip.finish()?;
            sealed.finish()
        })
        .and_then(|mut file| file.flush());
    sealed.map_err(|e| {
        // Half a file would open as a damaged one; the first failure is the one that counts.
        let _ = fs_err::remove_file(target);
        failed(target, e)
    })
}

fn encrypted<W: Write>(target: W, passphrase: &str) -> io::Result<StreamWriter<W>> {
    let mut recipient = Recipient::new(SecretString::from(passphrase.to_owned()));
    recipient.set_work_factor(WORK_FACTOR);
    Encryptor::with_recipients(std::iter::once(&recipient as _))
        .map_err(io::Error::other)?
        .wrap_output(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Error;
    use std::io::Read;

    fn open(sealed: &Path, passphrase: &str) -> Result<Vec<u8>, age::DecryptError> {
        let file = io::BufReader::new(fs_err::File::open(sealed).unwrap());
        let identity = age::scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
        let decryptor = age::Decryptor::new_buffered(file)?;
        let mut reader = decryptor.decrypt(std::iter::once(&identity as _))?;
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        Ok(bytes)
    }

    #[test]
    fn what_is_sealed_opens_with_its_passphrase_only() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("pack");
        fs_err::create_dir_all(folder.join("pictures")).unwrap();
        let large = vec![7_u8; 300_000];
        fs_err::write(folder.join("pictures/甲 1.jpg"), &large).unwrap();
        fs_err::write(folder.join("a.txt"), "线索").unwrap();
        let target = dir.path().join("pack.zip.age");
        seal(&folder, &target, "芝麻 open", "2026-05-04").unwrap();
        assert!(matches!(
            seal(&folder, &target, "x", "2026-05-04"),
            Err(Error::WriteOutput { .. })
        ));
        assert!(seal(&folder, &dir.path().join("b"), "", "2026-05-04").is_err());

        assert!(open(&target, "wrong").is_err());
        let bytes = open(&target, "芝麻 open").unwrap();
        let mut archive = zip::ZipArchive::new(io::Cursor::new(bytes)).unwrap();
        let names: Vec<String> = archive
            .file_names()
            .map(|n| n.unwrap().into_owned())
            .collect();
        assert_eq!(names, ["a.txt", "pictures/甲 1.jpg"]);
        let mut inner = archive.by_name("pictures/甲 1.jpg").unwrap();
        assert_eq!(
            inner.last_modified().map(|t| t.to_string()),
            Some("2026-05-04 00:00:00".into())
        );
        let mut seen = Vec::new();
        inner.read_to_end(&mut seen).unwrap();
        assert!(seen == large);
    }
}
