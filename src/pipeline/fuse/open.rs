//! Components that still grow: what they gather, how two rows of runs meet, and how they close.

use crate::pipeline::fuse::component::{Cell, CellBounds, Component, Vertex};
use crate::pipeline::fuse::rings::{Edge, RingLinker};
use crate::pipeline::fuse::sets::DisjointSets;

/// Id of a run that belongs to no component yet.
pub(crate) const UNASSIGNED: u32 = u32::MAX;

/// A longest run of one class in a row, with the component it belongs to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LiveRun {
    pub(crate) x0: u32,
    pub(crate) x1: u32,
    pub(crate) class: u8,
    pub(crate) id: u32,
}

/// What is known of a component whose last row may not have been seen.
#[derive(Clone, Debug)]
pub(crate) struct OpenComponent {
    /// Component without rings; its `touches` are neither sorted nor unique.
    body: Component,
    edges: Vec<Edge>,
    /// Last row in which it has a run.
    pub(crate) last_row: u32,
    /// Whether it has a run in the first row of its strip.
    pub(crate) in_first_row: bool,
}

/// The open components of a strip, in slots that are used again.
#[derive(Debug, Default)]
pub(crate) struct OpenComponents {
    sets: DisjointSets,
    /// `None`: closed, or merged into another slot.
    slots: Vec<Option<OpenComponent>>,
    free: Vec<u32>,
    /// Slots merged away that no run of a first row can point at.
    merged: Vec<u32>,
    contact: Contact,
    linker: RingLinker,
}

/// How one run meets the runs of a neighbouring row; used again from run to run.
#[derive(Debug, Default)]
struct Contact {
    /// Components of the runs of the same class that share an edge with it.
    partners: Vec<u32>,
    /// Columns from, to (exclusive) of the stretches that border on something else.
    gaps: Vec<[u32; 2]>,
    /// Ends of the run at which a run of the same class is met only diagonally.
    corners: Vec<u32>,
}

impl Contact {
    /// Meets `run` with `others`, a row above or below; `start` is the first of `others` that can
    /// still matter, and moves on.
    fn meet(&mut self, run: &LiveRun, others: &[LiveRun], start: &mut usize) {
        self.partners.clear();
        self.gaps.clear();
        self.corners.clear();
        while others.get(*start).is_some_and(|other| other.x1 < run.x0) {
            *start += 1;
        }
        let mut bare_from = run.x0;
        for other in &others[*start..] {
            if other.x0 > run.x1 {
                break;
            }
            if other.class != run.class {
                continue;
            }
            if other.x1 == run.x0 || other.x0 == run.x1 {
                self.corners.push(other.x0.max(run.x0));
                continue;
            }
            self.partners.push(other.id);
            if bare_from < other.x0 {
                self.gaps.push([bare_from, other.x0]);
            }
            bare_from = other.x1;
        }
        if bare_from < run.x1 {
            self.gaps.push([bare_from, run.x1]);
        }
    }
}

impl OpenComponents {
    /// Takes over the open components of strips, upper then lower, in their order.
    pub(crate) fn from_open(open: impl Iterator<Item = OpenComponent>) -> Self {
        let slots: Vec<_> = open.map(Some).collect();
        Self {
            sets: DisjointSets::with_len(slots.len()),
            slots,
            ..Self::default()
        }
    }

    /// The component that now holds what was put under `id`.
    pub(crate) fn find(&mut self, id: u32) -> u32 {
        self.sets.find(id)
    }

    /// The open component with root id `root`, unless it is closed.
    pub(crate) fn get_mut(&mut self, root: u32) -> Option<&mut OpenComponent> {
        self.slots[root as usize].as_mut()
    }

