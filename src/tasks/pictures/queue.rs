//! Many pictures on several threads, each with its own handle on a scene.

use super::{Cut, OpenScene, Pictures, Wanted};
use crate::pipeline::panic_text;
use crate::{Error, Result};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// Pictures of one scene that a thread cuts in a row: opening a scene takes as long as some.
const TOGETHER: usize = 16;

/// Cuts pictures and gives what became of them in the order of `wanted`.
pub(super) fn cut_all(
    pictures: &Pictures,
    wanted: &[Wanted],
    workers: usize,
    interrupted: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Cut>> {
    let shares = shares(wanted);
    let next = AtomicUsize::new(0);
    let is_over = AtomicBool::new(false);
    let work = || -> Result<Vec<(usize, Cut)>> {
        let mut done = Vec::new();
        let mut open = None;
        while let Some(share) = shares.get(next.fetch_add(1, Ordering::Relaxed)) {
            for &index in share {
                if is_over.load(Ordering::Relaxed) || interrupted() {
                    return Err(Error::Interrupted);
                }
                done.push((index, cut(pictures, &wanted[index], &mut open)?));
            }
        }
        Ok(done)
    };
    let ended = |result: Result<Vec<(usize, Cut)>>| {
        if result.is_err() {
            is_over.store(true, Ordering::Relaxed);
        }
        result
    };
    let results: Vec<Result<Vec<(usize, Cut)>>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..workers.clamp(1, shares.len().max(1)))
            .map(|_| scope.spawn(|| ended(work())))
            .collect();
        let joined = threads.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|panic| {
                is_over.store(true, Ordering::Relaxed);
                Err(Error::Internal(panic_text(&*panic)))
            })
        });
        joined.collect()
    });
    let mut cuts: Vec<Option<Cut>> = wanted.iter().map(|_| None).collect();
    let mut first_error = None;
    for result in results {
        match result {
            Ok(done) => done.into_iter().for_each(|(at, cut)| cuts[at] = Some(cut)),
            // Threads that stop for another's error say that they were interrupted.
            Err(Error::Interrupted) => first_error = first_error.or(Some(Error::Interrupted)),
            Err(error) => first_error = Some(error),
        }
    }
    if let Some(error) = first_error {
        return Err(error);
    }
    let all: Option<Vec<Cut>> = cuts.into_iter().collect();
    all.ok_or_else(|| Error::Internal("a picture was not cut".into()))
}

/// Places in `wanted` by scene, north to south so that neighbours share decoded blocks, a few
/// together.
fn shares(wanted: &[Wanted]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&wanted[*a], &wanted[*b]);
        let north = b.point.y().total_cmp(&a.point.y());
        a.scene.cmp(&b.scene).then(north)
    });
    order
        .chunk_by(|a, b| wanted[*a].scene == wanted[*b].scene)
        .flat_map(|of_scene| of_scene.chunks(TOGETHER))
        .map(<[usize]>::to_vec)
        .collect()
}

/// Cuts one picture, from the scene that this thread has open if it is the same.
fn cut(
    pictures: &Pictures,
    wanted: &Wanted,
    open: &mut Option<(usize, Result<OpenScene, super::Missing>)>,
) -> Result<Cut> {
    if open
        .as_ref()
        .is_none_or(|(scene, _)| *scene != wanted.scene)
    {
        *open = Some((wanted.scene, pictures.open(wanted.scene)?));
    }
    match open {
        Some((_, Ok(scene))) => pictures.cut(scene, wanted),
        Some((_, Err(missing))) => Ok(Cut::Missing(missing.clone())),
        None => Err(Error::Internal("no scene is open".into())),
    }
}
