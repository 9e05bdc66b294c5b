//! Printable sheets of a field pack: one A4 page a task, one document a village. What a page says
//! is settled once, as plain texts and drawings; PDF and HTML only lay it out.

mod clip;
mod describe;
mod drawing;
mod facts;
mod figure;
mod fit;
mod form;
mod html;
mod legend;
mod map;
#[cfg(feature = "pdf")]
mod pdf;
mod picture;
mod qr;
#[cfg(test)]
mod trial;
mod words;

pub(in crate::tasks) use html::write_html;
#[cfg(feature = "pdf")]
pub(in crate::tasks) use pdf::{Press, write_pdf};
