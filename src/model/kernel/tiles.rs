//! Products of whole tiles of bytes, with the matrix instructions of newer processors (AMX).
//!
//! Rust has no stable names for these instructions yet, so they are written out. Each piece of
//! assembly below begins with its loads and ends with its stores: no tile keeps anything from one to
//! the next.

#![allow(
    unsafe_code,
    reason = "instructions that have no names yet, on memory whose sizes the callers check"
)]

use std::arch::asm;
use std::arch::x86_64::{__cpuid, __cpuid_count, _xgetbv};
use std::sync::OnceLock;

/// Rows of a tile.
pub(super) const ROWS: usize = 16;

/// Bytes in a row of a tile.
const WIDTH: usize = 64;

/// Whether this processor has tiles of bytes, and this process may use them.
pub(super) fn are_there() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| processor_has_them() && kernel_allows_them())
}

fn processor_has_them() -> bool {
    // Bits that Intel's manual gives: leaf 7, EDX, for tiles and for products of bytes; and what the
    // operating system keeps of a thread's state, with bits for tiles and their shapes.
    const TILES_OF_BYTES: u32 = 1 << 24 | 1 << 25;
    const XSAVE: u32 = 1 << 27;
    const STATE: u64 = 1 << 17 | 1 << 18;
    if __cpuid(0).eax < 7 || __cpuid(1).ecx & XSAVE == 0 {
        return false;
    }
    if __cpuid_count(7, 0).edx & TILES_OF_BYTES != TILES_OF_BYTES {
        return false;
    }
    // SAFETY: the system has switched the instruction on, as the bit says.
    let state = unsafe { enabled_state() };
    state & STATE == STATE
}

/// # Safety
/// The processor has `xgetbv`, and the system has switched it on.
#[target_feature(enable = "xsave")]
unsafe fn enabled_state() -> u64 {
    // SAFETY: as the caller promises.
    unsafe { _xgetbv(0) }
}

/// Tiles are 8 KB more to keep for every thread, so Linux wants to be asked.
#[cfg(target_os = "linux")]
fn kernel_allows_them() -> bool {
    const ARCH_REQ_XCOMP_PERM: libc::c_long = 0x1023;
    const XFEATURE_XTILEDATA: libc::c_long = 18;
    // SAFETY: asks for a permission; touches no memory.
    let refused = unsafe {
        libc::syscall(
            libc::SYS_arch_prctl,
            ARCH_REQ_XCOMP_PERM,
            XFEATURE_XTILEDATA,
        )
    };
    refused == 0
}

#[cfg(not(target_os = "linux"))]
fn kernel_allows_them() -> bool {
    false
}

/// The shapes of eight tiles.
#[derive(Debug)]
#[repr(C, align(64))]
pub(super) struct Shapes {
    palette: u8,
    start: u8,
    reserved: [u8; 14],
    widths: [u16; 16],
    rows: [u8; 16],
}

impl Shapes {
    /// Of 16 rows of 64 bytes each: for [`Tiles::sixteen`] and [`Tiles::thirty_two`].
    pub(super) const WHOLE: Self = Self {
        palette: 1,
        start: 0,
        reserved: [0; 14],
        widths: [64, 64, 64, 64, 64, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0],
        rows: [16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0],
    };

    /// For products over 32 bytes: [`Tiles::block`] of 16 rows and [`Tiles::rest_of_block`] of `rest`,
    /// less than 16.
    pub(super) fn of_blocks(rest: usize) -> Self {
        let rest = u8::try_from(rest).unwrap_or(0).max(1);
        let mut shapes = Self::WHOLE;
        shapes.widths = [64, 32, 64, 64, 32, 64, 64, 64, 0, 0, 0, 0, 0, 0, 0, 0];
        shapes.rows = [16, 16, 8, rest, rest, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0];
        shapes
    }
}

/// Sums of 32 bits: 16 rows of 16.
pub(super) type Sums = [[i32; ROWS]; ROWS];

/// The tiles of this thread, shaped.
#[derive(Debug)]
pub(super) struct Tiles(());

