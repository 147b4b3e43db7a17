//! The hashes that choose partitions: murmur2 (Java clients) and CRC-32 (librdkafka).

/// Kafka's murmur2 (`Utils.murmur2`): 32 bits, seed 0x9747b28c, all arithmetic wrapping, words little-endian.
#[must_use]
pub fn murmur2(data: &[u8]) -> i32 {
    const M: u32 = 0x5bd1_e995;
    const SEED: u32 = 0x9747_b28c;
    let length = u32::try_from(data.len()).unwrap_or(u32::MAX);
    let mut h = SEED ^ length;
    let (words, tail) = data.as_chunks::<4>();
    for word in words {
        let mut k = u32::from_le_bytes(*word).wrapping_mul(M);
        k ^= k >> 24;
        h = h.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    if !tail.is_empty() {
        for (place, byte) in tail.iter().enumerate() {
            h ^= u32::from(*byte) << (8 * place);
        }
        h = h.wrapping_mul(M);
    }
    h ^= h >> 13;
    h = h.wrapping_mul(M);
    h ^= h >> 15;
    h.cast_signed()
}

/// Zlib's CRC-32.
#[must_use]
pub fn crc32(data: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// murmur2 of a key with the sign bit cleared: not the absolute value, which differs for negative ones.
#[must_use]
pub fn java_hash(key: &[u8]) -> u32 {
    murmur2(key).cast_unsigned() & 0x7fff_ffff
}

/// The partition of a key among `partitions`, as Java clients choose it.
#[must_use]
pub fn java_partition(key: &[u8], partitions: u32) -> u32 {
    java_hash(key) % partitions.max(1)
}

/// The partition of a key as librdkafka's default chooses it.
#[must_use]
pub fn librdkafka_partition(key: &[u8], partitions: u32) -> u32 {
    crc32(key) % partitions.max(1)
}

/// FNV-1a, 32 bits, as a signed number (librdkafka's `fnv1a` partitioners take its absolute value).
#[must_use]
pub fn fnv1a(data: &[u8]) -> i32 {
    let mix = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    data.iter().fold(0x811c_9dc5, mix).cast_signed()
}
