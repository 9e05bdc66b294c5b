//! Disjoint sets (union-find) over small integers.

/// A forest of sets over `0..len`; each element starts alone.
#[derive(Clone, Debug, Default)]
pub(crate) struct DisjointSets {
    parent: Vec<u32>,
}

impl DisjointSets {
    /// `len` sets of one element each.
    pub(crate) fn with_len(len: usize) -> Self {
        let len = u32::try_from(len).expect("fewer than 2^32 elements");
        Self {
            parent: (0..len).collect(),
        }
    }

    /// Adds one element, alone in its set, and returns it.
    pub(crate) fn push(&mut self) -> u32 {
        let element = u32::try_from(self.parent.len()).expect("fewer than 2^32 elements");
        self.parent.push(element);
        element
    }

    /// Makes `element` a set of its own again. Nothing may still point at it.
    pub(crate) fn reset(&mut self, element: u32) {
        self.parent[element as usize] = element;
    }

    /// The element that stands for the set of `element`.
    pub(crate) fn find(&mut self, mut element: u32) -> u32 {
        loop {
            let parent = self.parent[element as usize];
            if parent == element {
                return element;
            }
            let grandparent = self.parent[parent as usize];
            self.parent[element as usize] = grandparent;
            element = grandparent;
        }
    }

    /// Puts the set of root `child` under root `root`, which then stands for both.
    pub(crate) fn hang(&mut self, child: u32, root: u32) {
        self.parent[child as usize] = root;
    }

    /// Unites the sets of two elements; the smaller root stands for both, so that the roots do
    /// not depend on the order of the calls.
    pub(crate) fn unite(&mut self, one: u32, other: u32) {
        let (one, other) = (self.find(one), self.find(other));
        self.hang(one.max(other), one.min(other));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn united_elements_share_the_smallest_root() {
        let mut sets = DisjointSets::with_len(5);
        sets.unite(4, 2);
        sets.unite(2, 3);
        assert_eq!([0, 1, 2, 2, 2], [0, 1, 2, 3, 4].map(|e| sets.find(e)));
        let pushed = sets.push();
        sets.unite(pushed, 0);
        assert_eq!(sets.find(5), 0);
        sets.reset(5);
        assert_eq!(sets.find(5), 5);
    }
}
