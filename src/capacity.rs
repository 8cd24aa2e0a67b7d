//! What workers do with jobs that come unevenly: how long the queue gets, how long jobs wait, and
//! how many machines it takes. A simulation, event by event, of what `queue` and `worker` do with a
//! broker; pure functions, and the same numbers for the same seed.
//!
//! ```text
//! Arrivals ─▶ broker: a queue a lane, consumers in turn, a prefetch each
//!                │ delivery
//!                ▼
//!             worker: slots, urgent before the others, suspects alone
//!                │ jobs in work share one engine: the more, the slower each (Curve)
//!                ▼
//!             Outcome: waits, lengths over time, machine-hours
//! ```
//!
//! Left out, because inference takes so much longer: the network, publishing, and what the broker
//! itself costs. Jobs neither fail nor expire.

pub mod arrivals;
mod broker;
pub mod outcome;
mod quantiles;
pub mod random;
mod run;
mod scale;
pub mod scenario;
pub mod service;
mod trace;
mod worker;

#[cfg(test)]
mod theory_tests;

pub use outcome::Outcome;
pub use quantiles::Quantiles;
pub use scenario::{Impossible, Scenario};

/// Plays a scenario to its end: until every job is done, and the time in which jobs come is over.
///
/// # Errors
/// When a number in it cannot be meant, or it has more jobs than are worth simulating.
pub fn simulate(scenario: &Scenario) -> Result<Outcome, Impossible> {
    scenario.check()?;
    Ok(run::run(scenario, scenario.arrivals()?))
}

/// A count as a number to reckon with.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
