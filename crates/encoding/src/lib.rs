//! What a device does to reports before they leave, and its inverse.
