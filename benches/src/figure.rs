//! A figure: one claim, what it measured, and whether it holds.

use serde::Serialize;

/// One measured figure, as it stands in `results.json`.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// Its number in the list of claims.
    pub id: u32,
    /// What is measured.
    pub name: &'static str,
    /// The number that is compared with the target.
    pub value: f64,
    /// The unit of `value`, `median` and `p95`.
    pub unit: &'static str,
    /// The middle of the samples.
    pub median: f64,
    /// Nineteen of twenty samples are no larger.
    pub p95: f64,
    /// How many samples.
    pub n: usize,
    /// The claim, in words.
    pub target: &'static str,
    /// Whether what was measured meets the claim.
    pub holds: bool,
    /// The machine's one-minute load average when the measuring ended.
    pub load: f64,
    /// How it was measured, and who played the phone.
    pub way: &'static str,
}

/// What a figure claims: the words for the table, and the test for `holds`.
pub struct Claim {
    /// Its number.
    pub id: u32,
    /// What is measured.
    pub name: &'static str,
    /// The unit of the samples.
    pub unit: &'static str,
    /// The claim, in words.
    pub target: &'static str,
    /// How it is measured.
    pub way: &'static str,
    /// The largest median that keeps the claim.
    pub median_at_most: f64,
    /// The largest 95th percentile that keeps the claim.
    pub p95_at_most: f64,
}

impl Claim {
    /// Judges samples. `None` where there are none: a figure that was not measured has no entry.
    pub fn judge(&self, mut samples: Vec<f64>) -> Option<Figure> {
        samples.retain(|sample| sample.is_finite());
        samples.sort_by(f64::total_cmp);
        let (median, p95) = (quantile(&samples, 0.5)?, quantile(&samples, 0.95)?);
        Some(Figure {
            id: self.id,
            name: self.name,
            value: median,
            unit: self.unit,
            median,
            p95,
            n: samples.len(),
            target: self.target,
            holds: median <= self.median_at_most && p95 <= self.p95_at_most,
            load: crate::machine::load(),
            way: self.way,
        })
    }
}

/// The `q` quantile of sorted samples by nearest rank: a value that was really measured.
fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let rank = (q * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_measured_values() {
        let samples: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!(quantile(&samples, 0.5), Some(10.0));
        assert_eq!(quantile(&samples, 0.95), Some(19.0));
        assert_eq!(quantile(&[7.0], 0.95), Some(7.0));
        assert_eq!(quantile(&[], 0.5), None);
    }

    #[test]
    fn a_claim_holds_only_if_both_bounds_do() {
        let claim = Claim {
            id: 1,
            name: "",
            unit: "ms",
            target: "",
            way: "",
            median_at_most: 2.0,
            p95_at_most: 3.0,
        };
        assert!(claim.judge(vec![1.0, 2.0, 3.0]).unwrap().holds);
        assert!(!claim.judge(vec![1.0, 2.0, 4.0]).unwrap().holds);
        assert!(!claim.judge(vec![3.0, 3.0, 3.0]).unwrap().holds);
        assert!(claim.judge(vec![f64::NAN]).is_none());
    }
}
