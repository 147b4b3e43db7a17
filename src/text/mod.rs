//! Everything that measures, cuts or inflects text.
