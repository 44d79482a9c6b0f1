//! The simulated client: activities and time in, uploads out, as its policy says.
