//! A connected component of equal cells: what it holds and in which order components stand.

/// A cell of the grid. Orders row by row, left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cell {
    /// Row, from 0 at the top.
    pub row: u32,
    /// Column, from 0 at the left.
    pub col: u32,
}

/// A corner of the cell lattice: the top left corner of cell (`row` = `y`, `col` = `x`).
/// Orders row by row, left to right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vertex {
    /// Rows from the top edge of the grid, downwards.
    pub y: u32,
    /// Columns from the left edge of the grid, rightwards.
    pub x: u32,
}

/// A closed chain of lattice vertices; the closing vertex is not repeated. See
/// [`Component::rings`].
pub type Ring = Vec<Vertex>;

/// The smallest and largest rows and columns of a component, all inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellBounds {
    /// First row.
    pub min_row: u32,
    /// Last row.
    pub max_row: u32,
    /// First column.
    pub min_col: u32,
    /// Last column.
    pub max_col: u32,
}

impl CellBounds {
    /// The bounds of both together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self {
            min_row: self.min_row.min(other.min_row),
            max_row: self.max_row.max(other.max_row),
            min_col: self.min_col.min(other.min_col),
            max_col: self.max_col.max(other.max_col),
        }
    }
}

/// All cells of one class that hang together by shared edges (4-connectivity).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Component {
    /// Class of every cell, never 0.
    pub class: u8,
    /// Number of cells.
    pub cells: u64,
    /// Largest probability of `class` in a cell, in 1/65535.
    pub score_max: u16,
    /// Number of cells whose probability of `class` makes a site by itself; the others only
    /// belong to its outline.
    pub sure: u64,
    /// `[class]`, background included: sum over the cells of the class's probability, in 1/65535.
    pub evidence: Vec<u64>,
    /// First cell in row-major order. No two components of a layer of labels share it.
    pub first: Cell,
    /// Rows and columns covered.
    pub bounds: CellBounds,
    /// The boundary, exact: the exterior, then the holes by their first vertex. Each ring starts
    /// at its first vertex in row-major order and names only the corners where it turns, so
    /// that horizontal and vertical edges alternate. The component lies to the **left** as one
    /// walks: on the screen (`y` downwards) and on a north-up map the exterior runs
    /// counter-clockwise and the holes clockwise. (The shoelace sum is therefore negative for
    /// the exterior in lattice coordinates, and positive after `y` is flipped.)
    pub rings: Vec<Ring>,
    /// Corners, in order, where a cell of this component meets a cell of the same class only
    /// diagonally, be it of this component (two of its rings touch there) or of another one.
    pub touches: Vec<Vertex>,
}

/// Brings components into canonical order: by first cell, row by row; those of several
/// layers of labels that share it, by class.
pub fn sort_components(components: &mut [Component]) {
    components.sort_unstable_by_key(|component| (component.first, component.class));
}
