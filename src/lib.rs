#![doc = include_str!("ARCHITECTURE.md")]

// In reading order: what a job is, how its text is taken apart, how models run,
// how the two meet, and what carries jobs in and results out.
pub mod job;
pub mod text;

pub mod check;
pub mod eval;
pub mod glossary;

pub mod model;
pub mod pipeline;
pub mod report;

pub mod capacity;
mod hash;
pub mod queue;
pub mod shutdown;
pub mod telemetry;
pub mod worker;

pub mod bundle;

pub mod cli;
pub mod config;
