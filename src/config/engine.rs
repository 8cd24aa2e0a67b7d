//! What the models run on.

use std::num::NonZeroUsize;

use crate::model::device::{self, DeviceChoice};

/// What the models run on.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Engine")]
pub struct EngineArgs {
    /// What to compute on: auto, cpu, cuda, cuda:N or metal. `auto` takes a GPU where this build
    /// can use one
    #[arg(
        long,
        value_name = "DEVICE",
        env = "PRESSLATE_DEVICE",
        hide_env_values = true,
        default_value = "auto"
    )]
    pub device: DeviceChoice,

    /// Threads for computing on the CPU [default: one for each core that the
    /// container or machine allows]
    #[arg(
        long,
        value_name = "N",
        env = "PRESSLATE_THREADS",
        hide_env_values = true
    )]
    pub threads: Option<NonZeroUsize>,

    /// Memory that loaded models may take together, in MiB [default: three quarters of what is free]
    #[arg(
        long,
        value_name = "MIB",
        env = "PRESSLATE_MEMORY_MIB",
        hide_env_values = true
    )]
    pub memory_mib: Option<u64>,

    /// Compute the plain way, in f32 where the weights allow it: slow, for doubts about the fast
    /// one
    #[arg(
        long,
        env = "PRESSLATE_REFERENCE",
        hide_env_values = true,
        value_parser = clap::builder::FalseyValueParser::new()
    )]
    pub reference: bool,
}

/// What the models run on, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineSettings {
    /// The device asked for.
    pub device: DeviceChoice,
    /// Threads for computing on the CPU.
    pub threads: NonZeroUsize,
    /// Memory that loaded models may take together, in MiB; `None` leaves it to the machine.
    pub memory_mib: Option<u64>,
    /// Compute the plain way.
    pub reference: bool,
}

impl From<EngineArgs> for EngineSettings {
    fn from(args: EngineArgs) -> Self {
        // On Linux the first counts the CPU quota of the container, and the second whole cores:
        // two threads on one core only slow each other down.
        let allowed = || {
            std::thread::available_parallelism()
                .unwrap_or(NonZeroUsize::MIN)
                .min(device::threads())
        };
        Self {
            device: args.device,
            threads: args.threads.unwrap_or_else(allowed),
            memory_mib: args.memory_mib,
            reference: args.reference,
        }
    }
}