#[expect(clippy::unused_self, reason = "whoever has one has shaped the tiles")]
impl Tiles {
    /// Shapes them.
    ///
    /// # Safety
    /// [`are_there`] has said yes, and nobody else has tiles on this thread.
    pub(super) unsafe fn shape(shapes: &Shapes) -> Self {
        // SAFETY: 64 bytes of shapes, with nothing reserved set.
        unsafe {
            asm!("ldtilecfg [{}]", in(reg) shapes, options(nostack, readonly, preserves_flags));
        }
        Self(())
    }

    /// Products of 16 rows with two matrices of 16 outputs, over 256 bytes: those over the first half
    /// with the first and with the second matrix, then those over the second half. All bytes are
    /// signed. The rows lie `stride` bytes apart; a matrix is, for each four bytes of a row, four of each
    /// output.
    ///
    /// # Safety
    /// The rows are there to read, and each matrix has 4,096 bytes.
    #[inline]
    pub(super) unsafe fn sixteen(
        &self,
        rows: *const i8,
        stride: usize,
        matrices: [*const i8; 2],
        sums: &mut [Sums; 4],
    ) {
        // SAFETY: as the caller promises.
        unsafe {
            asm!(
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                "tileloadd tmm4, [{rows} + {stride}]",
                "tileloadd tmm5, [{rows} + {stride} + 128]",
                "tileloadd tmm6, [{one} + {width}]",
                "tdpbssd tmm0, tmm4, tmm6",
                "tileloadd tmm7, [{two} + {width}]",
                "tdpbssd tmm1, tmm4, tmm7",
                "tileloadd tmm6, [{one} + {width} + 2048]",
                "tdpbssd tmm2, tmm5, tmm6",
                "tileloadd tmm7, [{two} + {width} + 2048]",
                "tdpbssd tmm3, tmm5, tmm7",
                "tileloadd tmm4, [{rows} + {stride} + 64]",
                "tileloadd tmm5, [{rows} + {stride} + 192]",
                "tileloadd tmm6, [{one} + {width} + 1024]",
                "tdpbssd tmm0, tmm4, tmm6",
                "tileloadd tmm7, [{two} + {width} + 1024]",
                "tdpbssd tmm1, tmm4, tmm7",
                "tileloadd tmm6, [{one} + {width} + 3072]",
                "tdpbssd tmm2, tmm5, tmm6",
                "tileloadd tmm7, [{two} + {width} + 3072]",
                "tdpbssd tmm3, tmm5, tmm7",
                "tilestored [{sums} + {width}], tmm0",
                "tilestored [{sums} + {width} + 1024], tmm1",
                "tilestored [{sums} + {width} + 2048], tmm2",
                "tilestored [{sums} + {width} + 3072], tmm3",
                rows = in(reg) rows,
                stride = in(reg) stride,
                one = in(reg) matrices[0],
                two = in(reg) matrices[1],
                width = in(reg) WIDTH,
                sums = in(reg) sums,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, preserves_flags),
            );
        }
    }

    /// The product of 16 rows of 32 signed bytes, one after the other, with 16 outputs: for each four
    /// bytes of a row, four of each output.
    ///
    /// # Safety
    /// 512 bytes of either, and the tiles are shaped [for it](Shapes::of_blocks).
    #[inline]
    pub(super) unsafe fn block(&self, rows: *const i8, outputs: *const i8, sums: &mut Sums) {
        // SAFETY: as the caller promises.
        unsafe {
            asm!(
                "tilezero tmm0",
                "tileloadd tmm1, [{rows} + {depth}]",
                "tileloadd tmm2, [{outputs} + {width}]",
                "tdpbssd tmm0, tmm1, tmm2",
                "tilestored [{sums} + {width}], tmm0",
                rows = in(reg) rows,
                depth = in(reg) 32_usize,
                outputs = in(reg) outputs,
                width = in(reg) WIDTH,
                sums = in(reg) sums,
                out("tmm0") _, out("tmm1") _, out("tmm2") _,
                options(nostack, preserves_flags),
            );
        }
    }

    /// The same for the rest of the rows.
    ///
    /// # Safety
    /// As for [`Tiles::block`], with as many rows as the tiles are shaped for.
    #[inline]
    pub(super) unsafe fn rest_of_block(
        &self,
        rows: *const i8,
        outputs: *const i8,
        sums: &mut Sums,
    ) {
        // SAFETY: as the caller promises.
        unsafe {
            asm!(
                "tilezero tmm3",
                "tileloadd tmm4, [{rows} + {depth}]",
                "tileloadd tmm2, [{outputs} + {width}]",
                "tdpbssd tmm3, tmm4, tmm2",
                "tilestored [{sums} + {width}], tmm3",
                rows = in(reg) rows,
                depth = in(reg) 32_usize,
                outputs = in(reg) outputs,
                width = in(reg) WIDTH,
                sums = in(reg) sums,
                out("tmm2") _, out("tmm3") _, out("tmm4") _,
                options(nostack, preserves_flags),
            );
        }
    }

    /// The same as [`Tiles::sixteen`] for 32 rows, over all 256 bytes: products of the first 16 with
    /// the first and with the second matrix, then those of the other 16.
    ///
    /// # Safety
    /// As for [`Tiles::sixteen`].
    #[inline]
    pub(super) unsafe fn thirty_two(
        &self,
        rows: *const i8,
        stride: usize,
        matrices: [*const i8; 2],
        sums: &mut [Sums; 4],
    ) {
        // SAFETY: as the caller promises.
        unsafe {
            asm!(
                "tilezero tmm0",
                "tilezero tmm1",
                "tilezero tmm2",
                "tilezero tmm3",
                "tileloadd tmm4, [{rows} + {stride}]",
                "tileloadd tmm6, [{one} + {width}]",
                "tdpbssd tmm0, tmm4, tmm6",
                "tileloadd tmm7, [{two} + {width}]",
                "tdpbssd tmm1, tmm4, tmm7",
                "tileloadd tmm5, [{more} + {stride}]",
                "tdpbssd tmm2, tmm5, tmm6",
                "tdpbssd tmm3, tmm5, tmm7",
                "tileloadd tmm4, [{rows} + {stride} + 64]",
                "tileloadd tmm6, [{one} + {width} + 1024]",
                "tdpbssd tmm0, tmm4, tmm6",
                "tileloadd tmm7, [{two} + {width} + 1024]",
                "tdpbssd tmm1, tmm4, tmm7",
                "tileloadd tmm5, [{more} + {stride} + 64]",
                "tdpbssd tmm2, tmm5, tmm6",
                "tdpbssd tmm3, tmm5, tmm7",
                "tileloadd tmm4, [{rows} + {stride} + 128]",
                "tileloadd tmm6, [{one} + {width} + 2048]",
                "tdpbssd tmm0, tmm4, tmm6",
                "tileloadd tmm7, [{two} + {width} + 2048]",
                "tdpbssd tmm1, tmm4, tmm7",
                "tileloadd tmm5, [{more} + {stride} + 128]",
                "tdpbssd tmm2, tmm5, tmm6",
                "tdpbssd tmm3, tmm5, tmm7",
                "tileloadd tmm4, [{rows} + {stride} + 192]",
                "tileloadd tmm6, [{one} + {width} + 3072]",
                "tdpbssd tmm0, tmm4, tmm6",
                "tileloadd tmm7, [{two} + {width} + 3072]",
                "tdpbssd tmm1, tmm4, tmm7",
                "tileloadd tmm5, [{more} + {stride} + 192]",
                "tdpbssd tmm2, tmm5, tmm6",
                "tdpbssd tmm3, tmm5, tmm7",
                "tilestored [{sums} + {width}], tmm0",
                "tilestored [{sums} + {width} + 1024], tmm1",
                "tilestored [{sums} + {width} + 2048], tmm2",
                "tilestored [{sums} + {width} + 3072], tmm3",
                rows = in(reg) rows,
                more = in(reg) rows.wrapping_add(ROWS * stride),
                stride = in(reg) stride,
                one = in(reg) matrices[0],
                two = in(reg) matrices[1],
                width = in(reg) WIDTH,
                sums = in(reg) sums,
                out("tmm0") _, out("tmm1") _, out("tmm2") _, out("tmm3") _,
                out("tmm4") _, out("tmm5") _, out("tmm6") _, out("tmm7") _,
                options(nostack, preserves_flags),
            );
        }
    }
}

impl Drop for Tiles {
    fn drop(&mut self) {
        // SAFETY: the processor has tiles; this thread's are nobody else's.
        unsafe { asm!("tilerelease", options(nostack, nomem, preserves_flags)) }
    }
}
