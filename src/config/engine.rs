//! What the models run on.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

/// What the models run on.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Engine")]
pub struct EngineArgs {
    /// What to compute on: auto, cpu, cuda, cuda:N or metal. `auto` takes a GPU where this build
    /// can use one
    #[arg(long, value_name = "DEVICE", env = "PRESSLATE_DEVICE", hide_env_values = true, default_value_t)]
    pub device: DeviceChoice,

    /// Threads for computing on the CPU [default: what the container or machine allows]
    #[arg(long, value_name = "N", env = "PRESSLATE_THREADS", hide_env_values = true)]
    pub threads: Option<NonZeroUsize>,

    /// Memory that loaded models may take together, in MiB [default: three quarters of what there is]
    #[arg(long, value_name = "MIB", env = "PRESSLATE_MEMORY_MIB", hide_env_values = true)]
    pub memory_mib: Option<u64>,
}

/// A device as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The best that this build and machine have.
    #[default]
    Auto,
    /// The processor.
    Cpu,
    /// An NVIDIA GPU, by its number.
    Cuda(usize),
    /// An Apple GPU.
    Metal,
}

impl fmt::Display for DeviceChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(0) => f.write_str("cuda"),
            Self::Cuda(ordinal) => write!(f, "cuda:{ordinal}"),
            Self::Metal => f.write_str("metal"),
        }
    }
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let cuda = |number: &str| number.parse().map(Self::Cuda).map_err(|_| format!("{number:?} is no GPU number"));
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            _ => match text.strip_prefix("cuda:") {
                Some(number) => cuda(number),
                None => Err("write auto, cpu, cuda, cuda:N or metal".to_owned()),
            },
        }
    }
}

/// What the models run on, with every default filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineSettings {
    /// The device asked for.
    pub device: DeviceChoice,
    /// Threads for computing on the CPU.
    pub threads: NonZeroUsize,
    /// Memory that loaded models may take together, in MiB; `None` leaves it to the engine.
    pub memory_mib: Option<u64>,
}

impl From<EngineArgs> for EngineSettings {
    fn from(args: EngineArgs) -> Self {
        // On Linux this counts the CPU quota of the container, not only the cores of the machine.
        let available = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        Self { device: args.device, threads: args.threads.unwrap_or_else(available), memory_mib: args.memory_mib }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_reads_back_as_it_is_written() {
        for text in ["auto", "cpu", "cuda", "cuda:3", "metal"] {
            assert_eq!(text.parse::<DeviceChoice>().unwrap().to_string(), text);
        }
        assert_eq!("cuda:0".parse(), Ok(DeviceChoice::Cuda(0)));
        for text in ["", "gpu", "cuda:", "cuda:x", "CPU"] {
            assert!(text.parse::<DeviceChoice>().is_err(), "{text:?}");
        }
    }
}
