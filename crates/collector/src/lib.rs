//! Decides what one region does with each batch: admit, refuse, store, hand on.
