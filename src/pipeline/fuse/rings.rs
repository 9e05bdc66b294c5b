//! Links the horizontal boundary edges of one component into closed rings.
//!
//! Why horizontal edges suffice: on a vertical lattice line the boundary corners, sorted by `y`,
//! alternate between the top and the bottom end of a vertical edge. Pairs of neighbours in that
//! order are the vertical edges.
//!
//! Why the rings are valid: at a corner where two cells of the component meet only diagonally,
//! four boundary edges meet and two ways of linking them exist. We take the one in which a ring
//! turns around a cell of the *background*, so each ring borders one 4-connected region of
//! background. The two component cells are joined by a path of cells elsewhere; with the corner
//! it closes a loop that parts the two background cells (Jordan), so these lie in different
//! regions and the two passes through the corner belong to different rings. Hence no ring meets a
//! corner twice: every ring is simple. Rings share corners but never edges, and two rings share
//! at most one corner, for two would cut the component in parts. That is what a valid polygon is.

use crate::pipeline::fuse::component::{Ring, Vertex};

/// A longest horizontal boundary edge of a component, directed so that the component lies to the
/// left on the screen: leftwards along the top of a cell, rightwards along the bottom.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    /// Lattice row, from the top.
    pub(crate) y: u32,
    /// Lattice column where the edge starts.
    pub(crate) from_x: u32,
    /// Lattice column where it ends.
    pub(crate) to_x: u32,
}

impl Edge {
    /// Along the top of cells, in contrast to along the bottom.
    fn is_top(self) -> bool {
        self.to_x < self.from_x
    }
}

/// One end of an edge. Orders by column, then row; of two edges that meet at a diagonal the one
/// along a top comes first and so gets the vertical edge above, which is the linking around
/// background cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct EdgeEnd {
    x_then_y: u64,
    is_bottom: bool,
    is_arrival: bool,
    edge: u32,
}

/// Room that is used again from component to component.
#[derive(Debug, Default)]
pub(crate) struct RingLinker {
    ends: Vec<EdgeEnd>,
    /// The edge that follows each edge; `u32::MAX` once the edge stands in a ring.
    next: Vec<u32>,
}

impl RingLinker {
    /// The rings made of `edges`, all of them, in canonical form: see
    /// [`crate::pipeline::fuse::Component::rings`].
    pub(crate) fn link(&mut self, edges: &[Edge]) -> Vec<Ring> {
        const DONE: u32 = u32::MAX;
        self.follow_verticals(edges);
        let mut rings = Vec::new();
        for start in 0..edges.len() {
            if self.next[start] == DONE {
                continue;
            }
            let mut ring = Ring::new();
            let mut at = start;
            while self.next[at] != DONE {
                let Edge { y, from_x, to_x } = edges[at];
                ring.extend([Vertex { y, x: from_x }, Vertex { y, x: to_x }]);
                at = std::mem::replace(&mut self.next[at], DONE) as usize;
            }
            let first = (0..ring.len()).min_by_key(|&index| ring[index]);
            ring.rotate_left(first.unwrap_or(0));
            ring.shrink_to_fit();
            rings.push(ring);
        }
        // The exterior holds the first vertex of all; no two rings start at the same vertex,
        // because the cell below and to the right of it belongs to one side of one ring.
        rings.sort_unstable_by_key(|ring| ring[0]);
        rings
    }

    /// Fills `next`: the edge that starts where the vertical edge after each edge arrives.
    fn follow_verticals(&mut self, edges: &[Edge]) {
        self.ends.clear();
        for (edge, index) in edges.iter().zip(0..) {
            let mut push = |x: u32, is_arrival| {
                self.ends.push(EdgeEnd {
                    x_then_y: (u64::from(x) << 32) | u64::from(edge.y),
                    is_bottom: !edge.is_top(),
                    is_arrival,
                    edge: index,
                });
            };
            push(edge.from_x, false);
            push(edge.to_x, true);
        }
        self.ends.sort_unstable();
        self.next.clear();
        self.next.resize(edges.len(), 0);
        for vertical in self.ends.chunks_exact(2) {
            let (one, other) = (vertical[0], vertical[1]);
            debug_assert_ne!(one.is_arrival, other.is_arrival, "edges are directed alike");
            if one.is_arrival {
                self.next[one.edge as usize] = other.edge;
            } else {
                self.next[other.edge as usize] = one.edge;
            }
        }
    }
}