    /// A new component of the class of `run`, which stands in `row`; it has no cells yet.
    pub(crate) fn open(&mut self, run: &LiveRun, row: u32, classes: usize) -> u32 {
        let id = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            self.sets.push()
        });
        self.slots[id as usize] = Some(OpenComponent::new(run, row, classes));
        id
    }

    /// Lets two neighbouring rows meet at lattice row `y`: joins the components of runs that
    /// share an edge, adds the horizontal edges between them, and gives the runs below that have
    /// no component the one above, or a new one.
    pub(crate) fn meet_rows(
        &mut self,
        above: &[LiveRun],
        below: &mut [LiveRun],
        y: u32,
        classes: usize,
    ) {
        let mut contact = std::mem::take(&mut self.contact);
        let mut start = 0;
        for run in &mut *below {
            contact.meet(run, above, &mut start);
            for &partner in &contact.partners {
                run.id = self.unite(run.id, partner);
            }
            if run.id == UNASSIGNED {
                run.id = self.open(run, y, classes);
            }
            let edges = contact.gaps.iter().map(|&[from, to]| Edge {
                y,
                from_x: to,
                to_x: from,
            });
            self.outline(run.id, edges, &contact.corners, y);
        }
        start = 0;
        for run in above {
            contact.meet(run, below, &mut start);
            let edges = contact.gaps.iter().map(|&[from, to]| Edge {
                y,
                from_x: from,
                to_x: to,
            });
            self.outline(run.id, edges, &contact.corners, y);
        }
        self.contact = contact;
    }

    fn outline(&mut self, id: u32, edges: impl Iterator<Item = Edge>, corners: &[u32], y: u32) {
        let root = self.find(id);
        let open = self.get_mut(root).expect("a live run is not closed");
        open.edges.extend(edges);
        let touches = corners.iter().map(|&x| Vertex { y, x });
        open.body.touches.extend(touches);
    }

    /// Joins two components, of which the first may be [`UNASSIGNED`], and returns the root.
    fn unite(&mut self, one: u32, other: u32) -> u32 {
        let other = self.find(other);
        if one == UNASSIGNED {
            return other;
        }
        let one = self.find(one);
        if one == other {
            return one;
        }
        // The longer list stays where it is, so that an edge moves at most log n times.
        let edges = |id: u32| {
            self.slots[id as usize]
                .as_ref()
                .map_or(0, |o| o.edges.len())
        };
        let (root, child) = if edges(one) < edges(other) {
            (other, one)
        } else {
            (one, other)
        };
        let lost = self.slots[child as usize].take().expect("roots are live");
        if !lost.in_first_row {
            self.merged.push(child);
        }
        self.sets.hang(child, root);
        let kept = self.get_mut(root).expect("roots are live");
        kept.absorb(lost);
        root
    }

    /// Closes the component with root id `root` and frees its slot, unless that is done.
    pub(crate) fn close(&mut self, root: u32) -> Option<Component> {
        let open = self.slots[root as usize].take()?;
        self.free.push(root);
        Some(open.close(&mut self.linker))
    }

    /// Frees the slots merged away. Live runs must hold root ids by now.
    pub(crate) fn recycle_merged(&mut self) {
        for id in self.merged.drain(..) {
            self.sets.reset(id);
            self.free.push(id);
        }
    }

    /// Closes every component that no run of `rows` belongs to. Returns the open ones, to whose
    /// indexes the ids of the runs are changed, and appends the closed ones to `closed`.
    pub(crate) fn settle(
        mut self,
        rows: [&mut [LiveRun]; 2],
        closed: &mut Vec<Component>,
    ) -> Vec<OpenComponent> {
        let mut open = Vec::new();
        let mut index_of = vec![UNASSIGNED; self.slots.len()];
        for run in rows.into_iter().flatten() {
            let root = self.find(run.id);
            if let Some(component) = self.slots[root as usize].take() {
                index_of[root as usize] =
                    u32::try_from(open.len()).expect("as few as there were ids");
                open.push(component);
            }
            run.id = index_of[root as usize];
        }
        let rest = self.slots.into_iter().flatten();
        closed.extend(rest.map(|component| component.close(&mut self.linker)));
        open
    }
}

/// The highest scores of a run or component.
#[derive(Clone, Copy, Debug)]
pub(super) struct Top {
    /// Largest probability of its class, in 1/65535.
    pub(super) score_max: u16,
    /// Cells that are sure.
    pub(super) sure: u64,
}

impl OpenComponent {
    fn new(run: &LiveRun, row: u32, classes: usize) -> Self {
        let body = Component {
            class: run.class,
            cells: 0,
            score_max: 0,
            sure: 0,
            evidence: vec![0; classes],
            first: Cell { row, col: run.x0 },
            bounds: row_bounds(run, row),
            rings: Vec::new(),
            touches: Vec::new(),
        };
        Self {
            body,
            edges: Vec::new(),
            last_row: row,
            in_first_row: false,
        }
    }

    /// Adds the cells of a run in `row`.
    pub(crate) fn add(&mut self, run: &LiveRun, row: u32, top: Top, evidence: &[u64]) {
        let body = &mut self.body;
        body.cells += u64::from(run.x1 - run.x0);
        body.score_max = body.score_max.max(top.score_max);
        body.sure += top.sure;
        for (sum, addend) in body.evidence.iter_mut().zip(evidence) {
            *sum += addend;
        }
        body.first = body.first.min(Cell { row, col: run.x0 });
        body.bounds = body.bounds.union(row_bounds(run, row));
        self.last_row = row;
    }

    fn absorb(&mut self, other: Self) {
        let (body, gained) = (&mut self.body, other.body);
        body.cells += gained.cells;
        body.score_max = body.score_max.max(gained.score_max);
        body.sure += gained.sure;
        for (sum, addend) in body.evidence.iter_mut().zip(gained.evidence) {
            *sum += addend;
        }
        body.first = body.first.min(gained.first);
        body.bounds = body.bounds.union(gained.bounds);
        body.touches.extend(gained.touches);
        self.edges.extend(other.edges);
        self.last_row = self.last_row.max(other.last_row);
        self.in_first_row |= other.in_first_row;
    }

    fn close(self, linker: &mut RingLinker) -> Component {
        let mut component = self.body;
        component.rings = linker.link(&self.edges);
        component.touches.sort_unstable();
        component.touches.dedup();
        component.touches.shrink_to_fit();
        component
    }
}

fn row_bounds(run: &LiveRun, row: u32) -> CellBounds {
    CellBounds {
        min_row: row,
        max_row: row,
        min_col: run.x0,
        max_col: run.x1 - 1,
    }
}
