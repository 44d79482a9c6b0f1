//! Privacy properties for other teams' tests: strategies, clients under test and assertions that print evidence.
