//! Faults: what is wrong and not over.

use crate::Now;
use regie_model::{Fault, FaultId, Severity, SourceId};

/// How many faults are kept; the oldest gives way.
const FAULTS_MAX: usize = 64;

/// The longest subject, in characters.
const SUBJECT_MAX: usize = 120;

/// The longest detail, in characters; GStreamer's debug text can be pages long.
const DETAIL_MAX: usize = 500;

/// What is wrong now, oldest first. The same code about the same subject is one fault.
#[derive(Clone, Debug, Default)]
pub(crate) struct Faults {
    raised: Vec<Raised>,
    last_id: u32,
}

#[derive(Clone, Debug)]
struct Raised {
    fault: Fault,
    /// The source it is about: two sources may have one name, and a name may change.
    source: Option<SourceId>,
}

impl Faults {
    pub(crate) fn list(&self) -> Vec<Fault> {
        self.raised.iter().map(|raised| raised.fault.clone()).collect()
    }

    pub(crate) fn raise(&mut self, severity: Severity, code: &str, subject: &str, detail: &str, now: Now) {
        self.put(None, severity, code, subject, detail, now);
    }

    pub(crate) fn raise_source(
        &mut self,
        source: SourceId,
        severity: Severity,
        code: &str,
        name: &str,
        detail: &str,
        now: Now,
    ) {
        self.put(Some(source), severity, code, name, detail, now);
    }

    pub(crate) fn clear(&mut self, code: &str, subject: &str) {
        let subject = cut(subject, SUBJECT_MAX);
        self.raised.retain(|raised| {
            raised.source.is_some() || raised.fault.code != code || raised.fault.subject != subject
        });
    }

    pub(crate) fn clear_code(&mut self, code: &str) {
        self.raised.retain(|raised| raised.fault.code != code);
    }

    pub(crate) fn clear_source(&mut self, source: SourceId) {
        self.raised.retain(|raised| raised.source != Some(source));
    }

    pub(crate) fn rename_source(&mut self, source: SourceId, name: &str) {
        for raised in self
            .raised
            .iter_mut()
            .filter(|raised| raised.source == Some(source))
        {
            raised.fault.subject = name.to_owned();
        }
    }

    /// The same fault again keeps its id and its beginning: it is not over, only better known.
    fn put(
        &mut self,
        source: Option<SourceId>,
        severity: Severity,
        code: &str,
        subject: &str,
        detail: &str,
        now: Now,
    ) {
        let (subject, detail) = (cut(subject, SUBJECT_MAX), cut(detail, DETAIL_MAX));
        let same = |raised: &&mut Raised| {
            raised.fault.code == code
                && raised.source == source
                && (source.is_some() || raised.fault.subject == subject)
        };
        if let Some(raised) = self.raised.iter_mut().find(same) {
            raised.fault.severity = severity;
            raised.fault.subject = subject;
            raised.fault.detail = detail;
            return;
        }
        if self.raised.len() >= FAULTS_MAX {
            self.raised.remove(0);
        }
        self.last_id = self.last_id.wrapping_add(1);
        self.raised.push(Raised {
            fault: Fault {
                id: FaultId(self.last_id),
                severity,
                code: code.to_owned(),
                subject,
                detail,
                since_ms: now.wall_ms,
            },
            source,
        });
    }
}

fn cut(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}
