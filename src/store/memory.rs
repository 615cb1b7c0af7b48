//! L1's index: which key is in which slot, bounded in bytes.
//!
//! The bodies themselves are JavaScript Buffers, one per slot, made once when the entry was stored; the index only
//! knows their weight. Eviction is quick_cache's Clock-PRO variant, close to S3-FIFO (Yang et al., *FIFO queues are
//! all you need for cache eviction*, SOSP 2023): one-hit wonders leave first and a hit moves nothing in a list.

use std::cell::Cell;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
use quick_cache::unsync::Cache;
use quick_cache::{Equivalent, Lifecycle, OptionsBuilder, Weighter};

/// What one entry costs beyond its body, in bytes: key, tags, index slot and the JavaScript objects around the body.
const OVERHEAD_BYTES: u64 = 512;
/// The body size the index is laid out for, in bytes; it grows when bodies are smaller.
const TYPICAL_BODY_BYTES: u64 = 4096;

/// Spellings recalled without a look-up in the index; a power of two. 8,192 are 256 KB and as many URLs.
const SPELLINGS: usize = 8_192;
/// One hit in so many that were recalled is told to the eviction policy, which only has to know what is popular.
const TELL_EVERY: u32 = 8;

/// An entry as the index holds it.
#[derive(Debug)]
pub struct Held<V> {
    /// Where JavaScript keeps the body.
    pub slot: u32,
    /// When it ends, in monotonic ms.
    pub expires_at: u64,
    /// The invalidation sequence at which it was last found fresh.
    pub checked_at: Cell<u64>,
    pub value: V,
    key: Box<[u8]>,
    weight: u64,
}

/// What the eviction policy sees of an entry.
struct Place {
    slot: u32,
    weight: u64,
}

/// Weighs in bytes, and an entry no less than bounds their number.
struct ByBytes {
    least: u64,
}

impl Weighter<Box<[u8]>, Place> for ByBytes {
    fn weight(&self, _key: &Box<[u8]>, place: &Place) -> u64 {
        place.weight.max(self.least)
    }
}

/// Collects the slots of evicted entries.
struct Evicted;

impl Lifecycle<Box<[u8]>, Place> for Evicted {
    type RequestState = Vec<u32>;

    fn on_evict(&self, slots: &mut Vec<u32>, _key: Box<[u8]>, place: Place) {
        slots.push(place.slot);
    }
}

/// A key as it is looked up: bytes of a scratch buffer, no allocation.
#[derive(Hash)]
struct Sought<'a>(&'a [u8]);

impl Equivalent<Box<[u8]>> for Sought<'_> {
    fn equivalent(&self, key: &Box<[u8]>) -> bool {
        *self.0 == **key
    }
}

/// One way in which a key was spelled, and where it led.
#[derive(Default)]
struct Spelling {
    hash: u64,
    slot: u32,
    generation: u32,
    text: Box<[u8]>,
}

/// Two spellings whose hashes meet, in one cache line.
#[derive(Default)]
#[repr(align(64))]
struct Pair([Spelling; 2]);

/// What is in a slot, and how often the slot was freed: what was remembered of a former entry no longer counts.
struct Slot<V> {
    generation: u32,
    held: Option<Held<V>>,
}

/// Keys to slots. Slots are small integers that are used again after they were freed.
pub struct MemoryIndex<V> {
    cache: Cache<Box<[u8]>, Place, ByBytes, RandomState, Evicted>,
    slots: Vec<Slot<V>>,
    spellings: Box<[Pair]>,
    hasher: RandomState,
    recalled: Cell<u32>,
    unused: Vec<u32>,
    freed: Vec<u32>,
    bytes: u64,
}

impl<V> MemoryIndex<V> {
    /// Holds `max_bytes` and `max_entries` at most.
    pub fn new(max_bytes: u64, max_entries: u64) -> Self {
        let items = (max_bytes / TYPICAL_BODY_BYTES).clamp(64, 1_000_000).min(max_entries) as usize;
        let options = OptionsBuilder::new()
            .estimated_items_capacity(items)
            .weight_capacity(max_bytes)
            .shards(1)
            .build()
            .unwrap_or_else(|error| unreachable!("both capacities are set: {error:?}"));
        // The hasher is seeded at random: a visitor who picks URLs can't make them collide.
        let hasher = RandomState::default();
        Self {
            cache: Cache::with_options(
                options,
                ByBytes { least: max_bytes.div_ceil(max_entries) },
                hasher.clone(),
                Evicted,
            ),
            slots: Vec::new(),
            spellings: std::iter::repeat_with(Pair::default).take(SPELLINGS / 2).collect(),
            hasher,
            recalled: Cell::new(0),
            unused: Vec::new(),
            freed: Vec::new(),
            bytes: 0,
        }
    }

