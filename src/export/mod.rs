//! A drawn buffer as text, ANSI or SVG.
