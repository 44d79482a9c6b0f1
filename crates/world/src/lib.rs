//! Plays a scenario: clock, network weather, tap, twins, crowds, and the score.
