//! Which processor the models run on.

use std::num::NonZeroUsize;
use std::str::FromStr;

pub use candle_core::Device;

/// A wish for a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DeviceChoice {
    /// The first GPU this build can use, the CPU otherwise.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The NVIDIA GPU with this number.
    Cuda(usize),
    /// The Apple GPU.
    Metal,
}

/// A device that was asked for by name is not to be had.
#[derive(Debug, thiserror::Error)]
#[error("device {name} cannot be used: {why}")]
pub struct DeviceError {
    /// As it was asked for.
    pub name: String,
    /// What happened, and what to do.
    pub why: String,
}

impl DeviceChoice {
    /// Opens the device.
    ///
    /// `Auto` asks by opening: candle's `cuda_is_available` only says what the build contains.
    ///
    /// # Errors
    /// When a device was asked for by name and cannot be opened.
    pub fn open(self) -> Result<Device, DeviceError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Auto => Ok(Self::first_gpu().unwrap_or(Device::Cpu)),
            Self::Cuda(ordinal) => Device::new_cuda(ordinal).map_err(|error| DeviceError {
                name: format!("cuda:{ordinal}"),
                why: if cfg!(feature = "cuda") {
                    format!("{error}; check `nvidia-smi`, or use --device cpu")
                } else {
                    "this build has no CUDA support: build with `--features cuda`, or use --device cpu".to_owned()
                },
            }),
            Self::Metal => Device::new_metal(0).map_err(|error| DeviceError {
                name: "metal".to_owned(),
                why: if cfg!(feature = "metal") {
                    format!("{error}; use --device cpu")
                } else {
                    "this build has no Metal support: build with `--features metal`, or use --device cpu".to_owned()
                },
            }),
        }
    }

    fn first_gpu() -> Option<Device> {
        if cfg!(feature = "cuda") {
            return Device::new_cuda(0).ok();
        }
        if cfg!(feature = "metal") {
            return Device::new_metal(0).ok();
        }
        None
    }
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            "metal" => Ok(Self::Metal),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|ordinal| ordinal.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| {
                    format!("unknown device {text:?}: use auto, cpu, cuda, cuda:N or metal")
                }),
        }
    }
}

/// Threads that computing on the CPU takes in this process: candle reads `RAYON_NUM_THREADS` once,
/// and counts physical cores where it is not set.
pub fn threads() -> NonZeroUsize {
    NonZeroUsize::new(candle_core::utils::get_num_threads()).unwrap_or(NonZeroUsize::MIN)
}

/// The name of an open device, as [`DeviceChoice`] reads it.
pub fn name(device: &Device) -> String {
    match device.location() {
        candle_core::DeviceLocation::Cpu => "cpu".to_owned(),
        candle_core::DeviceLocation::Cuda { gpu_id } => format!("cuda:{gpu_id}"),
        candle_core::DeviceLocation::Metal { .. } => "metal".to_owned(),
    }
}

/// Memory of a GPU that is free, and all of it, in bytes; `None` for the CPU, and where the driver does
/// not say.
pub fn memory(device: &Device) -> Option<(u64, u64)> {
    match device {
        #[cfg(feature = "cuda")]
        Device::Cuda(cuda) => {
            let stream = cuda.cuda_stream();
            let (free, total) = stream.context().mem_get_info().ok()?;
            Some((u64::try_from(free).ok()?, u64::try_from(total).ok()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_by_name() {
        for (text, choice) in [
            ("auto", DeviceChoice::Auto),
            ("cpu", DeviceChoice::Cpu),
            ("cuda", DeviceChoice::Cuda(0)),
            ("cuda:3", DeviceChoice::Cuda(3)),
        ] {
            assert_eq!(text.parse(), Ok(choice), "{text}");
        }
        for text in ["", "gpu", "cuda:", "cuda:x", "CPU "] {
            assert!(text.parse::<DeviceChoice>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_automatic_choice_is_always_usable() {
        assert!(DeviceChoice::Auto.open().is_ok());
    }
}
