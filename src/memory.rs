//! How much memory there is, and how much this process takes, in bytes.

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

/// What other programs and the system leave free, control groups counted; `None` where the
/// system does not tell.
pub(crate) fn available() -> Option<u64> {
    #[cfg(debug_assertions)]
    if let Some(asked) = told_in_a_test() {
        return Some(asked);
    }
    let mut system = System::new();
    system.refresh_memory();
    let free = system.available_memory();
    if system.total_memory() == 0 || free == 0 {
        return None;
    }
    let group = system.cgroup_limits().map(|limits| limits.free_memory);
    Some(group.map_or(free, |group| group.min(free)))
}

/// Memory that a test says is free: a program that is shipped does not ask.
#[cfg(debug_assertions)]
fn told_in_a_test() -> Option<u64> {
    std::env::var("TIANMU_TEST_FREE_MEMORY").ok()?.parse().ok()
}

/// Resident memory of this process; `None` where the system does not tell.
pub(crate) fn resident() -> Option<u64> {
    let own = sysinfo::get_current_pid().ok()?;
    let mut system = System::new();
    let memory = ProcessRefreshKind::nothing().with_memory();
    system.refresh_processes_specifics(ProcessesToUpdate::Some(&[own]), false, memory);
    system.process(own).map(sysinfo::Process::memory)
}

/// How much resident memory has grown since it was `before`.
pub(crate) fn grown_since(before: Option<u64>) -> Option<u64> {
    Some(resident()?.saturating_sub(before?))
}

/// The most resident memory that this process has had; `None` where the system does not tell.
#[must_use]
pub fn peak() -> Option<u64> {
    let status = fs_err::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}