    pub fn get(&self, key: &[u8]) -> Option<&Held<V>> {
        self.slots[self.cache.get(&Sought(key))?.slot as usize].held.as_ref()
    }

    /// The entry that a request spelled like this was led to before: one hash and one comparison, nothing parsed.
    pub fn recall(&self, spelling: &[u8]) -> Option<&Held<V>> {
        let hash = self.hasher.hash_one(spelling);
        let pair = &self.spellings[hash as usize % (SPELLINGS / 2)].0;
        let known = pair.iter().find(|known| known.hash == hash && *known.text == *spelling)?;
        let slot = self.slots.get(known.slot as usize).filter(|slot| slot.generation == known.generation)?;
        let held = slot.held.as_ref()?;
        self.recalled.set(self.recalled.get().wrapping_add(1));
        if self.recalled.get().is_multiple_of(TELL_EVERY) {
            let _ = self.cache.get(&Sought(&held.key));
        }
        Some(held)
    }

    /// Notes that a request spelled like this is answered from this slot.
    pub fn remember(&mut self, spelling: &[u8], slot: u32) {
        let hash = self.hasher.hash_one(spelling);
        let generation = self.slots[slot as usize].generation;
        let pair = &mut self.spellings[hash as usize % (SPELLINGS / 2)].0;
        // The older of the two leaves.
        pair.swap(0, 1);
        pair[0] = Spelling { hash, slot, generation, text: spelling.into() };
    }

