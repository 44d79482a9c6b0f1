//! The core: bounds contributions, accumulates, applies a privacy mechanism, keeps the budget, releases.
