//! Numbers at random, the same for the same seed.

/// SplitMix64: good enough to choose between actions, and ten lines.
#[derive(Clone)]
pub(in crate::core) struct Random(u64);

impl Random {
    pub(in crate::core) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// One of `0..limit`.
    pub(in crate::core) fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit).expect("small");
        usize::try_from(self.next() % limit).expect("small")
    }

    /// True once in `times`.
    pub(in crate::core) fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }
}
