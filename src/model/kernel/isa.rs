//! Which vector instructions this processor has: found out once, while running, so that one binary
//! serves every machine.

use std::sync::OnceLock;

/// A set of vector instructions, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// Whatever the compiler was told that every processor has.
    Portable,
    /// 256 bits, with fused multiply-add and half-precision conversion.
    Avx2,
    /// 512 bits, with products of bytes summed into 32 bits.
    Avx512Vnni,
    /// The same, and products of tiles of bytes.
    AmxInt8,
}

impl Isa {
    /// The best that this processor has.
    pub fn best() -> Self {
        static BEST: OnceLock<Isa> = OnceLock::new();
        *BEST.get_or_init(|| Self::all().last().copied().unwrap_or(Self::Portable))
    }

    /// All that this processor has, the weakest first.
    pub fn all() -> Vec<Self> {
        #[allow(unused_mut, reason = "elsewhere there is nothing to add")]
        let mut all = vec![Self::Portable];
        #[cfg(target_arch = "x86_64")]
        {
            if is_x86_feature_detected!("avx2")
                && is_x86_feature_detected!("fma")
                && is_x86_feature_detected!("f16c")
            {
                all.push(Self::Avx2);
                if is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vnni")
                {
                    all.push(Self::Avx512Vnni);
                    if super::tiles::are_there() {
                        all.push(Self::AmxInt8);
                    }
                }
            }
        }
        all
    }

    /// Its name, for logs and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Portable => "portable",
            Self::Avx2 => "avx2",
            Self::Avx512Vnni => "avx512-vnni",
            Self::AmxInt8 => "amx-int8",
        }
    }
}