    /// Puts an entry of `body_bytes` in and returns its slot, or `None` when it is too heavy to be admitted.
    pub fn insert(&mut self, key: &[u8], body_bytes: u64, expires_at: u64, checked_at: u64, value: V) -> Option<u32> {
        self.remove(key);
        let slot = self.unused.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, held: None });
            self.slots.len() as u32 - 1
        });
        let weight = body_bytes + key.len() as u64 + OVERHEAD_BYTES;
        let held = Held { slot, expires_at, checked_at: Cell::new(checked_at), value, key: key.into(), weight };
        self.slots[slot as usize].held = Some(held);
        self.bytes += weight;
        let mut evicted = Vec::new();
        self.cache.insert_with_lifecycle(key.into(), Place { slot, weight }, &mut evicted);
        let admitted = !evicted.contains(&slot);
        for gone in evicted {
            self.free(gone);
        }
        admitted.then_some(slot)
    }

    /// What is in a slot.
    pub fn at(&self, slot: u32) -> Option<&Held<V>> {
        self.slots.get(slot as usize)?.held.as_ref()
    }

    /// Notes that what is in a slot takes so many bytes more. False when it is evicted for that.
    pub fn grow(&mut self, slot: u32, bytes: u64) -> bool {
        let Some(held) = self.slots.get_mut(slot as usize).and_then(|place| place.held.take()) else { return false };
        let Held { expires_at, value, key, checked_at, weight, .. } = held;
        // Its place is taken anew: the policy weighs an entry when it comes in.
        self.cache.remove(&Sought(&key));
        let (mut evicted, weight) = (Vec::new(), weight + bytes);
        self.bytes += bytes;
        self.slots[slot as usize].held = Some(Held { slot, expires_at, checked_at, value, key: key.clone(), weight });
        self.cache.insert_with_lifecycle(key, Place { slot, weight }, &mut evicted);
        let stays = !evicted.contains(&slot);
        for gone in evicted {
            self.free(gone);
        }
        stays
    }

    pub fn remove(&mut self, key: &[u8]) -> bool {
        let removed = self.cache.remove(&Sought(key));
        if let Some((_, place)) = &removed {
            self.free(place.slot);
        }
        removed.is_some()
    }

    /// Removes every entry that `doomed` names; looks at all of them.
    pub fn remove_where(&mut self, doomed: impl Fn(&V) -> bool) {
        let gone: Vec<Box<[u8]>> = self
            .slots
            .iter()
            .filter_map(|slot| slot.held.as_ref())
            .filter(|held| doomed(&held.value))
            .map(|held| held.key.clone())
            .collect();
        for key in gone {
            self.remove(&key);
        }
    }

    /// The slots freed since the last call: JavaScript lets go of what it holds for them.
    pub fn drain_freed(&mut self) -> Vec<u32> {
        std::mem::take(&mut self.freed)
    }

    /// How many entries there are.
    pub fn entries(&self) -> usize {
        self.cache.len()
    }

    /// Bytes of all entries, their overhead included.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    fn free(&mut self, slot: u32) {
        let place = &mut self.slots[slot as usize];
        self.bytes -= place.held.take().map_or(0, |held| held.weight);
        place.generation = place.generation.wrapping_add(1);
        self.unused.push(slot);
        self.freed.push(slot);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(bytes: u64) -> MemoryIndex<()> {
        MemoryIndex::new(bytes, 1_000_000)
    }

    #[test]
    fn an_entry_is_found_under_its_key_until_it_is_removed() {
        let mut index = index(1 << 20);
        let slot = index.insert(b"a", 10, 5, 0, ()).expect("admitted");
        assert_eq!(index.get(b"a").map(|held| (held.slot, held.expires_at)), Some((slot, 5)));
        assert!(index.get(b"b").is_none());
        assert!(index.remove(b"a"));
        assert!(index.get(b"a").is_none());
        assert_eq!(index.drain_freed(), [slot]);
    }

    #[test]
    fn a_replaced_entry_frees_its_slot_for_its_successor() {
        let mut index = index(1 << 20);
        let first = index.insert(b"a", 10, 5, 0, ()).expect("admitted");
        let second = index.insert(b"a", 10, 6, 0, ()).expect("admitted");
        assert_eq!(index.drain_freed(), [first]);
        assert_eq!(index.get(b"a").map(|held| held.slot), Some(second));
        assert_eq!(index.entries(), 1);
    }

    #[test]
    fn the_bound_in_bytes_holds_and_every_evicted_slot_is_told() {
        let bound = 1 << 20;
        let mut index = index(bound);
        let mut live = std::collections::HashSet::new();
        for i in 0..5_000_u32 {
            let slot = index.insert(&i.to_be_bytes(), 4_000, 9, 0, ());
            for freed in index.drain_freed() {
                live.remove(&freed);
            }
            live.extend(slot);
            assert!(index.bytes() <= bound, "{} bytes", index.bytes());
        }
        assert_eq!(live.len(), index.entries());
        assert!(index.entries() > 100);
    }

    #[test]
    fn the_bound_in_number_holds_whatever_the_entries_weigh() {
        let mut index = MemoryIndex::new(1 << 24, 100);
        for i in 0..1_000_u32 {
            index.insert(&i.to_be_bytes(), 10, 9, 0, ());
            assert!(index.entries() <= 100, "{} entries", index.entries());
        }
        assert!(index.entries() > 50, "{} entries", index.entries());
        assert!(index.bytes() < 100 * 1_024, "{} bytes are counted, not weights", index.bytes());
    }

    #[test]
    fn what_grows_is_weighed_anew_and_stays_where_it_is() {
        let mut index = index(10_000);
        let slot = index.insert(b"a", 1_000, 5, 0, ()).expect("admitted");
        let before = index.bytes();
        assert!(index.grow(slot, 500));
        assert_eq!(index.bytes(), before + 500);
        assert_eq!(index.get(b"a").map(|held| held.slot), Some(slot));
        assert!(index.at(slot).is_some());
        assert!(!index.grow(slot, 20_000), "heavier than all there is");
        assert_eq!((index.bytes(), index.drain_freed()), (0, vec![slot]));
        assert!(!index.grow(slot, 1));
    }

    #[test]
    fn an_entry_heavier_than_the_whole_store_is_not_admitted() {
        let mut index = index(10_000);
        assert_eq!(index.insert(b"a", 1 << 30, 9, 0, ()), None);
        assert_eq!(index.entries(), 0);
    }

    #[test]
    fn a_spelling_leads_to_its_entry_until_that_is_gone_and_never_to_its_successor() {
        let mut index = index(1 << 20);
        let slot = index.insert(b"a", 10, 5, 0, ()).expect("admitted");
        index.remember(b"A", slot);
        assert_eq!(index.recall(b"A").map(|held| held.slot), Some(slot));
        assert!(index.recall(b"B").is_none());
        index.remove(b"a");
        assert!(index.recall(b"A").is_none());
        assert_eq!(index.insert(b"b", 10, 5, 0, ()), Some(slot), "the slot is used again");
        assert!(index.recall(b"A").is_none(), "an old spelling led to another entry");
    }

    #[test]
    fn one_hit_wonders_do_not_displace_what_is_asked_for_often() {
        let mut index = index(100 * 4_600);
        index.insert(b"popular", 4_000, 9, 0, ());
        for i in 0..2_000_u32 {
            assert!(index.get(b"popular").is_some(), "evicted after {i} strangers");
            index.insert(&i.to_be_bytes(), 4_000, 9, 0, ());
        }
    }
}
