//! A `PostgreSQL` server with PostGIS for tests: in a temporary folder, on a socket that only this
//! machine reaches, gone when the last test lets go of it.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A server that several tests share.
pub(crate) struct PostGis {
    programs: PathBuf,
    folder: TempDir,
    server: Child,
    schemas: AtomicU32,
}

/// The account of a role that must show its password.
pub(crate) const GUARDED: &str = "user=guarded password=open-sesame";

impl PostGis {
    /// The server that runs, or a new one. Where the programs are not installed the test is skipped
    /// and told so, and fails where `TIANMU_REQUIRE_POSTGIS=1`.
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    pub(crate) fn shared() -> Option<Arc<Self>> {
        static SERVER: Mutex<Weak<PostGis>> = Mutex::new(Weak::new());
        let mut server = SERVER.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = server.upgrade() {
            return Some(running);
        }
        let Some(programs) = programs() else {
            let required = std::env::var_os("TIANMU_REQUIRE_POSTGIS").is_some_and(|v| v == "1");
            assert!(!required, "PostgreSQL and PostGIS are required");
            eprintln!("skipped: PostgreSQL with PostGIS is not installed");
            return None;
        };
        let started = Arc::new(Self::start(programs));
        *server = Arc::downgrade(&started);
        Some(started)
    }

    fn start(programs: PathBuf) -> Self {
        // The path of a socket has at most 107 bytes.
        let folder = tempfile::Builder::new()
            .prefix("pg")
            .tempdir_in("/tmp")
            .unwrap();
        if is_root() {
            // PostgreSQL refuses to run as root.
            let owner = Command::new("chown")
                .arg("postgres")
                .arg(folder.path())
                .status()
                .unwrap();
            assert!(owner.success());
        }
        let data = folder.path().join("data");
        let made = as_owner(&programs.join("initdb"))
            .args(["--no-sync", "-U", "postgres", "-A", "trust", "-E", "UTF8"])
            .args(["--locale=C", "-D"])
            .arg(&data)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        let rules = "local all guarded scram-sha-256\nlocal all all trust\n";
        fs_err::write(data.join("pg_hba.conf"), rules).unwrap();
        let log = fs_err::File::create(folder.path().join("log")).unwrap();
        let server = as_owner(&programs.join("postgres"))
            .arg("-D")
            .arg(&data)
            .arg("-k")
            .arg(folder.path())
            .args(["-h", "", "-F", "-c", "max_connections=50"])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.into_parts().0)
            .spawn()
            .unwrap();
        let started = Self {
            programs,
            folder,
            server,
            schemas: AtomicU32::new(0),
        };
        started.wait_until_it_answers();
        started.sql("CREATE EXTENSION postgis");
        started.sql("CREATE ROLE guarded LOGIN PASSWORD 'open-sesame'");
        started
    }

    fn wait_until_it_answers(&self) {
        let start = Instant::now();
        while !self.psql("SELECT 1").status.success() {
            let log = fs_err::read_to_string(self.folder.path().join("log")).unwrap();
            assert!(start.elapsed() < Duration::from_mins(1), "{log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// A connection string with this account and these further words.
    pub(crate) fn connection(&self, account: &str, more: &str) -> String {
        let folder = self.folder.path().display();
        format!("PG:host={folder} dbname=postgres {account} {more}")
    }

    /// A connection string with a schema that no test had before.
    pub(crate) fn place(&self) -> String {
        let number = self.schemas.fetch_add(1, Ordering::Relaxed);
        self.connection("user=postgres", &format!("active_schema=Lage_{number}"))
    }

    /// What a statement gives, one line a row.
    pub(crate) fn sql(&self, sql: &str) -> String {
        let done = self.psql(sql);
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{sql}: {said}");
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    fn psql(&self, sql: &str) -> Output {
        Command::new(self.programs.join("psql"))
            .arg("-h")
            .arg(self.folder.path())
            .args(["-U", "postgres", "-d", "postgres", "-X", "-q", "-A", "-t"])
            .args(["-v", "ON_ERROR_STOP=1", "-c", sql])
            .output()
            .unwrap()
    }
}

impl Drop for PostGis {
    fn drop(&mut self) {
        // Its own way to stop at once; a server that was killed would leave shared memory behind.
        let number = self.server.id().to_string();
        let _ = Command::new("kill").args(["-QUIT", &number]).status();
        let _ = self.server.wait();
    }
}

/// Where the programs of the newest server with PostGIS are.
fn programs() -> Option<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = glob::glob("/usr/lib/postgresql/*/bin")
        .unwrap()
        .flatten()
        .filter(|folder| {
            ["initdb", "postgres", "psql"]
                .iter()
                .all(|p| folder.join(p).is_file())
        })
        .filter_map(|folder| {
            let version = folder.parent()?.file_name()?.to_str()?.parse().ok()?;
            let control = format!("/usr/share/postgresql/{version}/extension/postgis.control");
            Path::new(&control).is_file().then_some((version, folder))
        })
        .collect();
    found.sort();
    found.pop().map(|(_, folder)| folder)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

fn as_owner(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    command.arg(program);
    command
}
