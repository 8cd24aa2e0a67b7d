//! Half-precision numbers as bits: exact one way, rounded to the nearest the other, like the
//! processor's own conversions.

/// What these bits of a half-precision number stand for.
pub fn to_f32(bits: u16) -> f32 {
    let sign = u32::from(bits & 0x8000) << 16;
    let exponent = u32::from(bits >> 10) & 0x1f;
    let fraction = u32::from(bits & 0x03ff);
    let magnitude = match exponent {
        0 => {
            // Subnormal: `fraction` times 2^-24, which a float holds exactly.
            #[expect(clippy::cast_precision_loss, reason = "ten bits fit a float")]
            let value = fraction as f32 * (1.0 / 16_777_216.0);
            return f32::from_bits(value.to_bits() | sign);
        }
        0x1f => 0x7f80_0000 | (fraction << 13) | (u32::from(fraction != 0) << 22),
        _ => ((exponent + 112) << 23) | (fraction << 13),
    };
    f32::from_bits(magnitude | sign)
}

/// The nearest half-precision number; of two as near, the even one.
pub fn from_f32(value: f32) -> u16 {
    let bits = value.to_bits();
    let sign = low(bits >> 16) & 0x8000;
    let magnitude = bits & 0x7fff_ffff;
    if magnitude > 0x7f80_0000 {
        return sign | 0x7e00 | (low(magnitude >> 13) & 0x03ff);
    }
    if magnitude >= 0x4780_0000 {
        return sign | 0x7c00;
    }
    if magnitude < 0x3880_0000 {
        // Subnormal: adding a half lines its last bit up with the sum's, and the sum rounds.
        let sum = f32::from_bits(magnitude) + 0.5;
        return sign | low(sum.to_bits() - 0x3f00_0000);
    }
    let odd = (magnitude >> 13) & 1;
    sign | low((magnitude + 0x0fff + odd - 0x3800_0000) >> 13)
}

#[expect(clippy::cast_possible_truncation, reason = "the low half is asked for")]
fn low(bits: u32) -> u16 {
    bits as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_half_survives_the_way_there_and_back() {
        for bits in 0..=u16::MAX {
            let value = to_f32(bits);
            if value.is_nan() {
                assert!(to_f32(from_f32(value)).is_nan());
            } else {
                assert_eq!(from_f32(value), bits, "{value}");
            }
        }
    }

    #[test]
    fn what_lies_between_two_halves_goes_to_the_nearer_or_the_even_one() {
        for bits in 0..0x7bff_u16 {
            let (low, high) = (to_f32(bits), to_f32(bits + 1));
            let middle = f32::midpoint(low, high);
            assert_eq!(from_f32(middle), bits + (bits & 1), "{middle}");
            assert_eq!(from_f32(f32::from_bits(middle.to_bits() - 1)), bits);
            assert_eq!(from_f32(f32::from_bits(middle.to_bits() + 1)), bits + 1);
        }
        assert_eq!(from_f32(65_520.0), 0x7c00, "rounds up to infinity");
        assert_eq!(from_f32(65_519.0), 0x7bff);
        assert_eq!(from_f32(-0.0), 0x8000);
    }
}
