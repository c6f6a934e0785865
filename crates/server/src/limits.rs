//! Limits: how often, and how many at once. Time comes in as an argument.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

/// How many addresses are remembered at once.
const ADDRESSES_MAX: usize = 4096;

/// Lets `burst` through at once and `per_second` in the long run.
#[derive(Clone, Debug)]
pub struct Bucket {
    burst: f64,
    per_second: f64,
    level: f64,
    at: Instant,
}

impl Bucket {
    /// A full bucket.
    pub fn new(burst: u32, per_second: f64, now: Instant) -> Self {
        Self {
            burst: f64::from(burst),
            per_second,
            level: f64::from(burst),
            at: now,
        }
    }

    /// Takes one, if one is left.
    pub fn take(&mut self, now: Instant) -> bool {
        let left = self.has(now);
        if left {
            self.level -= 1.0;
        }
        left
    }

    /// Whether one is left.
    pub fn has(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.level = (self.level + passed * self.per_second).min(self.burst);
        self.at = now;
        self.level >= 1.0
    }

    fn is_full(&mut self, now: Instant) -> bool {
        self.has(now) && self.level >= self.burst
    }
}

/// A bucket for each address.
#[derive(Debug)]
pub struct PerAddress {
    burst: u32,
    per_second: f64,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

impl PerAddress {
    /// Every address begins with a full bucket of this kind.
    pub fn new(burst: u32, per_second: f64) -> Self {
        Self {
            burst,
            per_second,
            buckets: Mutex::default(),
        }
    }

    /// Takes one of the address, if one is left.
    pub fn take(&self, address: IpAddr, now: Instant) -> bool {
        self.with(address, now, |bucket| bucket.take(now))
    }

    /// Whether the address has one left.
    pub fn has(&self, address: IpAddr, now: Instant) -> bool {
        self.with(address, now, |bucket| bucket.has(now))
    }

    fn with<T>(&self, address: IpAddr, now: Instant, act: impl FnOnce(&mut Bucket) -> T) -> T {
        let mut buckets = self.buckets.lock();
        if buckets.len() >= ADDRESSES_MAX {
            buckets.retain(|_, bucket| !bucket.is_full(now));
        }
        // Thousands of addresses in trouble at once are one attacker: he starts all of them again.
        if buckets.len() >= ADDRESSES_MAX {
            buckets.clear();
        }
        let (burst, per_second) = (self.burst, self.per_second);
        let bucket = buckets
            .entry(network(address))
            .or_insert_with(|| Bucket::new(burst, per_second, now));
        act(bucket)
    }
}

/// Places that are taken and given back, in all and by address.
#[derive(Debug)]
pub struct Seats {
    total: usize,
    per_address: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    all: usize,
    by: HashMap<IpAddr, usize>,
}

/// A place; dropping it gives it back.
#[derive(Debug)]
pub struct Seat {
    seats: Arc<Seats>,
    address: IpAddr,
}

impl Seats {
    /// So many in all, and so many for one address; loopback is counted in all only.
    pub fn new(total: usize, per_address: usize) -> Arc<Self> {
        Arc::new(Self {
            total,
            per_address,
            taken: Mutex::default(),
        })
    }

    /// A place for this address, if there is one.
    pub fn take(self: &Arc<Self>, address: IpAddr) -> Option<Seat> {
        let address = network(address);
        let mut taken = self.taken.lock();
        let own = taken.by.get(&address).copied().unwrap_or(0);
        if taken.all >= self.total || (own >= self.per_address && !address.is_loopback()) {
            return None;
        }
        taken.all += 1;
        taken.by.insert(address, own + 1);
        Some(Seat {
            seats: Arc::clone(self),
            address,
        })
    }

    /// How many are taken.
    pub fn taken(&self) -> usize {
        self.taken.lock().all
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.taken.lock();
        taken.all -= 1;
        if let Some(own) = taken.by.get_mut(&self.address) {
            *own -= 1;
            if *own == 0 {
                taken.by.remove(&self.address);
            }
        }
    }
}

/// IPv6 hosts choose their addresses within a /64 freely, so that is what is counted.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if !v6.is_loopback() => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let start = Instant::now();
        let mut bucket = Bucket::new(2, 1.0, start);
        assert!(bucket.take(start) && bucket.take(start) && !bucket.take(start));
        assert!(!bucket.take(start + Duration::from_millis(900)));
        assert!(bucket.take(start + Duration::from_millis(1100)));
        let later = start + Duration::from_secs(100);
        assert!(bucket.take(later) && bucket.take(later) && !bucket.take(later));
    }

    #[test]
    fn each_address_has_its_own_bucket_and_a_v6_network_one() {
        let now = Instant::now();
        let limit = PerAddress::new(1, 0.1);
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(limit.take(ip("10.0.0.1"), now) && !limit.take(ip("10.0.0.1"), now));
        assert!(limit.take(ip("10.0.0.2"), now));
        assert!(!limit.take(ip("::ffff:10.0.0.1"), now));
        assert!(limit.take(ip("2001:db8::1"), now) && !limit.take(ip("2001:db8::2"), now));
        for n in 0..10_000u32 {
            limit.take(IpAddr::from(n.to_be_bytes()), now);
        }
        assert!(limit.buckets.lock().len() <= ADDRESSES_MAX);
    }

    #[test]
    fn seats_are_counted_and_given_back() {
        let seats = Seats::new(3, 2);
        let lan: IpAddr = "10.0.0.1".parse().unwrap();
        let held: Vec<_> = (0..2).map(|_| seats.take(lan).unwrap()).collect();
        assert!(seats.take(lan).is_none());
        let here = seats.take("127.0.0.1".parse().unwrap()).unwrap();
        assert!(seats.take("10.0.0.2".parse().unwrap()).is_none());
        drop((held, here));
        assert_eq!(seats.taken(), 0);
        let own: Vec<_> = (0..3)
            .filter_map(|_| seats.take("127.0.0.1".parse().unwrap()))
            .collect();
        assert_eq!(own.len(), 3);
    }
}
